"""Many keys at once: each asked about once, at its provider's pace, and nothing but an answer comes of it."""

import threading
import time

import httpx
import pytest

from unleak.core.model import Liveness
from unleak.core.verification import Condition
from unleak.verify import engine as module
from unleak.verify.answer import Answer
from unleak.verify.engine import Engine
from unleak.verify.memory import Memory
from unleak.verify.ports import Failure, Question, Reply
from unleak.verify.signed import SIGNED

LIVE, DEAD, UNKNOWN, NOT_ASKED = Liveness.LIVE, Liveness.DEAD, Liveness.UNKNOWN, Liveness.NOT_ASKED


def answered(status: int, **given):
    return lambda request: httpx.Response(status, **given)


@pytest.mark.parametrize(("status", "liveness"), [(200, LIVE), (401, DEAD), (403, UNKNOWN), (503, UNKNOWN)])
def test_an_answer(network, engine, question, status, liveness) -> None:
    network.reply = answered(status, json={})
    assert engine().ask([question()])[0].liveness is liveness


def test_no_question_is_no_request(network, engine) -> None:
    assert engine().ask([]) == []
    assert network.requests == []


def test_each_key_is_asked_about_once(network, engine, question) -> None:
    asked = [question(), question(secret="other" * 5), question()]
    answers = engine().ask(asked)
    assert [answer.liveness for answer in answers] == [LIVE] * 3
    assert len(network.requests) == 2


def test_answers_come_in_the_order_of_the_questions(network, engine, question) -> None:
    network.reply = lambda request: httpx.Response(200 if "7" in request.headers["x-key"] else 401)
    asked = [question(secret=f"key{number:02}") for number in range(20)]
    assert [number for number, answer in enumerate(engine().ask(asked)) if answer.liveness is LIVE] == [7, 17]


def test_what_is_remembered_is_not_asked(network, engine, question) -> None:
    memory = Memory()
    first = engine(memory=memory).ask([question()])
    assert engine(memory=memory).ask([question()]) == first
    assert len(network.requests) == 1


def test_without_a_request_nothing_is_asked(network, engine, question) -> None:
    asked = question()
    plain = Question("acme.key", "acme", asked.fingerprint, asked.secret, None)
    assert engine().ask([plain])[0].liveness is NOT_ASKED
    assert network.requests == []


def test_a_missing_part_is_told(engine, question) -> None:
    [answer] = engine().ask([question(url="https://api.acme.example/{zone}")])
    assert (answer.liveness, "zone" in answer.why) == (UNKNOWN, True)


def test_a_host_of_the_scanned_text_is_asked_only_if_the_user_says_so(network, engine, question) -> None:
    asked = question(url="https://{host}/me", parts={"host": "git.corp.example"})
    [answer] = engine().ask([asked])
    assert (answer.liveness, "--verify-self-hosted" in answer.why) == (NOT_ASKED, True)
    assert network.requests == network.looked_up == []
    assert engine(self_hosted=True).ask([asked])[0].liveness is LIVE
    network.addresses["git.corp.example"] = ["192.168.0.7"]
    [answer] = engine(self_hosted=True).ask([asked])
    assert (answer.liveness, "not public" in answer.why) == (UNKNOWN, True)
    assert len(network.requests) == 1


# --- redirects ---------------------------------------------------------------------------------------


def redirected(location: str, status: int = 302):
    def reply(request):
        if request.url.path == "/there":
            return httpx.Response(200, json={})
        return httpx.Response(status, headers={"Location": location})

    return reply


@pytest.mark.parametrize(
    "location", ["/there", "https://api.acme.example/there", "//api.acme.example:443/there"]
)
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_within_the_host_a_redirect_is_followed(network, engine, question, location, status) -> None:
    network.reply = redirected(location, status)
    assert engine().ask([question()])[0].liveness is LIVE
    assert network.requests[-1].headers["x-key"]


@pytest.mark.parametrize("location", [
    "https://evil.example/there", "http://api.acme.example/there", "https://api.acme.example:8443/there",
    "https://api.acme.example@evil.example/there", "https://api.acme.example.evil.example/there",
    "https://u:p@api.acme.example/there", "//evil.example/there", "ftp://api.acme.example/there", "https://[/there",
    "https://www.api.acme.example/there", "", "https://127.0.0.1/there", "javascript:there",
])  # fmt: skip
def test_to_elsewhere_it_is_not(network, engine, question, location) -> None:
    network.reply = redirected(location)
    assert engine().ask([question()])[0].liveness is UNKNOWN
    assert {request.headers["host"] for request in network.requests} == {"api.acme.example"}
    assert all(request.url.path == "/me" for request in network.requests)


def test_nor_is_a_changing_request_repeated_or_a_circle_run(network, engine, question) -> None:
    network.reply = redirected("/there")
    asked = question(request={"method": "POST", "body": "x"})
    assert engine().ask([asked])[0].liveness is UNKNOWN
    assert len(network.requests) == 1
    network.reply = lambda request: httpx.Response(302, headers={"Location": f"{request.url.path}x"})
    assert engine().ask([question()])[0].liveness is UNKNOWN
    assert len(network.requests) == 1 + 1 + module.HOPS


def test_a_redirect_that_the_rule_file_knows_is_an_answer(network, engine, question) -> None:
    network.reply = redirected("/there")
    assert engine().ask([question(dead=(Condition((302,)),))])[0].liveness is DEAD


def test_addresses_are_looked_at_again_after_a_redirect(network, engine, question) -> None:
    network.reply = redirected("/there")
    found = iter([["1.1.1.1"], ["127.0.0.1"]])
    network.resolve = lambda host, port: next(found)
    assert engine().ask([question()])[0].liveness is UNKNOWN
    assert len(network.requests) == 1


# --- limits ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [429, 503])
def test_a_host_that_asks_to_wait_is_asked_once_more(network, engine, question, status) -> None:
    replies = iter([httpx.Response(status, headers={"Retry-After": "9"}), httpx.Response(200)])
    network.reply = lambda request: next(replies)
    assert engine().ask([question()])[0].liveness is LIVE
    assert engine.waits == [9.0]


@pytest.mark.parametrize(("header", "requests"), [("9", 2), ("600", 1), ("", 1), ("soon", 1)])
def test_but_not_for_ever(network, engine, question, header, requests) -> None:
    network.reply = answered(429, headers={"Retry-After": header})
    assert engine().ask([question()])[0].liveness is UNKNOWN
    assert len(network.requests) == requests


def test_when_it_asks_to_wait_long_its_other_keys_are_not_sent(network, engine, question) -> None:
    network.reply = answered(429, headers={"Retry-After": "600"})
    answers = engine(at_once=1).ask([question(secret=f"key{number}") for number in range(5)])
    assert {answer.liveness for answer in answers} == {UNKNOWN}
    assert len(network.requests) == 1


def test_a_limit_that_means_live_is_not_waited_for(network, engine, question) -> None:
    network.reply = answered(429, headers={"Retry-After": "9"})
    assert engine().ask([question(live=(Condition((200, 429)),))])[0].liveness is LIVE
    assert engine.waits == []


class Slow:
    """A transport that counts how many requests are under way."""

    def __init__(self, wanted: int) -> None:
        self.lock, self.now, self.most = threading.Lock(), 0, 0
        self.met = threading.Barrier(wanted, timeout=20)

    def send(self, call):
        with self.lock:
            self.now += 1
            self.most = max(self.most, self.now)
        self.met.wait()
        with self.lock:
            self.now -= 1
        return Reply(200, {})


def test_requests_are_made_at_once_within_bounds(question) -> None:
    slow = Slow(wanted=4)
    asked = [question(url=f"https://h{number}.acme.example/") for number in range(12)]
    answers = Engine(slow, at_once=4).ask(asked)
    assert {answer.liveness for answer in answers} == {LIVE}
    assert slow.most == 4


def test_without_a_network_it_ends_soon_and_is_noticed_once(network, engine, question) -> None:
    network.resolve = lambda host, port: []
    asked = [question(url=f"https://h{number}.acme.example/") for number in range(50)]
    used = engine(at_once=1)
    answers = used.ask(asked)
    assert {answer.liveness for answer in answers} == {UNKNOWN}
    assert used.offline
    assert answers[-1].why == module.NO_NETWORK


def test_one_host_that_is_away_is_no_lack_of_network(network, engine, question) -> None:
    network.addresses = {f"h{number}.acme.example": [] for number in range(1, 9)}
    used = engine(at_once=1)
    answers = used.ask([question(url=f"https://h{number}.acme.example/") for number in range(10)])
    assert not used.offline
    assert [answers[0].liveness, answers[9].liveness] == [LIVE, LIVE]


def test_a_bug_is_an_unknown_without_its_text(question) -> None:
    class Broken:
        def send(self, call):
            raise LookupError(call.url)

    [answer] = Engine(Broken()).ask([question(url="https://api.acme.example/{secret}")])
    assert (answer.liveness, answer.why) == (UNKNOWN, "a bug in unleak (LookupError)")


def test_what_never_answers_is_given_up(question, monkeypatch) -> None:
    monkeypatch.setattr(module, "STUCK", 0.05)
    stuck = threading.Event()

    class Stuck:
        def send(self, call):
            stuck.wait(20)
            return Reply(200, {})

    [answer] = Engine(Stuck()).ask([question()])
    stuck.set()
    assert (answer.liveness, answer.why) == (UNKNOWN, "no answer came in time")


def test_ctrl_c_keeps_what_was_answered(question, monkeypatch) -> None:
    real, seen = Engine._collect, []

    def collect(self, left, done, answers):
        deadline = time.monotonic() + 20
        while len(left) == 3 and time.monotonic() < deadline:
            task, answer = done.get(timeout=20)
            del left[id(task)]
            answers |= dict.fromkeys(task.indices, answer)
        seen.append(real)
        raise KeyboardInterrupt

    class OneOnly:
        gate = threading.Lock()

        def send(self, call):
            return Reply(200, {}) if self.gate.acquire(blocking=False) else Failure("late")

    monkeypatch.setattr(Engine, "_collect", collect)
    used = Engine(OneOnly(), at_once=1)
    answers = used.ask([question(secret=f"key{number}") for number in range(3)])
    assert used.interrupted
    assert [answer.liveness for answer in answers] == [LIVE, UNKNOWN, UNKNOWN]
    assert answers[2].why == module.INTERRUPTED


# --- signed requests ---------------------------------------------------------------------------------


def aws(question, key_id: str) -> Question:
    parts = {"access_key_id": key_id} if key_id else {}
    asked = question()
    return Question("aws.access-key", "aws", asked.fingerprint, asked.secret, None, parts)


def test_an_aws_key_is_asked_about_by_sts(engine, question, answers) -> None:
    answers(None)
    [answer] = engine().ask([aws(question, "AKIA" + "QYLPMN5H" * 2)])
    assert (answer.liveness, answer.identity.account) == (LIVE, "123456789012")


@pytest.mark.parametrize(("key_id", "why"), [("", "not found"), ("ASIA" + "QYLPMN5H" * 2, "session token")])
def test_half_an_aws_key_is_not(engine, question, answers, key_id, why) -> None:
    """AWS answers as to a dead key if a temporary one comes without its session token."""
    answers("InvalidClientTokenId")
    [answer] = engine().ask([aws(question, key_id)])
    assert (answer.liveness, why in answer.why) == (UNKNOWN, True)


def test_without_boto3_the_reason_is_told(engine, question, monkeypatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "boto3", None)
    [answer] = engine().ask([aws(question, "AKIA" + "QYLPMN5H" * 2)])
    assert answer.liveness is UNKNOWN
    assert "pip install 'unleak[rotate]" in answer.why


def test_signed_answers_are_remembered_too(engine, question, monkeypatch) -> None:
    calls = []
    monkeypatch.setitem(SIGNED, "aws.access-key", lambda asked: calls.append(asked) or Answer(DEAD))
    memory = Memory()
    for _ in range(2):
        assert engine(memory=memory).ask([aws(question, "AKIA" + "QYLPMN5H" * 2)])[0].liveness is DEAD
    assert len(calls) == 1
