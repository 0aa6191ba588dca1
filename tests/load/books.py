"""What the recorder saw, and what of it must not have been."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from tizmor.core import events as ev
from tizmor.core.plan import Access
from tizmor.ports.quotas import Quota


class Entry(msgspec.Struct, kw_only=True):
    """A raw call, in seconds of the recorder's clock. One whose caller was killed has an end, too:
    the world works on."""

    execution: str
    step: str
    key: str
    effect: str
    api: str
    uses: dict[str, Access]
    tokens: int
    began_s: float
    ended_s: float = float("inf")


class Story(msgspec.Struct, frozen=True):
    """One execution as its journal tells it."""

    execution: str
    events: Sequence[ev.AnyEvent]

    @property
    def ended(self) -> bool:
        return any(isinstance(event, ev.Ended) for event in self.events)

    @property
    def succeeded(self) -> int:
        return sum(isinstance(event, ev.StepSucceeded) for event in self.events)

    @property
    def is_held(self) -> bool:
        """Whether a step of it waits for what others have."""
        held = set()
        for event in self.events:
            if isinstance(event, ev.StepHeld):
                held.add(event.step)
            elif (step := getattr(event, "step", None)) is not None:
                held.discard(step)
        return bool(held)


def over_quota(entries: Sequence[Entry], quotas: Mapping[str, Quota]) -> Iterator[str]:
    """Each call that was one too many in the window that ends with it."""
    for name, (amount, window_ms) in quotas.items():
        within: deque[float] = deque()
        for at in sorted(e.began_s for e in entries if f"api:{e.api}" == name):
            within.append(at)
            while within[0] <= at - window_ms / 1000:
                within.popleft()
            if len(within) > amount:
                yield f"{name}: {len(within)} calls within {window_ms} ms"


def held_twice(entries: Sequence[Entry]) -> Iterator[str]:
    """Each call that began while another one had to itself what it uses, or that took for itself
    what another one was using."""
    users: dict[str, list[Entry]] = defaultdict(list)
    for entry in sorted(entries, key=lambda e: e.began_s):
        for name, access in entry.uses.items():
            running = [u for u in users[name] if u.ended_s > entry.began_s]
            for other in running:
                if Access.EXCLUSIVE in (access, other.uses[name]):
                    yield f"{name}: {_where(entry)} began while {_where(other)} ran"
            users[name] = [*running, entry]


def approved_once_done_twice(entries: Sequence[Entry], stories: Sequence[Story]) -> Iterator[str]:
    """Each approval that was used for two calls: for two keys, or for a call that can't be taken
    back and was made more often than humans were asked."""
    made: dict[tuple[str, str], int] = defaultdict(int)
    for entry in entries:
        if entry.effect == "irreversible":
            made[entry.execution, entry.step] += 1
    for story in stories:
        keys: dict[str, set[str]] = defaultdict(set)
        allowed: dict[str, int] = defaultdict(int)
        asked: dict[str, str | None] = {}
        for event in story.events:
            match event:
                case ev.StepStarted() if event.approval:
                    keys[event.approval].add(event.key)
                case ev.GateOpened():
                    allowed[event.step] += 1
                case ev.QuestionAsked():
                    asked[event.id] = event.step
                case ev.QuestionAnswered() if event.value == "again":
                    allowed[asked.get(event.id) or ""] += 1
                case _:
                    pass
        for gate, used in keys.items():
            if len(used) > 1:
                yield f"{story.execution}: {gate} was used for {len(used)} calls"
        for step, times in allowed.items():
            if made[story.execution, step] > times:
                yield f"{story.execution}/{step}: made {made[story.execution, step]} times"


def _where(entry: Entry) -> str:
    return f"{entry.execution}/{entry.step}"
