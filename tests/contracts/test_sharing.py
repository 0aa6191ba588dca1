"""What processes on one database share: in memory, on SQLite and on PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any
from unittest.mock import ANY

import pytest

from tizmor.core.budgets import Amounts
from tizmor.core.errors import OwnershipLost
from tizmor.core.plan import Access, Resource
from tizmor.ports.breakers import Breaking, Open
from tizmor.ports.budgets import Bound, Busy
from tizmor.ports.budgets import Claim as BudgetClaim
from tizmor.ports.cache import Computing, Mine, Wanted
from tizmor.ports.journal import Append, ExecutionRow, Journal, NewExecution
from tizmor.ports.locks import Claim, Held, Holder, Taken
from tizmor.ports.quotas import UNLIMITED, Later, Left, Quota, Slot, Standing, Use

A, B, C, D = (Holder(1000 + number, "step") for number in range(4))
CALENDAR = Resource(name="calendar:me")
READ_CALENDAR = Resource(name="calendar:me", access=Access.SHARED)
FILE = Resource(name="file:a")
TWO_A_SECOND = Use("api:mail", Quota(2, 1_000))


async def test_one_writer_has_a_resource_to_itself(backend: Any) -> None:
    mine, others = backend.open().sharing.locks, backend.open().sharing.locks
    assert isinstance(await mine.acquire(A, [CALENDAR]), Held)
    assert await others.acquire(B, [CALENDAR]) == Taken("calendar:me")
    assert await others.acquire(B, [READ_CALENDAR]) == Taken("calendar:me")
    await mine.release(A)
    assert isinstance(await others.acquire(B, [CALENDAR]), Held)


async def test_readers_share_a_resource(journal: Journal) -> None:
    locks = journal.sharing.locks
    assert isinstance(await locks.acquire(A, [READ_CALENDAR]), Held)
    assert isinstance(await locks.acquire(B, [READ_CALENDAR]), Held)
    assert await locks.acquire(C, [CALENDAR]) == Taken("calendar:me")


async def test_who_came_first_is_first(journal: Journal) -> None:
    """A writer that waits isn't overtaken by readers, or it would wait for ever."""
    locks = journal.sharing.locks
    await locks.acquire(A, [READ_CALENDAR])
    await locks.acquire(B, [CALENDAR])
    assert await locks.acquire(C, [READ_CALENDAR]) == Taken("calendar:me")
    await locks.release(A)
    assert await locks.acquire(C, [READ_CALENDAR]) == Taken("calendar:me")
    assert isinstance(await locks.acquire(B, [CALENDAR]), Held)


async def test_all_that_a_step_needs_is_taken_at_once_or_not_at_all(journal: Journal) -> None:
    locks = journal.sharing.locks
    await locks.acquire(A, [FILE])
    assert await locks.acquire(B, [CALENDAR, FILE]) == Taken("file:a")
    await locks.release(A)
    assert isinstance(await locks.acquire(B, [CALENDAR, FILE]), Held)
    assert await locks.acquire(C, [CALENDAR]) == Taken("calendar:me")


async def test_two_that_want_two_things_the_other_way_round_both_get_them(backend: Any) -> None:
    mine, others = backend.open().sharing.locks, backend.open().sharing.locks
    first, second = await asyncio.gather(
        mine.acquire(A, [CALENDAR, FILE]), others.acquire(B, [FILE, CALENDAR])
    )
    assert {type(first), type(second)} == {Held, Taken}
    held, waiting = (A, B) if isinstance(first, Held) else (B, A)
    await mine.release(held)
    assert isinstance(await mine.acquire(waiting, [CALENDAR, FILE]), Held)


async def test_asking_again_keeps_the_lease_and_its_tokens(journal: Journal) -> None:
    locks = journal.sharing.locks
    first = await locks.acquire(A, [CALENDAR, FILE])
    assert await locks.acquire(A, [FILE, CALENDAR]) == first


async def test_a_later_holder_has_a_higher_token(journal: Journal) -> None:
    locks = journal.sharing.locks
    tokens = []
    for holder in (A, B, A, C):
        held = await locks.acquire(holder, [CALENDAR])
        assert isinstance(held, Held)
        tokens += held.tokens
        await locks.release(holder)
    assert tokens == sorted(set(tokens))


async def test_what_a_dead_process_held_is_free(backend: Any) -> None:
    dead, mine = backend.open(), backend.open()
    held = await dead.sharing.locks.acquire(A, [CALENDAR])
    await dead.sharing.locks.acquire(B, [CALENDAR])
    assert await mine.sharing.locks.acquire(C, [CALENDAR]) == Taken("calendar:me")
    backend.die(dead)
    taken = await mine.sharing.locks.acquire(C, [CALENDAR])
    assert isinstance(taken, Held)
    assert isinstance(held, Held)
    assert taken.tokens > held.tokens


async def test_who_has_to_wait_for_a_quota_keeps_nobody_from_a_lock(journal: Journal) -> None:
    """A step that asks again waits for its quota first: what it stood in line for goes to who can
    use it now."""
    sharing, once = journal.sharing, Use("api:mail", Quota(1, 1_000))
    await sharing.locks.acquire(C, [CALENDAR])
    assert await sharing.quotas.take(A, [once]) == Slot()
    assert await sharing.locks.acquire(A, [CALENDAR]) == Taken("calendar:me")
    await sharing.quotas.stand_back(A)
    assert await sharing.quotas.take(B, [once]) == Slot()
    assert isinstance(await sharing.quotas.take(A, [once]), Later)
    await sharing.locks.release(C)
    assert isinstance(await sharing.locks.acquire(B, [CALENDAR]), Held)


async def test_who_waits_for_an_answer_is_not_told_of_turns_that_it_asked_for_before(
    journal: Journal, advance: Callable[[int], None]
) -> None:
    """A call asks for these in turn: told of one further on, it would ask again and again for what
    it doesn't get."""
    sharing = journal.sharing
    answer, rule = Wanted("Web", b"key"), Breaking(failures=1, rate=1, calls=1, pause_s=30)
    await sharing.breakers.enter(B, ["agent:Web"])
    await sharing.breakers.ended(B, ["agent:Web"], rule, failed=True)
    assert isinstance(await sharing.breakers.enter(A, ["agent:Web"]), Open)
    assert await sharing.cache.claim(C, answer) == Mine()
    assert await sharing.cache.claim(A, answer) == Computing()
    advance(30_000)
    assert (await sharing.turns()).ready == []
    await sharing.cache.leave(C)
    assert (await sharing.turns()).ready == [A]


async def test_who_does_not_run_an_execution_does_not_stand_in_line_for_it(backend: Any) -> None:
    """Nothing would tell it otherwise: it would stand there for as long as its process lives."""
    stopped, mine = backend.open(), backend.open()
    await stopped.commit([said(A.execution, 1, create=new())])
    backend.die(stopped)
    assert await mine.adopt(A.execution) is not None
    backend.come_back(stopped)
    sharing, answer = stopped.sharing, Wanted("Web", b"key")
    await mine.sharing.breakers.enter(B, ["agent:Web"])
    rule = Breaking(failures=1, rate=1, calls=1, pause_s=30)
    await mine.sharing.breakers.ended(B, ["agent:Web"], rule, failed=True)
    assert await mine.sharing.cache.claim(B, answer) == Mine()
    assert await mine.sharing.quotas.take(B, [Use("api:mail", Quota(1, 1_000))]) == Slot()
    for asking in (
        sharing.breakers.enter(A, ["agent:Web"]),
        sharing.cache.claim(A, answer),
        sharing.quotas.take(A, [Use("api:mail", Quota(1, 1_000))]),
        sharing.locks.acquire(A, [CALENDAR]),
    ):
        with pytest.raises(OwnershipLost):
            await asking
    assert await stopped.sharing.standing() == frozenset()


async def test_who_has_lost_an_execution_takes_nothing_of_its_new_owners(backend: Any) -> None:
    """A process that was stopped past its lease goes on, and asks for what it was about to ask."""
    stopped, mine = backend.open(), backend.open()
    await stopped.commit([said(A.execution, 1, create=new())])
    await stopped.sharing.locks.acquire(A, [CALENDAR])
    await stopped.sharing.quotas.take(A, [TWO_A_SECOND])
    backend.die(stopped)
    assert await mine.adopt(A.execution) is not None
    held = await mine.sharing.locks.acquire(A, [CALENDAR])
    assert await mine.sharing.quotas.take(A, [TWO_A_SECOND]) == Slot()
    backend.come_back(stopped)
    with pytest.raises(OwnershipLost):
        await stopped.sharing.locks.acquire(A, [CALENDAR])
    with pytest.raises(OwnershipLost):
        await stopped.sharing.quotas.take(A, [TWO_A_SECOND])
    await stopped.sharing.abandon(A.execution)
    assert await mine.sharing.locks.acquire(A, [CALENDAR]) == held
    assert await mine.sharing.locks.acquire(B, [CALENDAR]) == Taken("calendar:me")


async def test_whose_turn_it_is_is_seen_by_its_own_process(backend: Any) -> None:
    mine, others = backend.open(), backend.open()
    await mine.sharing.locks.acquire(A, [CALENDAR])
    await others.sharing.locks.acquire(B, [CALENDAR])
    assert (await others.sharing.turns()).ready == []
    await mine.sharing.release(A)
    assert (await mine.sharing.turns()).ready == []
    assert (await others.sharing.turns()).ready == [B]


async def test_of_many_in_line_those_go_first_who_came_first(journal: Journal) -> None:
    """Readers together, a writer by itself, and nobody before who came earlier."""
    locks = journal.sharing.locks
    await locks.acquire(A, [CALENDAR])
    readers = [Holder(1, f"reader{number}") for number in range(3)]
    for reader in readers:
        await locks.acquire(reader, [READ_CALENDAR])
    await locks.acquire(B, [CALENDAR])
    await locks.acquire(C, [READ_CALENDAR])
    assert (await journal.sharing.turns()).ready == []
    await locks.release(A)
    assert (await journal.sharing.turns()).ready == readers
    for reader in readers:
        assert isinstance(await locks.acquire(reader, [READ_CALENDAR]), Held)
        await locks.release(reader)
    assert (await journal.sharing.turns()).ready == [B]


async def test_who_waits_in_another_process_is_woken_when_something_is_freed(backend: Any) -> None:
    mine, others = backend.open(), backend.open()
    wakes = others.wakes()
    waking = asyncio.ensure_future(anext(wakes))
    await mine.sharing.locks.acquire(A, [CALENDAR])
    await others.sharing.locks.acquire(B, [CALENDAR])
    await mine.sharing.release(A)
    async with asyncio.timeout(5):
        await waking


async def test_no_more_than_the_quota_is_granted_within_any_window(
    journal: Journal, advance: Callable[[int], None]
) -> None:
    quotas = journal.sharing.quotas
    assert await quotas.take(A, [TWO_A_SECOND]) == Slot()
    advance(600)
    assert await quotas.take(B, [TWO_A_SECOND]) == Slot()
    await quotas.used(A)
    later = await quotas.take(C, [TWO_A_SECOND])
    assert isinstance(later, Later)
    advance(999)
    assert isinstance(await quotas.take(C, [TWO_A_SECOND]), Later)
    advance(1)
    assert await quotas.take(C, [TWO_A_SECOND]) == Slot()


async def test_a_place_counts_as_taken_until_it_is_said_to_be_used_or_not(
    journal: Journal, advance: Callable[[int], None]
) -> None:
    quotas = journal.sharing.quotas
    await quotas.take(A, [TWO_A_SECOND])
    await quotas.take(B, [TWO_A_SECOND])
    advance(60_000)
    assert isinstance(await quotas.take(C, [TWO_A_SECOND]), Later)
    await quotas.leave(A)
    assert await quotas.take(C, [TWO_A_SECOND]) == Slot()


async def test_executions_take_turns(journal: Journal, advance: Callable[[int], None]) -> None:
    """One with many calls doesn't hold up another's first."""
    quotas = journal.sharing.quotas
    many = [Holder(1, f"step{number}") for number in range(6)]
    one = Holder(2, "step")
    taken = [await quotas.take(holder, [TWO_A_SECOND]) for holder in (*many, one)]
    assert [type(answer) for answer in taken] == [Slot, Slot, *[Later] * 5]
    for holder in many[:2]:
        await quotas.used(holder)
    advance(1_000)
    assert set((await journal.sharing.turns()).ready) == {many[2], one}


async def test_who_gives_a_place_back_is_the_first_in_line(
    journal: Journal, advance: Callable[[int], None]
) -> None:
    quotas = journal.sharing.quotas
    for holder in (A, B, C, D):
        await quotas.take(holder, [TWO_A_SECOND])
    await quotas.stand_back(A)
    assert (await journal.sharing.turns()).ready == [C]
    assert isinstance(await quotas.take(A, [TWO_A_SECOND]), Later)
    await quotas.leave(B)
    assert set((await journal.sharing.turns()).ready) == {A, C}


async def test_nobody_is_served_before_the_api_itself_says_so(
    journal: Journal, advance: Callable[[int], None]
) -> None:
    quotas = journal.sharing.quotas
    await quotas.take(A, [TWO_A_SECOND])
    await quotas.heed("api:mail", Left(0, 5_000))
    assert isinstance(await quotas.take(B, [TWO_A_SECOND]), Later)
    advance(4_999)
    assert isinstance(await quotas.take(B, [TWO_A_SECOND]), Later)
    advance(1)
    assert await quotas.take(B, [TWO_A_SECOND]) == Slot()


async def test_what_a_dead_process_was_granted_counts_as_used(
    backend: Any, advance: Callable[[int], None]
) -> None:
    dead, mine = backend.open(), backend.open()
    await dead.sharing.quotas.take(A, [TWO_A_SECOND])
    await dead.sharing.quotas.take(B, [TWO_A_SECOND])
    backend.die(dead)
    assert isinstance(await mine.sharing.quotas.take(C, [TWO_A_SECOND]), Later)
    assert (await mine.sharing.turns()).ready == []
    advance(999)
    assert (await mine.sharing.turns()).ready == []
    advance(1)
    assert (await mine.sharing.turns()).ready == [C]
    assert await mine.sharing.quotas.take(C, [TWO_A_SECOND]) == Slot()


async def test_what_a_dead_process_was_granted_and_had_not_come_for_is_free(
    backend: Any, advance: Callable[[int], None]
) -> None:
    dead, mine = backend.open(), backend.open()
    await mine.sharing.quotas.take(A, [TWO_A_SECOND])
    await mine.sharing.quotas.take(B, [TWO_A_SECOND])
    await dead.sharing.quotas.take(C, [TWO_A_SECOND])
    await mine.sharing.quotas.leave(A)
    backend.die(dead)
    await mine.sharing.quotas.take(D, [TWO_A_SECOND])
    assert (await mine.sharing.turns()).ready == [D]


WORKSPACE = Use("workspace", Quota(4, 1_000))
SLOW = Use("agent:slow", Quota(1, 60_000))


async def test_who_waits_for_a_narrow_quota_keeps_nobody_from_a_wide_one(journal: Journal) -> None:
    """Ten that may go once a minute don't hold up who only needs what all share."""
    quotas = journal.sharing.quotas
    slow = [Holder(1, f"slow{number}") for number in range(10)]
    answers = [await quotas.take(holder, [SLOW, WORKSPACE]) for holder in slow]
    assert [type(answer) for answer in answers] == [Slot, *[Later] * 9]
    assert [await quotas.take(h, [WORKSPACE]) for h in (A, B, C)] == [Slot()] * 3
    assert await quotas.take(D, [WORKSPACE]) == Later("workspace", ANY)


async def test_a_place_in_a_narrow_quota_is_kept_while_a_wide_one_is_waited_for(
    journal: Journal, advance: Callable[[int], None]
) -> None:
    quotas = journal.sharing.quotas
    for number in range(4):
        await quotas.take(Holder(2, f"step{number}"), [WORKSPACE])
    assert await quotas.take(A, [SLOW, WORKSPACE]) == Later("workspace", ANY)
    assert await quotas.take(B, [SLOW, WORKSPACE]) == Later("agent:slow", ANY)
    await quotas.leave(Holder(2, "step0"))
    assert (await journal.sharing.turns()).ready == [A]
    assert await quotas.take(A, [SLOW, WORKSPACE]) == Slot()


async def test_who_wants_much_is_not_passed_over_for_those_who_want_little(
    journal: Journal, advance: Callable[[int], None]
) -> None:
    quotas = journal.sharing.quotas
    tokens = Quota(100, 1_000)
    assert await quotas.take(A, [Use("tokens", tokens, 60)]) == Slot()
    assert isinstance(await quotas.take(B, [Use("tokens", tokens, 80)]), Later)
    assert isinstance(await quotas.take(C, [Use("tokens", tokens, 10)]), Later)
    await quotas.used(A)
    advance(1_000)
    assert (await journal.sharing.turns()).ready == [B, C]


async def test_who_has_lost_their_place_in_a_line_is_seen_by_their_process(
    journal: Journal,
) -> None:
    """Others took it for dead while it was stopped. That it has still parked a place in a quota,
    behind the lock that it waits for, brings it no turn."""
    sharing = journal.sharing
    await sharing.locks.acquire(A, [CALENDAR])
    await sharing.quotas.take(B, [TWO_A_SECOND])
    assert await sharing.locks.acquire(B, [CALENDAR]) == Taken("calendar:me")
    await sharing.quotas.stand_back(B)
    assert B in await sharing.standing()
    await sharing.locks.release(B)
    assert B not in await sharing.standing()


async def test_what_was_reserved_and_not_spent_is_there_for_the_next(journal: Journal) -> None:
    quotas = journal.sharing.quotas
    tokens = Quota(100, 1_000)
    await quotas.take(A, [Use("tokens", tokens, 90)])
    assert isinstance(await quotas.take(B, [Use("tokens", tokens, 70)]), Later)
    await quotas.used(A, {"tokens": 31})
    assert (await journal.sharing.turns()).ready == []
    await quotas.leave(B)
    assert await quotas.take(C, [Use("tokens", tokens, 69)]) == Slot()
    assert isinstance(await quotas.take(D, [Use("tokens", tokens, 1)]), Later)


async def test_who_spent_more_than_was_reserved_makes_the_next_wait(
    journal: Journal, advance: Callable[[int], None]
) -> None:
    quotas = journal.sharing.quotas
    tokens = Quota(100, 1_000)
    await quotas.take(A, [Use("tokens", tokens, 10)])
    await quotas.used(A, {"tokens": 130})
    assert isinstance(await quotas.take(B, [Use("tokens", tokens, 1)]), Later)
    advance(1_000)
    assert (await journal.sharing.turns()).ready == [B]


async def test_no_more_is_granted_than_the_api_says_is_left(
    journal: Journal, advance: Callable[[int], None]
) -> None:
    quotas = journal.sharing.quotas
    wide = Use("api:mail", Quota(100, 1_000))
    await quotas.take(A, [wide])
    await quotas.used(A)
    await quotas.heed("api:mail", Left(2, 5_000))
    answers = [await quotas.take(h, [wide]) for h in (B, C, D)]
    assert answers == [Slot(), Slot(), Later("api:mail", ANY)]
    advance(4_999)
    assert (await journal.sharing.turns()).ready == []
    advance(1)
    assert (await journal.sharing.turns()).ready == [D]


async def test_what_the_api_had_not_counted_yet_is_not_granted_again(journal: Journal) -> None:
    quotas = journal.sharing.quotas
    wide = Use("api:mail", Quota(100, 1_000))
    for holder in (A, B):
        await quotas.take(holder, [wide])
    await quotas.used(A)
    await quotas.heed("api:mail", Left(1, 5_000))
    assert isinstance(await quotas.take(C, [wide]), Later)


async def test_of_what_nobody_has_limited_the_api_says_how_much(
    journal: Journal, advance: Callable[[int], None]
) -> None:
    quotas = journal.sharing.quotas
    free = Use("api:open", UNLIMITED)
    for number in range(50):
        assert await quotas.take(Holder(1, f"step{number}"), [free]) == Slot()
        await quotas.used(Holder(1, f"step{number}"))
    await quotas.heed("api:open", Left(0, 2_000))
    assert isinstance(await quotas.take(A, [free]), Later)
    advance(2_000)
    assert (await journal.sharing.turns()).ready == [A]


def said(execution: int, seq: int, *, epoch: int = 1, **more: Any) -> Append:
    return Append(execution=execution, epoch=epoch, first_seq=seq, events=[(seq, b"event")], **more)


def new() -> NewExecution:
    return NewExecution(query="?", user="me", created_at_ms=0)


async def tokens_of(journal: Journal, holder: Holder) -> tuple[int, ...]:
    held = await journal.sharing.locks.acquire(holder, [CALENDAR])
    assert isinstance(held, Held)
    return held.tokens


async def test_who_has_the_lease_may_write_under_it(journal: Journal) -> None:
    await journal.commit([said(1, 1, create=new())])
    tokens = await tokens_of(journal, Holder(1, "step"))
    kept = await journal.commit([said(1, 2, fences=tokens)])
    assert kept.first_positions[0] is not None


async def test_a_stale_holder_writes_nothing_and_its_execution_is_nobodys(backend: Any) -> None:
    """It was taken for dead, others had what it held, and it goes on."""
    stale, mine = backend.open(), backend.open()
    await stale.commit([said(1, 1, create=new()), said(2, 1, create=new())])
    tokens = await tokens_of(stale, Holder(1, "step"))
    await mine.sharing.locks.acquire(A, [CALENDAR])
    backend.die(stale)
    assert isinstance(await mine.sharing.locks.acquire(A, [CALENDAR]), Held)
    backend.come_back(stale)
    kept = await stale.commit([said(1, 2, fences=tokens), said(2, 2)])
    assert kept.first_positions[0] is None
    assert kept.first_positions[1] is not None
    assert len(await mine.read(1)) == 1
    adopted = await mine.adopt(1)
    assert adopted is not None
    assert adopted.epoch == 2


async def test_what_was_kept_under_a_lease_is_recognised_when_the_lease_is_gone(
    journal: Journal,
) -> None:
    """Nobody knew whether it was; the lease was given back since."""
    await journal.commit([said(1, 1, create=new())])
    tokens = await tokens_of(journal, Holder(1, "step"))
    first = await journal.commit([said(1, 2, fences=tokens)])
    await journal.sharing.release(Holder(1, "step"))
    assert await journal.commit([said(1, 2, fences=tokens)]) == first
    after = await journal.commit([said(1, 3)])
    assert after.first_positions[0] is not None


async def test_a_lease_that_another_step_has_is_no_fence(journal: Journal) -> None:
    await journal.commit([said(1, 1, create=new())])
    tokens = await tokens_of(journal, Holder(1, "step"))
    await journal.sharing.release(Holder(1, "step"))
    assert await tokens_of(journal, Holder(2, "step")) > tokens
    kept = await journal.commit([said(1, 2, fences=tokens)])
    assert kept.first_positions == [None]


async def test_retention_takes_an_ended_execution_out_of_all_lines(journal: Journal) -> None:
    ended = ExecutionRow(status="COMPLETED", ended=True)
    await journal.commit([said(1, 1, create=new(), row=ended, release=True)])
    left, other = Holder(1, "left"), Holder(1, "other")
    await journal.sharing.locks.acquire(left, [CALENDAR])
    await journal.sharing.quotas.take(left, [TWO_A_SECOND])
    await journal.sharing.quotas.take(other, [TWO_A_SECOND])
    assert isinstance(await journal.sharing.quotas.take(A, [TWO_A_SECOND]), Later)
    assert (await journal.gc(ended_before_ms=1_000)).executions == 1
    assert isinstance(await journal.sharing.locks.acquire(A, [CALENDAR]), Held)
    assert (await journal.sharing.turns()).ready == [A]


async def test_what_a_removed_execution_used_counts_until_its_window_is_over(
    journal: Journal, advance: Callable[[int], None]
) -> None:
    ended = ExecutionRow(status="COMPLETED", ended=True)
    await journal.commit([said(1, 1, create=new(), row=ended, release=True)])
    for step in ("one", "two"):
        await journal.sharing.quotas.take(Holder(1, step), [TWO_A_SECOND])
        await journal.sharing.quotas.used(Holder(1, step))
    await journal.gc(ended_before_ms=1_000)
    assert isinstance(await journal.sharing.quotas.take(A, [TWO_A_SECOND]), Later)
    advance(1_000)
    assert (await journal.sharing.turns()).ready == [A]


async def test_who_has_and_who_waits_is_seen(
    journal: Journal, advance: Callable[[int], None], backend: Any
) -> None:
    began_ms = backend.clock.now_ms()
    await journal.sharing.locks.acquire(A, [READ_CALENDAR])
    advance(7)
    await journal.sharing.locks.acquire(B, [CALENDAR])
    for holder in (A, B, C):
        await journal.sharing.quotas.take(holder, [TWO_A_SECOND])
    await journal.sharing.quotas.used(A)
    await journal.sharing.quotas.heed("api:mail", Left(9, 500))
    assert await journal.sharing.locks.standing() == [
        Claim("calendar:me", "shared", A, True, began_ms),
        Claim("calendar:me", "exclusive", B, False, began_ms + 7),
    ]
    assert await journal.sharing.quotas.standing() == [
        Standing("api:mail", Quota(2, 1_000), 2, 1, began_ms + 7, 8, began_ms + 507)
    ]
    advance(1_000)
    (later,) = await journal.sharing.quotas.standing()
    assert (later.taken, later.left) == (1, None)


@pytest.mark.parametrize("backend", ["sqlite", "postgresql"], indirect=True)
async def test_the_doctor_names_what_is_held_by_what_has_ended(backend: Any) -> None:
    """Of what is on disk: who ends with its process leaves nothing to look at."""
    journal = backend.open()
    await journal.commit([said(1, 1, create=new())])
    await tokens_of(journal, Holder(1, "step"))
    states = {name: state for name, state, _ in journal.check(deep=False)}
    assert states["sharing"] == "ok"
    ended = ExecutionRow(status="COMPLETED", ended=True)
    await journal.commit([said(1, 2, row=ended, release=True)])
    states = {name: state for name, state, _ in journal.check(deep=False)}
    assert states["sharing"] == "warning"


ONE_A_SECOND = Use("api:mail", Quota(1, 1_000))
CALLS = Bound("day.calls", "day:2026-11-21", 3, 1)


async def test_who_waits_for_a_budget_is_given_no_place_that_it_can_not_use_yet(
    journal: Journal, advance: Callable[[int], None]
) -> None:
    """Budgets are asked for before quotas: its turn would come again and again, for nothing, and
    others would wait behind it."""
    budgets, quotas = journal.sharing.budgets, journal.sharing.quotas
    await quotas.take(A, [ONE_A_SECOND])
    await quotas.used(A)
    assert isinstance(await quotas.take(B, [ONE_A_SECOND]), Later)
    first, second = (BudgetClaim(holder, 1, n, True) for n, holder in enumerate((C, B)))
    await budgets.reserve(first, Amounts(calls=1), [CALLS.account], [CALLS])
    assert isinstance(
        await budgets.reserve(second, Amounts(calls=1), [CALLS.account], [CALLS]), Busy
    )
    advance(1_000)
    assert B not in (await journal.sharing.turns()).ready
    assert isinstance(await quotas.take(D, [ONE_A_SECOND]), Slot)
    await budgets.give_back(first)
    assert list((await journal.sharing.turns()).ready) == [B]


async def test_who_waits_for_a_budget_is_not_told_that_a_resource_is_free(journal: Journal) -> None:
    budgets, locks = journal.sharing.budgets, journal.sharing.locks
    await locks.acquire(A, [CALENDAR])
    await locks.acquire(B, [CALENDAR])
    first, second = (BudgetClaim(holder, 1, n, True) for n, holder in enumerate((C, B)))
    await budgets.reserve(first, Amounts(calls=1), [CALLS.account], [CALLS])
    await budgets.reserve(second, Amounts(calls=1), [CALLS.account], [CALLS])
    await locks.release(A)
    assert B not in (await journal.sharing.turns()).ready
    assert isinstance(await locks.acquire(D, [CALENDAR]), Held)
