"""What must hold in every simulated run, and the witness that looks whether it does.

The witness knows the database, as a disk that can't lie, and sees what reaches the world and the
people in it. It trusts no state of the engine's own: it reads the journal.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import msgspec
from tests.simulation import approving, breaking, keeping, rehearsing, spending, telling, using
from tests.simulation.approving import Approving
from tests.simulation.chronicle import Chronicle
from tests.simulation.likeness import difference, same_view
from tests.simulation.menu import DEFAULTS
from tests.simulation.rehearsing import Rehearsing, is_dry
from tests.simulation.ways import Made, way_named
from tests.simulation.world import World

from tizmor.core import events as ev
from tizmor.core.approval import AGAIN, EDIT
from tizmor.core.canonical import idempotency_key
from tizmor.core.evolve import evolve
from tizmor.core.folds.lists import child_id
from tizmor.core.graph import references, tokens
from tizmor.core.ids import parse_id, public_id
from tizmor.core.plan import Effect, Step
from tizmor.core.state import State
from tizmor.core.transitions import TERMINAL, StepStatus
from tizmor.drivers.simulated.journal import SimulatedDatabase
from tizmor.drivers.simulated.loop import PROCESS, SimulatedLoop
from tizmor.engine.live import Live
from tizmor.engine.present import Presenter
from tizmor.engine.views import Execution, StreamEvent
from tizmor.ports.agent import AgentContext

SUCCESS = "a step succeeds at most once"
OWNER = "one owner performs"
INTENT = "no effect without a durable intent of its own"
APPROVAL = "no effect without the approval it needs, for exactly these arguments"
TWICE = "nothing irreversible happens twice unless a human was asked"
KEYS = "no step has an effect under two keys unless a human was asked"
ORDER = "nothing begins before its needs, in a pause or after a cancel"
SHOWN = "nothing is shown that isn't durable"
FOLD = "folding the journal gives the live state"
UNDONE = "rolling back takes everything back, the last thing first"
EACH = "for_each keeps the order of its items"
ENDS = "every execution ends, or waits for someone named"
LEFT = "nothing is left behind"
SOUND = "the engine makes no error of its own"

PROPERTIES = (
    SUCCESS,
    OWNER,
    INTENT,
    APPROVAL,
    TWICE,
    KEYS,
    ORDER,
    UNDONE,
    EACH,
    SHOWN,
    FOLD,
    ENDS,
    LEFT,
    SOUND,
    *using.PROPERTIES,
    *approving.PROPERTIES,
    *spending.PROPERTIES,
    *breaking.PROPERTIES,
    *keeping.PROPERTIES,
    *telling.PROPERTIES,
    *rehearsing.PROPERTIES,
)

S = StepStatus
Seen = Callable[[ev.Event], bool]
Judge = Callable[[str, State, Sequence[tuple[int, ev.AnyEvent]]], None]
"""Looks over an execution's whole journal: its id, its state and its events with their times."""


class Violation(msgspec.Struct, frozen=True, kw_only=True):
    """A property that didn't hold, and how."""

    property: str
    detail: str


class Witness:
    """Sees what happens and notes what must not. `judges` are others that do."""

    def __init__(
        self,
        loop: SimulatedLoop,
        database: SimulatedDatabase,
        world: World,
        chronicle: Chronicle,
        approving: Approving,
    ) -> None:
        self._loop = loop
        self._chronicle = chronicle
        self._approving = approving
        self._rehearsing = Rehearsing(chronicle, self.folded, self.object)
        self.judges: list[Judge] = [approving.judge, self._rehearsing.judge]
        self._notes: list[tuple[float, int, str]] = []
        self.violations: list[Violation] = []
        self.shown: dict[tuple[str, str], list[StreamEvent]] = {}
        self._database = database
        self._world = world
        self._used: set[tuple[int, int]] = set()

    def object(self, name: str, detail: str) -> None:
        self.violations.append(Violation(property=name, detail=detail))
        self.note(f"VIOLATION: {name}: {detail}")

    def note(self, text: str) -> None:
        """Keep something for the run's story."""
        self._notes.append((self._loop.time(), len(self._database.journal), text))

    def story(self) -> Iterator[str]:
        """What was noted, among the journal's events."""
        told = 0
        for at, position, text in [*self._notes, (0.0, len(self._database.journal), "")]:
            for record in self._database.journal[told:position]:
                written = self._database.written.get((record.execution, record.seq))
                event = msgspec.json.encode(ev.decode(record.payload)).decode()
                who = written.by if written else "?"
                where = f"{public_id(record.execution)}/{record.seq}"
                yield f"{record.position:5} {who} {where} {record.at_ms} {event[:300]}"
            told = max(told, position)
            if text:
                yield f"{at:9.3f}s {text}"

    def history(self, execution_id: str) -> Sequence[tuple[int, ev.AnyEvent]]:
        """The durable events of an execution, with their times."""
        return self._chronicle.of(parse_id(execution_id) or 0)

    def folded(self, execution_id: str) -> State:
        """An execution as its journal tells it, as far as that can be folded."""
        state = State(parse_id(execution_id) or 0)
        for at_ms, event in self.history(execution_id):
            if not self._evolves(state, event, at_ms):
                break
        return state

    def call_begins(self, made: Made) -> None:
        """A call with an effect is being made by the process that runs now."""
        ctx = made.ctx
        self._rehearsing.call_begins(made)
        number = parse_id(ctx.execution_id) or 0
        events = [event for _, event in self.history(ctx.execution_id)]
        where = f"{ctx.execution_id}/{ctx.step_id} attempt {ctx.attempt}"
        self.note(f"{PROCESS.get()} calls {where} by {ctx.key[:8]}")
        intents = [
            (seq, event)
            for seq, event in enumerate(events, 1)
            if isinstance(event, ev.StepStarted)
            and (event.step, event.attempt, event.key) == (ctx.step_id, ctx.attempt, ctx.key)
        ]
        if not intents:
            self.object(INTENT, f"{where} was called without one")
            return
        seq, intent = intents[-1]
        if (number, seq) in self._used:
            self.object(INTENT, f"{where} was called twice by one intent")
        self._used.add((number, seq))
        if self._database.written[number, seq].by != PROCESS.get():
            self.object(OWNER, f"{where} was called by {PROCESS.get()}, which did not begin it")
        strange = any(
            isinstance(e, ev.WorkHandedOver) and e.work.id == ctx.step_id and e.untrusted
            for e in events
        )
        if self._approving.ruled(made, intent, strange=strange):
            self._approved(where, number, intent, events, made.arguments)

    def _approved(
        self,
        where: str,
        number: int,
        intent: ev.StepStarted,
        events: Sequence[ev.Event],
        arguments: dict[str, Any],
    ) -> None:
        approvals = [
            e for e in events if isinstance(e, ev.GateApproved) and e.id == intent.approval
        ]
        if not approvals:
            self.object(APPROVAL, f"{where} was called unapproved")
            return
        agreed = approvals[-1]
        if {
            **DEFAULTS,
            **({"script": []} if "script" in arguments else {}),
            **agreed.arguments,
        } != arguments:
            self.object(APPROVAL, f"{where} was called with {arguments}, not {agreed.arguments}")
        elif idempotency_key(number, intent.step, agreed.arguments) != intent.key:
            self.object(APPROVAL, f"{where} was called under another key than was approved")

    def undoing_begins(self, ctx: AgentContext) -> None:
        """A compensation is being called by the process that runs now."""
        self._rehearsing.undoing_begins(ctx)
        where = f"{ctx.execution_id}/{ctx.step_id}, compensation {ctx.attempt}"
        self.note(f"{PROCESS.get()} calls {where}")
        begun = ev.CompensationStarted(step=ctx.step_id, attempt=ctx.attempt)
        if not any(event == begun for _, event in self.history(ctx.execution_id)):
            self.object(INTENT, f"{where} was called without one")

    def saw(self, process: str, event: StreamEvent) -> None:
        """Somebody who follows an execution was shown an event."""
        if event.id is None:
            return
        self.shown.setdefault((process, event.execution_id), []).append(event)
        journal = self._database.journal
        if not 1 <= event.id <= len(journal):
            self.object(SHOWN, f"{event.type} was shown as event {event.id} of {len(journal)}")
        elif public_id(journal[event.id - 1].execution) != event.execution_id:
            self.object(SHOWN, f"event {event.id} was shown as one of {event.execution_id}")

    def was_told(self, what: str, execution_id: str, seen: Seen) -> None:
        """Somebody was told that their order is done."""
        self.note(f"{what} of {execution_id} is confirmed")
        if not any(seen(event) for _, event in self.history(execution_id)):
            self.object(SHOWN, f"{what} of {execution_id} was confirmed, but isn't in the journal")

    def was_given(self, view: Execution, presenter: Presenter, events_before: int) -> None:
        """Somebody was given a view, having asked when the execution had so many events."""
        history = self.history(view.execution_id)
        state = State(parse_id(view.execution_id) or 0)
        for seq, (at_ms, event) in enumerate(history, 1):
            if not self._evolves(state, event, at_ms):
                return
            if seq >= events_before and same_view(view, presenter, state):
                return
        self.object(SHOWN, f"{view.execution_id} was never as it was shown: {view.steps}")

    def compare(self, live: Live) -> None:
        """Whether a process that owns an execution, and has written all, knows what is written."""
        stored = self._database.executions.get(live.execution)
        history = self._database.histories.get(live.execution, [])
        if (
            live.lost
            or stored is None
            or stored.epoch != live.epoch
            or not live.written_seq == live.durable_seq == len(history)
        ):
            return
        if (how := difference(self.folded(live.public_id), live.state)) is not None:
            self.object(FOLD, f"{live.public_id}: {how}")

    def judge(self, execution_id: str, presenter: Presenter) -> None:
        """Look over an execution's whole journal."""
        number = parse_id(execution_id) or 0
        state = State(number)
        records = self._database.histories.get(number, [])
        history = self._chronicle.of(number)
        events = [event for _, event in history]
        self._owners(number)
        self._successes(execution_id, events)
        expected = []
        for record, event in zip(records, events, strict=True):
            if not self._evolves(state, event, record.at_ms):
                return
            if view := presenter.event(state, record.position, record.at_ms, event):
                expected.append(view)
        for judge in self.judges:
            judge(execution_id, state, history)
        self._flow(execution_id, state, events)
        self._effects(execution_id, state, events)
        self._undoing(execution_id, state, events)
        if not is_dry(history):
            self._items(execution_id, state, events)
        self._streams(execution_id, expected)

    def _evolves(self, state: State, event: ev.Event, at_ms: int) -> bool:
        try:
            evolve(state, event, at_ms)
        except Exception as error:
            self.object(FOLD, f"{public_id(state.execution)} can't be folded: {error!r}")
            return False
        return True

    def _successes(self, where: str, events: Sequence[ev.Event]) -> None:
        done = Counter(e.step for e in events if isinstance(e, ev.StepSucceeded | ev.StepKept))
        for name, times in done.items():
            if times > 1:
                self.object(SUCCESS, f"{where}/{name} succeeded {times} times")

    def _owners(self, number: int) -> None:
        for (execution, seq), written in self._database.written.items():
            if execution == number and (written.by, written.epoch) != (
                written.owner,
                written.owner_epoch,
            ):
                self.object(OWNER, f"{public_id(number)}/{seq} was written by {written}")

    def _flow(self, where: str, state: State, events: Sequence[ev.Event]) -> None:
        """The order in which steps began and succeeded."""
        succeeded: set[str] = set()
        halted = False
        for event in events:
            match event:
                case ev.StepStarted() if halted:
                    self.object(ORDER, f"{where}/{event.step} began in a pause or after a cancel")
                case ev.StepStarted():
                    missing = _needs(state.steps[event.step].step) - succeeded
                    if missing:
                        self.object(ORDER, f"{where}/{event.step} began before {sorted(missing)}")
                case (
                    ev.StepSucceeded()
                    | ev.StepKept()
                    | ev.StepBypassed()
                    | ev.StepForeseen()
                    | ev.Gathered()
                ):
                    succeeded.add(event.step)
                case ev.Paused() | ev.CancelRequested():
                    halted = True
                case ev.Resumed():
                    halted = False
                case _:
                    pass
        if sum(isinstance(event, ev.Ended) for event in events) > 1:
            self.object(ENDS, f"{where} ended twice")
        if state.ended and not {s.status for s in state.steps.values()} <= TERMINAL:
            self.object(ENDS, f"{where} ended before its steps")

    def _effects(self, where: str, state: State, events: Sequence[ev.Event]) -> None:
        """What had its effect, against what was begun and asked."""
        intents = {event.key for event in events if isinstance(event, ev.StepStarted)}
        asked = Counter(_asked_again(state, events))
        received: dict[str, list[str]] = {}
        requests = {}
        for request in self._world.received:
            if request.execution_id == where:
                received.setdefault(request.step, []).append(request.key)
                requests[request.step] = request
        for name, keys in received.items():
            if not set(keys) <= intents:
                self.object(INTENT, f"{where}/{name} had an effect that was never begun")
            if requests[name].effect is Effect.IRREVERSIBLE and len(keys) > 1 + asked[name]:
                self.object(TWICE, f"{where}/{name} happened {len(keys)} times")
            if len(set(keys)) > 1 + asked[name]:
                self.object(KEYS, f"{where}/{name} had its effect under {len(set(keys))} keys")

    def _undoing(self, where: str, state: State, events: Sequence[ev.Event]) -> None:
        """What a roll back took back, and in which order."""
        if not (state.rolling_back and state.ended):
            return
        over = [e.step for e in events if isinstance(e, ev.Compensated | ev.CompensationLeft)]
        ends = [e for e in events if isinstance(e, ev.StepSucceeded | ev.StepFailed)]
        succeeded = {e.step for e in ends if isinstance(e, ev.StepSucceeded)}
        # An item's call that failed may be begun anew with its whole list: its last end counts.
        changed = [
            name
            for name in dict.fromkeys(e.step for e in reversed(ends))
            if state.steps[name].step.effect is not Effect.READ
            and (name in succeeded or name in over)
        ]
        if over != changed:
            self.object(UNDONE, f"{where} did {changed[::-1]} and took back {over}")
        for name, step in state.steps.items():
            settled = step.told is not None or step.may_still_run
            if step.status is S.FAILED and not settled and self._world.landed(where, name):
                self.object(UNDONE, f"{where}/{name} happened, and was left without a word")
        for event in events:
            if isinstance(event, ev.Compensated):
                key = state.steps[event.step].key
                if key not in self._world.undone:
                    self.object(UNDONE, f"{where}/{event.step} was never taken back")

    def _items(self, where: str, state: State, events: Sequence[ev.Event]) -> None:
        # A list gives what its calls had given when it ended, and later steps may have used that:
        # what rolling back finds out of a call that had failed doesn't change it any more.
        succeeded = {e.step for e in events if isinstance(e, ev.StepSucceeded)}
        for name, step in state.steps.items():
            if step.step.for_each is None or name not in state.outputs or not step.children:
                continue
            calls = [child_id(name, item) for item in range(step.children)]
            wanted = [call for call in calls if call in succeeded]
            given = [result.get("value") for result in state.outputs[name]["results"]]
            failed = [calls[failure["index"]] for failure in state.outputs[name]["failed"]]
            # What a human says has happened has no value.
            told = [v or call for v, call in zip(given, wanted, strict=False)]
            if way_named(step.step.agent).keeps:
                told = wanted  # what is kept says what was asked, not by whom
            others = [call for call in calls if call not in succeeded]
            if len(given) != len(wanted) or told != wanted or failed != others:
                self.object(EACH, f"{where}/{name} gave {given}, and not {failed}")

    def _streams(self, execution_id: str, expected: Sequence[StreamEvent]) -> None:
        for (process, followed), shown in self.shown.items():
            if followed == execution_id and list(expected[: len(shown)]) != shown:
                self.object(SHOWN, f"{process} was shown another {execution_id} than happened")

    def digest(self) -> Iterator[bytes]:
        """All that the run left behind, for telling whether two runs are the same."""
        for record in self._database.journal:
            yield msgspec.json.encode(record)
        for at, position, text in self._notes:
            yield f"{at!r} {position} {text}".encode()
        for (process, execution_id), events in self.shown.items():
            yield f"{process} {execution_id} {len(events)}".encode()


def _asked_again(state: State, events: Sequence[ev.Event]) -> Iterator[str]:
    """The step of each question whose answer was to do it again."""
    for event in events:
        if isinstance(event, ev.QuestionAnswered) and event.value in (AGAIN, EDIT):
            step = state.questions[event.id].step
            if step is not None:
                yield step


def _needs(step: Step) -> set[str]:
    """What must have succeeded, or be passed over, before a step begins. What its conditions look
    at must only have ended."""
    return {tokens(pointer)[0] for pointer in references(step.arguments)} | set(step.after)
