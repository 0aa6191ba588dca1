"""What the journal says held against what the recorder saw."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence

import msgspec
from tests.crash.ledger import Entry

from tizmor.core import events as ev
from tizmor.core.approval import unsettled_question
from tizmor.core.plan import Effect, Step

_ORDERS = (
    ev.GateApproved,
    ev.GateRejected,
    ev.QuestionAnswered,
    ev.Paused,
    ev.CancelRequested,
)
_OUTCOME = unsettled_question(Step(id="s", agent="A"), "", "en").id
"""The id of the question what became of a call."""


class Story(msgspec.Struct, frozen=True):
    """One execution as its journal tells it."""

    execution: str
    events: Sequence[ev.AnyEvent]

    def effects(self) -> dict[str, Effect]:
        """Of the steps, and of the calls `STEP.0`, `STEP.1`, … of those that run for each item."""
        effects: dict[str, Effect] = {}
        for event in self.events:
            if isinstance(event, ev.Planned):
                effects |= {step.id: step.effect for step in event.plan.steps}
            elif isinstance(event, ev.Expanded):
                calls = (f"{event.step}.{number}" for number in range(event.count))
                effects |= dict.fromkeys(calls, effects[event.step])
        return effects

    @property
    def ended(self) -> bool:
        return any(isinstance(event, ev.Ended) for event in self.events)


class Verdict(msgspec.Struct, kw_only=True):
    """What was found; each finding says in words what is wrong and where."""

    lost: list[str]
    doubled: list[str]
    control_doubled: list[str]
    executions: int
    effects: int
    irreversible: int
    asked: int
    repeated: int
    undone: int
    cut_off: int
    questions: dict[str, int]
    troubles: list[str]

    @property
    def asked_percent(self) -> float:
        """Of the irreversible steps that were begun, in percent."""
        return round(100 * self.asked / max(1, self.irreversible), 2)


def judge(stories: Sequence[Story], entries: Sequence[Entry]) -> Verdict:
    """All that can be told once nothing runs any more."""
    by_step = _calls_by_step(entries)
    outcomes = Counter((entry.kind, entry.outcome) for entry in entries)
    begun = [name for story in stories for name in _begun_irreversible(story)]
    asked = [name for story in stories for name in _asked_what_happened(story)]
    return Verdict(
        lost=[
            *_lost_executions(stories, entries),
            *_lost_effects(stories, by_step),
            *_lost_compensations(stories, by_step),
            *_left_out(stories),
            *_lost_orders(stories, entries),
        ],
        doubled=list(_doubled(by_step)),
        control_doubled=[*_orders_taken_twice(stories), *_approvals_used_twice(stories, by_step)],
        executions=sum(story.ended for story in stories),
        effects=len({entry.key for entry in entries if _has_effect(entry)}),
        irreversible=len(begun),
        asked=len(asked),
        repeated=outcomes["call", "repeated"],
        undone=outcomes["undo", "undone"],
        cut_off=sum(isinstance(e, ev.OutcomeLost) for story in stories for e in story.events),
        questions=dict(Counter(question for story in stories for question in _questions(story))),
        troubles=[f"{e.by}: {e.outcome}" for e in entries if e.kind == "trouble"],
    )


ByStep = Mapping[tuple[str, str], Sequence[Entry]]


def _has_effect(entry: Entry) -> bool:
    return entry.kind == "call" and entry.outcome == "applied" and entry.effect != "read"


def _calls_by_step(entries: Sequence[Entry]) -> ByStep:
    by_step: dict[tuple[str, str], list[Entry]] = defaultdict(list)
    for entry in entries:
        if entry.step and entry.effect != "read":
            by_step[entry.execution, entry.step].append(entry)
    return by_step


def _lost_executions(stories: Sequence[Story], entries: Sequence[Entry]) -> Iterator[str]:
    known = {story.execution for story in stories}
    for entry in entries:
        if entry.kind == "ack" and entry.execution not in known:
            yield f"{entry.execution}: {entry.verb} was confirmed to {entry.by}, and it is gone"
    for story in stories:
        if not story.ended:
            yield f"{story.execution}: never ended; last {story.events[-1]!r}"[:400]


def _lost_effects(stories: Sequence[Story], by_step: ByStep) -> Iterator[str]:
    for story in stories:
        effects = story.effects()
        for event in story.events:
            if isinstance(event, ev.StepSucceeded) and effects[event.step] is not Effect.READ:
                seen = by_step.get((story.execution, event.step), ())
                if not any(map(_has_effect, seen)):
                    yield f"{story.execution}/{event.step}: succeeded, and nobody saw it"


def _lost_compensations(stories: Sequence[Story], by_step: ByStep) -> Iterator[str]:
    """What is recorded as taken back was."""
    for story in stories:
        for event in story.events:
            if isinstance(event, ev.Compensated):
                seen = by_step.get((story.execution, event.step), ())
                if not any((entry.kind, entry.outcome) == ("undo", "undone") for entry in seen):
                    yield f"{story.execution}/{event.step}: taken back, and nobody saw it"


def _left_out(stories: Sequence[Story]) -> Iterator[str]:
    """A rollback takes back every effect, or says of which it can't."""
    for story in stories:
        effects = story.effects()
        done, settled = set(), set()
        for event in story.events:
            if isinstance(event, ev.StepSucceeded) and effects[event.step] is not Effect.READ:
                done.add(event.step)
            elif isinstance(event, ev.Compensated | ev.CompensationLeft):
                settled.add(event.step)
        if any(isinstance(event, ev.RollbackStarted) for event in story.events):
            for step in sorted(done - settled):
                yield f"{story.execution}/{step}: left out of the rollback"


def _lost_orders(stories: Sequence[Story], entries: Sequence[Entry]) -> Iterator[str]:
    """A confirmed order stands in the journal: under its name, or, where what it ordered was so
    already, under another's. One that was only written down is not confirmed."""
    taken = {(story.execution, by) for story in stories for _, by in _orders(story)}
    kinds = {story.execution: {type(event) for event in story.events} for story in stories}
    for entry in entries:
        if entry.kind != "ack" or entry.verb == "start" or entry.outcome.startswith("written down"):
            continue
        so_already = {
            "pause": ev.Paused in kinds.get(entry.execution, ()),
            "cancel": ev.CancelRequested in kinds.get(entry.execution, ()),
        }.get(entry.verb, "already" in entry.outcome)
        if (entry.execution, entry.by) not in taken and not so_already:
            yield f"{entry.execution}: {entry.verb} of {entry.by} was confirmed, and is not there"


def _orders(story: Story) -> Iterator[tuple[str, str]]:
    """The orders that were taken: about which gate or question, and by whom. A person gives each
    of their orders under a name of its own."""
    for event in story.events:
        if isinstance(event, _ORDERS):
            yield getattr(event, "id", type(event).__name__), event.by


def _doubled(by_step: ByStep) -> Iterator[str]:
    for (execution, step), entries in by_step.items():
        keys = {entry.key for entry in entries if _has_effect(entry)}
        if len(keys) > 1:
            yield f"{execution}/{step}: done under {len(keys)} keys"
        elif _repeated_blindly(entries):
            told = ", ".join(f"{entry.kind} {entry.outcome}" for entry in entries)
            yield f"{execution}/{step}: irreversible, and called again blindly: {told}"


def _repeated_blindly(entries: Sequence[Entry]) -> bool:
    """Whether an irreversible call was made again without knowing that the last one was nothing:
    it was refused, or a probe said so, or a human was asked, who looked."""
    known = True
    for entry in entries:
        if entry.kind in ("probe", "look"):
            known = entry.kind == "look" or entry.outcome == "not there"
        elif entry.kind == "call" and entry.effect == "irreversible":
            if not known:
                return True
            known = entry.outcome in ("refused", "refused_for_good")
    return False


def _orders_taken_twice(stories: Sequence[Story]) -> Iterator[str]:
    for story in stories:
        for (about, by), times in Counter(_orders(story)).items():
            if times > 1:
                yield f"{story.execution}: {by} said it once, {about} took it {times} times"


def _approvals_used_twice(stories: Sequence[Story], by_step: ByStep) -> Iterator[str]:
    """One approval covers one key, in all of its attempts; what it allowed is done once."""
    for story in stories:
        keys: dict[str, set[str]] = defaultdict(set)
        for event in story.events:
            if isinstance(event, ev.StepStarted) and event.approval:
                keys[event.approval].add(event.key)
            elif isinstance(event, ev.GateOpened) and _repeated_blindly(
                by_step.get((story.execution, event.step), ())
            ):
                yield f"{story.execution}: {event.id} approved {event.step} once, done twice"
        for gate, used in keys.items():
            if len(used) > 1:
                yield f"{story.execution}: {gate} was used for {len(used)} keys"


def _begun_irreversible(story: Story) -> Iterator[str]:
    effects = story.effects()
    begun = {event.step for event in story.events if isinstance(event, ev.StepStarted)}
    yield from (name for name in begun if effects[name] is Effect.IRREVERSIBLE)


def _asked_what_happened(story: Story) -> Iterator[str]:
    effects = story.effects()
    asked = {
        event.step
        for event in story.events
        if isinstance(event, ev.QuestionAsked) and event.question.id == _OUTCOME and event.step
    }
    yield from (name for name in asked if effects[name] is Effect.IRREVERSIBLE)


def _questions(story: Story) -> Iterator[str]:
    for event in story.events:
        if isinstance(event, ev.QuestionAsked):
            yield event.question.id
