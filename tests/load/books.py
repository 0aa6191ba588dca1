"""What the recorder saw, and what of it must not have been."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterator, Mapping, Sequence

import msgspec
from tests.load.agents import microusd

from tizmor.core import events as ev
from tizmor.core.budgets import Amounts
from tizmor.core.plan import Access, Budget
from tizmor.ports.budgets import Account
from tizmor.ports.quotas import Quota

NO_BUDGET = " doesn't suffice: "
"""What is said of a budget at its end."""
_RAISE = "raise:"


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
    """One execution as its journal tells it; `budget` is what it was given."""

    execution: str
    events: Sequence[ev.AnyEvent]
    budget: Budget | None = None

    @property
    def ended(self) -> bool:
        return any(isinstance(event, ev.Ended) for event in self.events)

    @property
    def succeeded(self) -> int:
        return sum(isinstance(event, ev.StepSucceeded) for event in self.events)

    @property
    def out_of_budget(self) -> int:
        """How often a budget didn't suffice for a call of it."""
        return sum(NO_BUDGET in getattr(event, "error", "") for event in self.events)

    @property
    def failures(self) -> list[str]:
        """What failed for another reason."""
        failed = [event for event in self.events if isinstance(event, ev.StepFailed)]
        return [f"{e.step}: {e.error}" for e in failed if NO_BUDGET not in e.error]

    @property
    def raised(self) -> int:
        """The tokens that a human has added to its budget."""
        asked = {e.id: e.question.id for e in self.events if isinstance(e, ev.QuestionAsked)}
        return sum(
            int(event.value.removeprefix(_RAISE))
            for event in self.events
            if isinstance(event, ev.QuestionAnswered)
            and event.value.startswith(_RAISE)
            and asked[event.id] == "budget:execution.tokens"
        )

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


def over_budget(
    entries: Sequence[Entry], stories: Sequence[Story], *, allowed: int
) -> Iterator[str]:
    """Each budget of which more was taken than there was: `allowed` for all together, and what an
    execution has, with what a human has added to it. In tokens."""
    taken = _taken(entries)
    if (all_taken := sum(taken.values())) > allowed:
        yield f"{all_taken} tokens taken by all, of {allowed}"
    for story in stories:
        if story.budget is not None and story.budget.tokens is not None:
            mine, most = taken[story.execution], story.budget.tokens + story.raised
            if mine > most:
                yield f"{story.execution}: {mine} tokens taken, of {most}"


def miscounted(
    entries: Sequence[Entry], accounts: Mapping[str, Account], *, exact: bool
) -> Iterator[str]:
    """Each account on which stands something else than was taken, or, unless it is to be `exact`,
    less: of a call that nobody lived to settle all counts that it might have taken. And each on
    which something is reserved though no call is under way. `accounts` are those of executions,
    and of all as ""."""
    taken = _taken(entries)
    taken[""] = sum(taken.values())
    for name, account in accounts.items():
        seen = Amounts(taken[name], microusd(taken[name]))
        counted = account.spent._replace(ms=0, calls=0)
        short = any(c < s for c, s in zip(counted, seen, strict=True))
        if short or (exact and counted != seen):
            yield f"{name or 'all'}: {counted} counted, {seen} taken"
        if account.reserved != Amounts():
            yield f"{name or 'all'}: {account.reserved} reserved at the end"


def _taken(entries: Sequence[Entry]) -> dict[str, int]:
    taken: dict[str, int] = defaultdict(int)
    for entry in entries:
        taken[entry.execution] += entry.tokens
    return taken


def _where(entry: Entry) -> str:
    return f"{entry.execution}/{entry.step}"
