"""Answers are remembered for a while, without the key."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest

from unleak.core.model import Identity, Liveness
from unleak.verify.answer import Answer
from unleak.verify.memory import LASTING, Memory, name

IDENTITY = Identity("acme", "Acme", "", "k1", ("read",), expires=datetime(2027, 1, 1, tzinfo=UTC))
LIVE = Answer(Liveness.LIVE, IDENTITY)
DEAD = Answer(Liveness.DEAD)


@dataclass
class Clock:
    moment: datetime = datetime(2026, 1, 1, tzinfo=UTC)

    def now(self) -> datetime:
        return self.moment

    def sleep(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)


@pytest.fixture
def kept():
    """A file, a clock, and a maker of memories on them."""

    class Kept:
        data: bytes | None = None
        clock = Clock()

        def open(self) -> Memory:
            return Memory(lambda: self.data, lambda data: setattr(self, "data", data), self.clock)

        def put(self, question, answer) -> None:
            memory = self.open()
            memory.put(question, answer)
            memory.close()

    return Kept()


@pytest.mark.parametrize("answer", [LIVE, DEAD])
def test_an_answer_lasts_for_its_time(kept, question, answer) -> None:
    kept.put(question(), answer)
    assert kept.open().get(question()) == answer
    kept.clock.moment += LASTING[answer.liveness] - timedelta(seconds=1)
    assert kept.open().get(question()) == answer
    kept.clock.moment += timedelta(seconds=1)
    assert kept.open().get(question()) is None


def test_a_live_key_is_asked_about_again_soon() -> None:
    assert LASTING[Liveness.LIVE] <= timedelta(hours=1) < LASTING[Liveness.DEAD]


@pytest.mark.parametrize("liveness", [Liveness.UNKNOWN, Liveness.NOT_ASKED])
def test_no_answer_is_not_remembered(kept, question, liveness) -> None:
    kept.put(question(), Answer(liveness, why="x"))
    assert kept.data is None


def test_another_key_part_or_request_is_another_question(question) -> None:
    asked = question()
    others = [
        question(secret="other"), question(parts={"a": "b"}), question(url="https://api.acme.example/you"),
        question(live=()), replace(asked, verification=None),
        replace(asked, verification=None, rule_id="acme.b"),
    ]  # fmt: skip
    assert len({name(each) for each in (asked, *others)}) == 7
    assert name(asked) == name(question())


def test_it_holds_neither_key_nor_address(kept, question) -> None:
    kept.put(question(), LIVE)
    assert question().secret.reveal().encode() not in kept.data
    assert question().fingerprint.encode() not in kept.data
    assert b"acme.example" not in kept.data


def test_what_has_ended_is_dropped(kept, question) -> None:
    kept.put(question(), LIVE)
    size = len(kept.data)
    kept.clock.moment += timedelta(days=1)
    kept.put(question(secret="other"), LIVE)
    assert len(kept.data) == size


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b'{"x": 1}', b"\xff", b"null"])
def test_what_cannot_be_read_is_forgotten(kept, question, data) -> None:
    kept.data = data
    assert kept.open().get(question()) is None


FAR = '"until": "2999-01-01T00:00:00+00:00"'


@pytest.mark.parametrize("entry", [
    "{}", '{"until": 7}', f'{{{FAR}, "liveness": "odd", "identity": null}}', f'{{{FAR}, "liveness": "live"}}',
    '{"until": "2999-01-01", "liveness": "live", "identity": null}', f'{{{FAR}, "liveness": "live", "identity": {{}}}}',
])  # fmt: skip
def test_an_odd_entry_is_forgotten(kept, question, entry) -> None:
    kept.data = f'{{"{name(question())}": {entry}}}'.encode()
    assert kept.open().get(question()) is None
    kept.put(question(secret="other"), LIVE)
    assert kept.open().get(question(secret="other")) == LIVE
