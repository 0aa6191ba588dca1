"""What processes on one database share: in memory, on SQLite and on PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from tizmor.core.plan import Access, Resource
from tizmor.ports.journal import Journal
from tizmor.ports.locks import Held, Holder, Taken
from tizmor.ports.quotas import Later, Quota, Slot, Use
from tizmor.storage.postgres import shared as on_postgres

A, B, C, D = (Holder(1000 + number, "step") for number in range(4))
CALENDAR = Resource(name="calendar:me")
READ_CALENDAR = Resource(name="calendar:me", access=Access.SHARED)
FILE = Resource(name="file:a")
TWO_A_SECOND = Use("api:mail", Quota(2, 1_000))


@pytest.fixture
def advance(backend: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Lets time pass for all processes; PostgreSQL's own is set, too."""

    def stand() -> None:
        now = f"SELECT {backend.clock.now_ms()}::bigint"
        monkeypatch.setattr(on_postgres, "_NOW", now)

    def pass_by(ms: int) -> None:
        backend.clock.advance(ms)
        stand()

    stand()
    return pass_by


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


async def test_whose_turn_it_is_is_seen_by_its_own_process(backend: Any) -> None:
    mine, others = backend.open(), backend.open()
    await mine.sharing.locks.acquire(A, [CALENDAR])
    await others.sharing.locks.acquire(B, [CALENDAR])
    assert (await others.sharing.turns()).ready == []
    await mine.sharing.release(A)
    assert (await mine.sharing.turns()).ready == []
    assert (await others.sharing.turns()).ready == [B]


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
    assert set((await journal.sharing.turns()).ready) == {B, C}
    assert isinstance(await quotas.take(A, [TWO_A_SECOND]), Later)
    await quotas.leave(B)
    assert set((await journal.sharing.turns()).ready) == {A, C}


async def test_nobody_is_served_before_the_api_itself_says_so(
    journal: Journal, advance: Callable[[int], None]
) -> None:
    quotas = journal.sharing.quotas
    await quotas.take(A, [TWO_A_SECOND])
    await quotas.heed("api:mail", delay_ms=5_000)
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
    advance(1_000)
    assert await mine.sharing.quotas.take(C, [TWO_A_SECOND]) == Slot()
