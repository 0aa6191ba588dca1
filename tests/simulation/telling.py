"""What steps tell each other, and what must hold of it.

Calls are looked at when they have been told something; the journal says what there was to tell.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from tests.simulation.chronicle import Chronicle
from tests.simulation.extras import LOG
from tests.simulation.ways import Made

from tizmor.core import events as ev
from tizmor.core.decisions.messages import LATE
from tizmor.core.ids import parse_id
from tizmor.core.plan import Effect
from tizmor.core.state import State
from tizmor.core.talk import Kind
from tizmor.ports.talk import Received, SharedView

VERSIONS = "versions of a shared value are gapless, and none is lost by comparing and setting"
ANSWERS = "a request has one answer at most, and who asked is given that one"
TAKEN = "a message is sent once, and taken once by each"
LETTERS = "a request without an answer is a dead letter, once its time is over and not before"
TOLD = "a call with an effect is told only what is durable"

PROPERTIES = (VERSIONS, ANSWERS, TAKEN, LETTERS, TOLD)

_PATIENCE_MS = 3_000

Events = Sequence[tuple[int, ev.AnyEvent]]


class Telling:
    """Sees what calls are told, and objects."""

    def __init__(self, chronicle: Chronicle, object_: Callable[[str, str], None]) -> None:
        self._chronicle = chronicle
        self._object = object_

    def looked(self, made: Made, key: str, view: SharedView | None) -> None:
        """A call was given the newest version of a shared value."""
        if view is not None:
            self._is_durable(
                made,
                f"version {view.version} of {key}",
                lambda e: (
                    isinstance(e, ev.Shared)
                    and (e.key, e.version, e.value) == (key, view.version, view.value)
                ),
            )

    def was_answered(self, made: Made, words: str, answer: Any) -> None:
        """A call was given the answer to what it asked by these words."""
        if answer["to"] != words:
            self._object(ANSWERS, f"{_where(made)} asked {words}, and was told {answer}")
        self._is_durable(
            made,
            f"the answer to {answer['id']}",
            lambda e: (
                isinstance(e, ev.MessageAnswered) and (e.id, e.payload) == (answer["id"], answer)
            ),
        )

    def was_not_answered(self, made: Made, words: str) -> None:
        """A call was told that what it asked has no answer."""
        events = self._chronicle.of(_number(made))
        answered = {e.id for _, e in events if isinstance(e, ev.MessageAnswered)}
        for _, event in events:
            mine = isinstance(event, ev.MessageSent) and event.step == made.ctx.step_id
            if mine and event.payload == words and event.id in answered:
                self._object(ANSWERS, f"{_where(made)} was told that nobody answers {event.id}")

    def took(self, made: Made, message: Received) -> None:
        """A call was given a message."""
        if message.sender == made.ctx.step_id:
            self._object(TAKEN, f"{_where(made)} was given its own {message.id}")
        self._is_durable(
            made,
            f"that it takes {message.id}",
            lambda e: (
                isinstance(e, ev.MessageTaken) and (e.id, e.step) == (message.id, made.ctx.step_id)
            ),
        )

    def worked(self, made: Made, output: Any) -> None:
        """A call was given what work gave that it had handed over."""
        whose, _, _ = output.get("value", "").rpartition(".")
        if whose not in ("", made.ctx.step_id):
            self._object(ANSWERS, f"{_where(made)} was given {output} by work that is not its own")

    def _is_durable(self, made: Made, what: str, is_it: Callable[[ev.Event], bool]) -> None:
        if made.way.effect is Effect.READ:
            return
        if not any(is_it(event) for _, event in self._chronicle.of(_number(made))):
            self._object(TOLD, f"{_where(made)} was told {what}, which isn't on disk")

    def look(self, now_ms: int, moving: Iterable[int]) -> None:
        """See whether requests of executions that go on are open beyond their time."""
        for execution in moving:
            for name, due_ms in _open_requests(self._chronicle.of(execution)).items():
                if now_ms > due_ms + _PATIENCE_MS:
                    self._object(LETTERS, f"{execution}: {name} is open, and was due at {due_ms}")

    def judge(self, where: str, state: State, events: Events) -> None:
        """Look over an execution's whole journal."""
        if state.talk is None:
            return
        self._versions(where, events)
        self._messages(where, events)
        if state.ended:
            for name, message in state.talk.mail.items():
                if message.state == "open":
                    self._object(LETTERS, f"{where}: {name} is open after the end")

    def _versions(self, where: str, events: Events) -> None:
        newest: dict[str, ev.Shared] = {}
        kept = {e.step for _, e in events if isinstance(e, ev.StepKept)}
        for _, event in events:
            if not isinstance(event, ev.Shared):
                continue
            before = newest.get(event.key)
            newest[event.key] = event
            if event.version != (1 if before is None else before.version + 1):
                self._object(VERSIONS, f"{where}: version {event.version} of {event.key} after it")
            was = [] if before is None else before.value
            if event.key == LOG and event.step not in kept and event.value != [*was, event.step]:
                self._object(VERSIONS, f"{where}: {event.value} came after {was}")

    def _messages(self, where: str, events: Events) -> None:
        sent: dict[str, ev.MessageSent] = {}
        said = Counter[tuple[Any, ...]]()
        taken: dict[str, list[str]] = defaultdict(list)
        over: dict[str, str] = {}
        for at_ms, event in events:
            match event:
                case ev.MessageSent():
                    sent[event.id] = event
                    said[event.step, event.number, event.kind, event.to, str(event.payload)] += 1
                case ev.MessageTaken():
                    if event.step in taken[event.id]:
                        self._object(TAKEN, f"{where}: {event.step} took {event.id} twice")
                    taken[event.id].append(event.step)
                case ev.MessageAnswered() | ev.MessageExpired():
                    if event.id in over:
                        self._object(ANSWERS, f"{where}: {event} after {over[event.id]}")
                    over[event.id] = type(event).__name__
                    self._at_its_end(where, at_ms, event, sent.get(event.id), taken[event.id])
                case _:
                    pass
        for words, times in said.items():
            if times > 1:
                self._object(TAKEN, f"{where}: {words} was sent {times} times")
        for name, takers in taken.items():
            if name in sent and sent[name].kind is Kind.REQUEST and len(takers) > 1:
                self._object(TAKEN, f"{where}: the request {name} was taken by {takers}")

    def _at_its_end(
        self,
        where: str,
        at_ms: int,
        event: ev.MessageAnswered | ev.MessageExpired,
        sent: ev.MessageSent | None,
        takers: Sequence[str],
    ) -> None:
        if sent is None:
            return  # work: its step's end is the answer
        if isinstance(event, ev.MessageAnswered):
            if event.step not in takers or event.payload["to"] != sent.payload:
                self._object(ANSWERS, f"{where}: {event} answers {sent}")
        elif event.reason == LATE and (sent.due_ms is None or at_ms < sent.due_ms):
            self._object(LETTERS, f"{where}: {event.id} was over at {at_ms}, not {sent.due_ms}")


def _open_requests(events: Events) -> dict[str, int]:
    """When the requests are due that nothing has become of."""
    due: dict[str, int] = {}
    for _, event in events:
        if isinstance(event, ev.MessageSent) and event.due_ms is not None:
            due[event.id] = event.due_ms
        elif isinstance(event, ev.MessageAnswered | ev.MessageExpired):
            due.pop(event.id, None)
        elif isinstance(event, ev.Ended):
            due = {}
    return due


def _where(made: Made) -> str:
    return f"{made.ctx.execution_id}/{made.ctx.step_id}"


def _number(made: Made) -> int:
    return parse_id(made.ctx.execution_id) or 0
