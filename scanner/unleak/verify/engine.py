"""Asks providers about many keys at once: bounded, at their pace, each key once."""

import queue
import threading
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from urllib.parse import urljoin, urlsplit

from unleak.core.model import Liveness
from unleak.core.verification import Verification
from unleak.verify import judge, memory, prepare
from unleak.verify.answer import Answer
from unleak.verify.memory import Memory
from unleak.verify.pace import PATIENCE, Pace, retry_after
from unleak.verify.ports import Call, Failure, Question, Reply, Transport
from unleak.verify.signed import SIGNED

AT_ONCE = 12
"""Requests under way, at most."""
HOPS = 3
"""Redirects within one host that are followed."""
OFFLINE = 3
"""Hosts that could not be reached, none that could: there is no network."""
STUCK = 90.0
"""Seconds without any answer, after which the rest is given up."""
REDIRECTS = frozenset({301, 302, 303, 307, 308})
SELF_HOSTED = "its host stands in the scanned text; --verify-self-hosted asks it"
NO_NETWORK = "no provider could be reached"
INTERRUPTED = "interrupted before it was asked"


@dataclass(slots=True)
class _Task:
    """One request to be made, and the questions that it answers."""

    question: Question
    call: Call | None
    """None for a signed one."""
    indices: list[int]

    @property
    def host(self) -> str:
        return self.call.host if self.call else self.question.service


@dataclass(slots=True)
class Engine:
    """Asks. `offline` and `interrupted` tell afterwards why much is UNKNOWN."""

    transport: Transport
    memory: Memory = field(default_factory=Memory)
    pace: Pace = field(default_factory=Pace)
    self_hosted: bool = False
    """Ask hosts that the scanned text chose, if they are public."""
    at_once: int = AT_ONCE
    offline: bool = False
    interrupted: bool = False
    _reached: bool = False
    _unreached: set[str] = field(default_factory=set)
    _stop: threading.Event = field(default_factory=threading.Event)

    def ask(self, questions: Sequence[Question]) -> list[Answer]:
        """The answer to each question, in their order. Ctrl-C ends it early and leaves the rest UNKNOWN."""
        answers: dict[int, Answer] = {}
        tasks = list(self._tasks(questions, answers))
        done: queue.SimpleQueue[tuple[_Task, Answer]] = queue.SimpleQueue()
        waiting: queue.SimpleQueue[_Task] = queue.SimpleQueue()
        for task in _in_turn(tasks):
            waiting.put(task)
        for _ in range(min(self.at_once, len(tasks))):
            threading.Thread(target=self._work, args=(waiting, done), daemon=True).start()
        left = {id(task): task for task in tasks}
        try:
            self._collect(left, done, answers)
        except KeyboardInterrupt:
            self.interrupted = True
        self._stop.set()
        why = INTERRUPTED if self.interrupted else "no answer came in time"
        for task in left.values():
            answers |= dict.fromkeys(task.indices, Answer(Liveness.UNKNOWN, why=why))
        self.memory.close()
        return [answers[index] for index in range(len(questions))]

    def _tasks(self, questions: Sequence[Question], answers: dict[int, Answer]) -> Iterator[_Task]:
        """What is to be sent; answers what needs no request."""
        found: dict[str, _Task] = {}
        for index, question in enumerate(questions):
            name = memory.name(question)
            if name in found:
                found[name].indices.append(index)
            elif (known := self.memory.get(question)) is not None:
                answers[index] = known
            else:
                made = self._prepared(question, index)
                if isinstance(made, Answer):
                    answers[index] = made
                else:
                    found[name] = made
        yield from found.values()

    def _prepared(self, question: Question, index: int) -> _Task | Answer:
        if question.rule_id in SIGNED:
            return _Task(question, None, [index])
        if question.verification is None:
            return Answer(Liveness.NOT_ASKED, why="no request is known that would tell")
        try:
            call = prepare.call(question.verification.request, question)
        except prepare.Unsendable as reason:
            return Answer(Liveness.UNKNOWN, why=f"{reason}")
        if call.chosen and not self.self_hosted:
            return Answer(Liveness.NOT_ASKED, why=SELF_HOSTED)
        return _Task(question, call, [index])

    def _collect(
        self,
        left: dict[int, _Task],
        done: "queue.SimpleQueue[tuple[_Task, Answer]]",
        answers: dict[int, Answer],
    ) -> None:
        """Take the answers until none is left or none comes any more."""
        last = time.monotonic()
        while left and time.monotonic() - last < STUCK:
            try:
                task, answer = done.get(timeout=0.2)  # short, so that Ctrl-C is heard
            except queue.Empty:
                continue
            last = time.monotonic()
            del left[id(task)]
            answers |= dict.fromkeys(task.indices, answer)
            self.memory.put(task.question, answer)

    # --- in the threads ----------------------------------------------------------------------------

    def _work(
        self, waiting: "queue.SimpleQueue[_Task]", done: "queue.SimpleQueue[tuple[_Task, Answer]]"
    ) -> None:
        while not self._stop.is_set():
            try:
                task = waiting.get_nowait()
            except queue.Empty:
                return
            try:
                answer = self._answer(task)
            except (
                Exception
            ) as bug:  # a thread cannot raise; the type tells where to look, the text might be a key
                answer = Answer(Liveness.UNKNOWN, why=f"a bug in unleak ({type(bug).__name__})")
            done.put((task, answer))

    def _answer(self, task: _Task) -> Answer:
        if self.offline:
            return Answer(Liveness.UNKNOWN, why=NO_NETWORK)
        if not self.pace.turn(task.host):
            return Answer(Liveness.UNKNOWN, why="its host wants to be asked later")
        verification = task.question.verification
        if task.call is None or verification is None:
            return SIGNED[task.question.rule_id](task.question)
        came = self._exchange(task.call, verification)
        self._note(task.call.host, came)
        if isinstance(came, Failure):
            return Answer(Liveness.UNKNOWN, why=came.why)
        return judge.judge(verification, task.question, came)

    def _exchange(self, call: Call, verification: Verification) -> Reply | Failure:
        """Send, follow redirects within the host, and wait once if the host asks to."""
        came = self._followed(call, verification)
        if (
            isinstance(came, Failure)
            or came.status not in {429, 503}
            or judge.expects(verification, came.status)
        ):
            return came
        seconds = retry_after(came.headers.get("retry-after", ""))
        if seconds is None:
            return came
        self.pace.hold(call.host, seconds)
        if seconds > PATIENCE or not self.pace.turn(call.host) or self._stop.is_set():
            return came
        return self._followed(call, verification)

    def _followed(self, call: Call, verification: Verification) -> Reply | Failure:
        came = self.transport.send(call)
        for _ in range(HOPS):
            onward = _onward(call, came, verification)
            if onward is None:
                return came
            call, came = onward, self.transport.send(onward)
        return came

    def _note(self, host: str, came: Reply | Failure) -> None:
        """Notice when nothing can be reached at all."""
        if isinstance(came, Failure) and came.unreachable:
            self._unreached.add(host)
        else:
            self._reached = True
        self.offline = not self._reached and len(self._unreached) >= OFFLINE


def _onward(call: Call, came: Reply | Failure, verification: Verification) -> Call | None:
    """The request that a redirect to the very same host asks for; None if there is none to follow."""
    if isinstance(came, Failure) or came.status not in REDIRECTS or call.method == "POST":
        return None
    if judge.expects(verification, came.status):
        return None
    try:
        target = urljoin(call.url, came.headers.get("location", ""))
        here, there = urlsplit(call.url), urlsplit(target)
        same = (there.scheme, there.hostname, there.port or 443) == ("https", call.host, here.port or 443)
    except ValueError:
        return None
    if not same or "@" in there.netloc or not target.isascii() or target == call.url:
        return None
    return Call(call.method, target, call.headers, call.content, call.host, call.chosen)


def _in_turn(tasks: Iterable[_Task]) -> Iterator[_Task]:
    """`tasks` so that hosts alternate, since each has its own pace."""
    by_host: dict[str, list[_Task]] = defaultdict(list)
    for task in tasks:
        by_host[task.host].append(task)
    for row in zip_longest(*by_host.values()):
        yield from (task for task in row if task is not None)
