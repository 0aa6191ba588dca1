"""Circuit breakers that processes share: in memory, on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tizmor.ports.breakers import Breaking, Open, Standing, Through
from tizmor.ports.journal import Journal
from tizmor.ports.locks import Holder

A, B, C = (Holder(1000 + number, "step") for number in range(3))
MAIL = ("agent:Send", "api:mail")
RULE = Breaking(failures=3, rate=0.5, calls=10, pause_s=30)
QUIET, TROUBLED = Through(quiet=True), Through(quiet=False)


async def fail(journal: Journal, times: int = 3, well: int = 0) -> None:
    for _ in range(times):
        await journal.sharing.breakers.enter(A, MAIL)
        await journal.sharing.breakers.ended(A, MAIL, RULE, failed=True, well=well)


async def states(journal: Journal) -> dict[str, str]:
    return {b.name: b.state for b in await journal.sharing.breakers.standing()}


async def test_while_nothing_fails_it_is_closed_and_quiet(journal: Journal) -> None:
    assert await journal.sharing.breakers.enter(A, MAIL) == QUIET
    assert await states(journal) == {}


async def test_failures_in_a_row_open_it_for_all_processes(
    backend: Any, advance: Callable[[int], None]
) -> None:
    mine, others = backend.open(), backend.open()
    await fail(mine, 2)
    assert await others.sharing.breakers.enter(B, MAIL) == TROUBLED
    await fail(mine, 1)
    answer = await others.sharing.breakers.enter(B, MAIL)
    assert answer == Open("agent:Send", backend.clock.now_ms() + 30_000)
    until_ms = backend.clock.now_ms() + 30_000
    assert await others.sharing.breakers.standing() == [
        Standing("agent:Send", "open", 3, until_ms),
        Standing("api:mail", "open", 3, until_ms),
    ]


async def test_a_call_that_goes_well_ends_the_row(journal: Journal) -> None:
    await fail(journal, 2)
    await journal.sharing.breakers.ended(B, MAIL, RULE, failed=False)
    await fail(journal, 2)
    assert set((await states(journal)).values()) == {"closed"}


async def test_too_large_a_part_that_fails_opens_it(journal: Journal) -> None:
    """Calls that went well in between, of which nobody was told until now, end each row."""
    await fail(journal, 4, well=1)
    assert set((await states(journal)).values()) == {"closed"}
    await fail(journal, 1, well=1)
    assert set((await states(journal)).values()) == {"open"}


async def test_when_the_pause_is_over_one_call_tries_it(
    backend: Any, advance: Callable[[int], None]
) -> None:
    mine, others = backend.open(), backend.open()
    await fail(mine)
    assert isinstance(await mine.sharing.breakers.enter(B, MAIL), Open)
    assert isinstance(await others.sharing.breakers.enter(C, MAIL), Open)
    turns = await mine.sharing.turns()
    assert turns.ready == []
    assert turns.next_ms == backend.clock.now_ms() + 30_000
    advance(30_000)
    assert (await mine.sharing.turns()).ready == [B]
    assert await mine.sharing.breakers.enter(B, MAIL) == TROUBLED
    assert await others.sharing.breakers.enter(C, MAIL) == Open("agent:Send", None)
    assert set((await states(mine)).values()) == {"half-open"}


async def test_a_trial_that_goes_well_closes_it_for_all(
    backend: Any, advance: Callable[[int], None]
) -> None:
    mine, others = backend.open(), backend.open()
    await fail(mine)
    await others.sharing.breakers.enter(C, MAIL)
    advance(30_000)
    await mine.sharing.breakers.enter(B, MAIL)
    assert (await others.sharing.turns()).ready == []
    await mine.sharing.breakers.ended(B, MAIL, RULE, failed=False)
    assert (await others.sharing.turns()).ready == [C]
    assert await others.sharing.breakers.enter(C, MAIL) == QUIET
    assert (await others.sharing.turns()).ready == []


async def test_a_trial_that_fails_opens_it_for_longer(
    backend: Any, advance: Callable[[int], None]
) -> None:
    journal = backend.open()
    await fail(journal)
    for pause_ms in (60_000, 120_000):
        advance(pause_ms // 2)
        assert await journal.sharing.breakers.enter(B, MAIL) == TROUBLED
        await journal.sharing.breakers.ended(B, MAIL, RULE, failed=True)
        until_ms = backend.clock.now_ms() + pause_ms
        assert await journal.sharing.breakers.enter(C, MAIL) == Open("agent:Send", until_ms)


async def test_a_trial_that_was_not_made_leaves_it_to_the_next(
    backend: Any, advance: Callable[[int], None]
) -> None:
    journal = backend.open()
    await fail(journal)
    advance(30_000)
    await journal.sharing.breakers.enter(B, MAIL)
    await journal.sharing.breakers.enter(C, MAIL)
    await journal.sharing.breakers.ended(B, MAIL, RULE, failed=None)
    assert (await journal.sharing.turns()).ready == [C]
    assert await journal.sharing.breakers.enter(C, MAIL) == TROUBLED


async def test_what_a_dead_process_was_trying_another_tries(
    backend: Any, advance: Callable[[int], None]
) -> None:
    dead, mine = backend.open(), backend.open()
    await fail(dead)
    advance(30_000)
    assert await dead.sharing.breakers.enter(B, MAIL) == TROUBLED
    assert isinstance(await mine.sharing.breakers.enter(C, MAIL), Open)
    backend.die(dead)
    assert (await mine.sharing.turns()).ready == [C]
    assert await mine.sharing.breakers.enter(C, MAIL) == TROUBLED


async def test_a_place_in_line_is_given_up_with_the_step(
    backend: Any, advance: Callable[[int], None]
) -> None:
    journal = backend.open()
    await fail(journal)
    await journal.sharing.breakers.enter(B, MAIL)
    await journal.sharing.release(B)
    advance(30_000)
    assert (await journal.sharing.turns()).ready == []


async def test_while_a_call_of_its_own_is_held_a_process_has_to_ask_for_the_others(
    journal: Journal, advance: Callable[[int], None]
) -> None:
    """Or the held one would go on unasked, and stand in line for ever."""
    breakers = journal.sharing.breakers
    await fail(journal)
    assert isinstance(await breakers.enter(B, MAIL), Open)
    advance(30_000)
    assert await breakers.enter(A, MAIL) == TROUBLED
    await breakers.ended(A, MAIL, RULE, failed=False)
    assert await breakers.enter(C, MAIL) == TROUBLED
    assert await breakers.enter(B, MAIL) == QUIET
    assert B not in await journal.sharing.standing()


async def test_who_will_not_call_stands_in_no_line(journal: Journal) -> None:
    await fail(journal)
    assert isinstance(await journal.sharing.breakers.enter(B, MAIL), Open)
    await journal.sharing.breakers.ended(B, MAIL, RULE, failed=None)
    assert B not in await journal.sharing.standing()
