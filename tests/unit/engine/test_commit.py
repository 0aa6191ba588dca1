"""Group commit: one write at a time for all, retried unchanged, given up loudly."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from tizmor.core import events as ev
from tizmor.core.errors import EngineError, OwnershipLost, StorageFailed
from tizmor.core.evolve import evolve
from tizmor.core.plan import Effect, Step
from tizmor.core.state import State, StepState
from tizmor.engine import commit
from tizmor.engine.commit import GroupCommit
from tizmor.engine.live import Live
from tizmor.ports.journal import Append, Committed


class Scripted:
    """A journal that answers each commit as it is told, by default with success."""

    def __init__(self) -> None:
        self.commits: list[list[Append]] = []
        self.answers: list[Exception | list[int | None]] = []
        self.open = asyncio.Event()
        self.open.set()

    async def commit(self, appends: Sequence[Append]) -> Committed:
        self.commits.append(list(appends))
        await self.open.wait()
        answer = self.answers.pop(0) if self.answers else [1] * len(appends)
        if isinstance(answer, Exception):
            raise answer
        return Committed(first_positions=answer)

    def executions(self) -> list[list[int]]:
        return [[append.execution for append in batch] for batch in self.commits]


class Ticking:
    """A clock on which a second passes with every look."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now_ms(self) -> int:
        return int(self.now().timestamp() * 1000)

    def monotonic(self) -> float:
        self.seconds += 1.0
        return self.seconds


class Group:
    def __init__(self, patience_s: float = 100.0) -> None:
        self.journal = Scripted()
        self.troubles: list[StorageFailed | None] = []
        self.failures: list[EngineError] = []
        self.gone: list[Live] = []
        self.kept: list[Live] = []
        self.parked: list[Live] = []
        self.due_ms: dict[int, int] = {}
        self.commits = GroupCommit(
            self.journal,  # type: ignore[arg-type]
            Ticking(),  # type: ignore[arg-type]
            patience_s=patience_s,
            trouble=self.troubles.append,
            failed=self.failures.append,
            let_go=self.gone.append,
            kept=self.kept.append,
            park=self.park,
            due_ms=self.due_ms.get,
        )

    def park(self, live: Live, where: str, error: BaseException) -> None:
        self.parked.append(live)
        live.break_off(EngineError(str(error)))

    def say(self, live: Live, *, urgent: bool, times: int = 1) -> None:
        for _ in range(times):
            emit(live, ev.Resumed())
        self.commits.add(live, urgent=urgent)


def emit(live: Live, event: ev.Event) -> None:
    evolve(live.state, event, 1)
    live.write(1, event)


def execution(number: int) -> Live:
    return Live(State(number), epoch=1, seq=0, create=None)


@pytest.fixture(autouse=True)
def _no_backoff(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commit, "_RETRY_S", (0.0,))


@pytest.fixture
async def group() -> Group:
    return Group()


async def some_turns() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_an_urgent_event_is_written_at_once(group: Group) -> None:
    live = execution(1)
    group.say(live, urgent=True)
    await live.durable()
    assert group.journal.executions() == [[1]]
    assert live.durable_seq == live.written_seq == 1


async def test_what_nobody_waits_for_rides_with_the_next_commit(group: Group) -> None:
    lazy, urgent = execution(1), execution(2)
    group.say(lazy, urgent=False)
    await some_turns()
    assert group.journal.commits == []
    group.say(urgent, urgent=True)
    await lazy.durable()
    assert group.journal.executions() == [[1, 2]]


async def test_what_nobody_waits_for_is_written_soon_even_so(group: Group) -> None:
    live = execution(1)
    group.say(live, urgent=False)
    async with asyncio.timeout(50 * commit.LINGER_S):
        await live.durable()
    assert group.journal.executions() == [[1]]


async def test_what_comes_up_during_a_commit_shares_the_next(group: Group) -> None:
    first, others = execution(1), [execution(n) for n in range(2, 7)]
    group.journal.open.clear()
    group.say(first, urgent=True)
    await some_turns()
    for live in [*others, first]:
        group.say(live, urgent=True)
    await some_turns()
    assert len(group.journal.commits) == 1, "one at a time"
    group.journal.open.set()
    await group.commits.flush()
    assert group.journal.executions() == [[1], [2, 3, 4, 5, 6, 1]]


async def test_what_another_process_asked_for_is_in_the_next_commit_however_many_wait(
    group: Group,
) -> None:
    waiting = [execution(n) for n in range(1, 5)]
    asked_for = execution(9)
    group.journal.open.clear()
    group.say(execution(10), urgent=True)
    await some_turns()
    for live in waiting:
        group.say(live, urgent=True, times=commit.MAX_EVENTS)
    emit(asked_for, ev.Resumed())
    group.commits.add_first(asked_for)
    group.journal.open.set()
    await group.commits.flush()
    assert group.journal.executions() == [[10], [9, 1], [2], [3], [4]]


async def test_what_is_ready_runs_before_a_commit_is_made_up(group: Group) -> None:
    first, second = execution(1), execution(2)

    async def short(live: Live) -> None:
        for _ in range(5):
            group.say(live, urgent=True)
            await asyncio.sleep(0)

    await asyncio.gather(short(first), short(second))
    await group.commits.flush()
    assert group.journal.executions() == [[1, 2]]
    assert [len(append.events) for append in group.journal.commits[0]] == [5, 5]


async def test_a_commit_waits_for_none_that_goes_on_for_ever(group: Group) -> None:
    live, restless = execution(1), execution(2)

    async def never_done() -> None:
        while True:
            group.say(restless, urgent=True)
            await asyncio.sleep(0)

    busy = asyncio.create_task(never_done())
    group.say(live, urgent=True)
    for _ in range(40):
        await asyncio.sleep(0)
    busy.cancel()
    assert live.durable_seq == live.written_seq


async def test_a_barrier_waits_for_all_before_it_and_for_nothing_after_it(group: Group) -> None:
    live = execution(1)
    group.journal.open.clear()
    group.say(live, urgent=True)
    early = asyncio.create_task(live.durable())
    await some_turns()
    group.say(live, urgent=True)
    late = asyncio.create_task(live.durable())
    group.journal.answers = [[1], StorageFailed()]
    group.journal.open.set()
    await early
    assert not late.done()
    await late
    assert live.durable_seq == 2


async def test_an_executions_events_are_numbered_without_a_gap(group: Group) -> None:
    live = execution(1)
    for times in (1, 3, 2):
        group.say(live, urgent=True, times=times)
        await live.durable()
    spans = [(batch[0].first_seq, len(batch[0].events)) for batch in group.journal.commits]
    assert spans == [(1, 1), (2, 3), (5, 2)]


async def test_a_commit_is_bounded_and_no_execution_is_split(group: Group) -> None:
    lives = [execution(n) for n in range(4)]
    for live in lives:
        group.say(live, urgent=True, times=commit.MAX_EVENTS - 1)
    await group.commits.flush()
    assert group.journal.executions() == [[0, 1], [2, 3]]
    assert {len(a.events) for batch in group.journal.commits for a in batch} == {
        commit.MAX_EVENTS - 1
    }


async def test_a_commit_that_failed_is_tried_again_unchanged_and_the_trouble_is_told(
    group: Group,
) -> None:
    one, other = execution(1), execution(2)
    failed = StorageFailed("the disk is full")
    group.journal.answers = [failed, failed]
    group.say(one, urgent=True)
    await some_turns()
    group.say(other, urgent=True)
    await group.commits.flush()
    assert group.journal.executions() == [[1], [1], [1], [2]]
    assert group.journal.commits[0] == group.journal.commits[1] == group.journal.commits[2]
    assert group.troubles == [failed, failed, None]
    assert (one.lost, other.lost, group.failures) == (False, False, [])


async def test_when_patience_ends_everything_breaks_off_and_says_why() -> None:
    group = Group(patience_s=3.5)
    group.journal.answers = [StorageFailed("the disk is full")] * 99
    flying, waiting = execution(1), execution(2)
    group.say(flying, urgent=True)
    await some_turns()
    group.say(waiting, urgent=True)
    async with asyncio.timeout(1):
        for live in (flying, waiting):
            with pytest.raises(StorageFailed, match="the disk is full"):
                await live.durable()
    assert [str(e) for e in group.failures] == ["the disk is full"]
    assert len(group.journal.commits) < 10
    assert (flying.durable_seq, waiting.durable_seq) == (0, 0)


async def test_after_that_nothing_is_taken_on_any_more_and_nobody_waits_for_ever() -> None:
    group = Group(patience_s=0.0)
    group.journal.answers = [StorageFailed("the disk is full")] * 99
    group.say(execution(1), urgent=True)
    await group.commits.flush()
    late = execution(2)
    group.say(late, urgent=True)
    async with asyncio.timeout(1):
        with pytest.raises(StorageFailed, match="the disk is full"):
            await late.durable()


async def test_an_error_that_nobody_foresaw_gives_up_as_loudly(group: Group) -> None:
    group.journal.answers = [ValueError("a bug")]
    live = execution(1)
    group.say(live, urgent=True)
    async with asyncio.timeout(1):
        with pytest.raises(EngineError, match="a bug"):
            await live.durable()
    assert len(group.failures) == 1


async def test_an_execution_that_another_process_owns_leaves_the_others_alone(
    group: Group,
) -> None:
    mine, theirs, also_mine = (execution(n) for n in (1, 2, 3))
    group.journal.answers = [[5, None, 9]]
    for live in (mine, theirs, also_mine):
        group.say(live, urgent=True)
    with pytest.raises(OwnershipLost):
        await theirs.durable()
    await mine.durable()
    await also_mine.durable()
    assert group.gone == [theirs]
    assert not group.failures
    group.say(theirs, urgent=True)
    group.say(mine, urgent=True)
    await mine.durable()
    assert group.journal.executions() == [[1, 2, 3], [1]], "nothing more is written for it"


async def test_what_has_ended_is_released_with_its_last_events_and_let_go(group: Group) -> None:
    live = execution(1)
    group.say(live, urgent=True)
    await live.durable()
    assert (group.journal.commits[-1][0].release, group.gone) == (False, [])
    emit(live, ev.Ended(status="COMPLETED"))
    group.commits.add(live, urgent=True)
    await live.durable()
    await some_turns()
    assert group.journal.commits[-1][0].release
    assert group.gone == [live]


async def test_an_orders_outcome_is_written_even_when_nothing_happened(group: Group) -> None:
    live = execution(1)
    live.unwritten.settles.append((4, "refused: no"))
    group.commits.add(live, urgent=True)
    await live.durable()
    (append,) = group.journal.commits[-1]
    assert (append.settles, append.events) == ([(4, "refused: no")], [])


async def test_a_time_that_cannot_be_written_down_spoils_no_other_execution(group: Group) -> None:
    far, other = execution(1), execution(2)
    emit(far, ev.Paused())
    group.due_ms[1] = 2**63
    group.commits.add(far, urgent=True)
    group.say(other, urgent=True)
    with pytest.raises(EngineError, match="can't be written down"):
        await far.durable()
    await other.durable()
    assert (group.parked, group.journal.executions()) == ([far], [[2]])


@pytest.mark.parametrize(("steps", "at"), [(0, [256, 512, 1024, 2048]), (600, [1200, 2400])])
async def test_checkpoints_are_far_apart_and_the_farther_the_more_they_hold(
    steps: int, at: list[int], group: Group, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What they cost together is a part of what the events cost, however large the plan is."""
    monkeypatch.setattr(commit, "CHECKPOINT_S", 1e9)
    live = execution(1)
    for number in range(steps):
        step = Step(id=f"s{number}", agent="a", effect=Effect.READ)
        live.state.steps[step.id] = StepState(step=step)
    for _ in range(3000):
        group.say(live, urgent=True)
        await live.durable()
    appends = [append for batch in group.journal.commits for append in batch]
    assert [append.first_seq for append in appends if append.checkpoint is not None] == at
