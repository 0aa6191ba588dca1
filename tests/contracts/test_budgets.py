"""Budgets that processes keep together: in memory, on SQLite and on PostgreSQL."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest

from tizmor.core.budgets import Amounts
from tizmor.core.errors import OwnershipLost
from tizmor.ports.budgets import Account, Bound, Busy, Claim, Lacking, Reserved
from tizmor.ports.journal import AgentFigures, Append, Journal, NewExecution, StepRow
from tizmor.ports.locks import Holder

A, B, C = (Holder(1000 + number, "step") for number in range(3))
DOLLAR = Bound("day.usd", "day:2026-11-21", 1, 1_000_000)
MOST = Amounts(tokens=100, microusd=600_000, ms=1_000, calls=1)
CHEAP = Amounts(microusd=400_000, calls=1)
ACCOUNTS = ("day:2026-11-21", "workspace")


def claim(holder: Holder, number: int, *, attempt: int = 1, intent_first: bool = False) -> Claim:
    return Claim(holder, attempt, number, intent_first)


async def reserve(journal: Journal, one: Claim, wanted: Amounts = MOST) -> Any:
    return await journal.sharing.budgets.reserve(one, wanted, ACCOUNTS, [DOLLAR])


async def standing(journal: Journal) -> tuple[Amounts, Amounts]:
    known = await journal.sharing.budgets.standing(["workspace", "nobody's"])
    assert [account.name for account in known] == ["workspace"]
    return known[0].spent, known[0].reserved


async def test_what_is_reserved_is_settled_with_what_was_used(journal: Journal) -> None:
    first = claim(A, 1)
    assert await reserve(journal, first) == Reserved(MOST)
    assert await standing(journal) == (Amounts(), MOST)
    used = Amounts(tokens=40, microusd=120_000, ms=300, calls=1)
    await journal.sharing.budgets.settle(first, used)
    assert await standing(journal) == (used, Amounts())


async def test_a_call_that_is_not_made_gives_all_of_it_back(journal: Journal) -> None:
    await reserve(journal, claim(A, 1))
    await journal.sharing.budgets.give_back(claim(A, 1))
    assert await standing(journal) == (Amounts(), Amounts())


async def test_done_twice_is_as_done_once(journal: Journal) -> None:
    for _ in range(2):
        assert await reserve(journal, claim(A, 1)) == Reserved(MOST)
    assert await standing(journal) == (Amounts(), MOST)
    for _ in range(2):
        await journal.sharing.budgets.settle(claim(A, 1), MOST)
    assert await standing(journal) == (MOST, Amounts())


async def test_calls_side_by_side_never_overrun_a_budget(backend: Any) -> None:
    """Twenty processes' calls, each of which may use a quarter of it."""
    journals = [backend.open() for _ in range(3)]
    quarter = Amounts(microusd=250_000, calls=1)
    answers = await asyncio.gather(
        *(reserve(journals[n % 3], claim(Holder(n + 1, "step"), n + 1), quarter) for n in range(20))
    )
    assert sum(isinstance(answer, Reserved) for answer in answers) == 4
    assert sum(isinstance(answer, Busy) for answer in answers) == 16
    assert await standing(journals[0]) == (Amounts(), Amounts(microusd=1_000_000, calls=4))


async def test_what_never_suffices_is_told_at_once(journal: Journal) -> None:
    await reserve(journal, claim(A, 1))
    await journal.sharing.budgets.settle(claim(A, 1), MOST)
    assert await reserve(journal, claim(B, 2)) == Lacking(DOLLAR, 600_000, 600_000)
    assert await reserve(journal, claim(B, 3), CHEAP) == Reserved(CHEAP)


async def test_who_may_have_enough_later_waits_and_is_told(backend: Any) -> None:
    mine, others = backend.open(), backend.open()
    await reserve(mine, claim(A, 1))
    assert await reserve(others, claim(B, 1)) == Busy(DOLLAR)
    assert (await others.sharing.turns()).ready == []
    await mine.sharing.budgets.settle(claim(A, 1), Amounts(microusd=100_000, calls=1))
    assert (await others.sharing.turns()).ready == [B]
    assert await reserve(others, claim(B, 2)) == Reserved(MOST)
    assert (await others.sharing.turns()).ready == []


async def test_who_waits_in_vain_is_told_too(backend: Any) -> None:
    mine, others = backend.open(), backend.open()
    await reserve(mine, claim(A, 1))
    await reserve(others, claim(B, 1))
    await mine.sharing.budgets.settle(claim(A, 1), MOST)
    assert (await others.sharing.turns()).ready == [B]
    assert isinstance(await reserve(others, claim(B, 2)), Lacking)


async def test_who_came_first_is_not_overtaken(journal: Journal) -> None:
    await reserve(journal, claim(A, 1), CHEAP)
    assert isinstance(await reserve(journal, claim(B, 2), Amounts(microusd=700_000)), Busy)
    assert isinstance(await reserve(journal, claim(C, 3), CHEAP), Busy)


async def test_a_place_in_line_is_given_up_with_the_step(journal: Journal) -> None:
    await reserve(journal, claim(A, 1))
    await reserve(journal, claim(B, 2))
    await journal.sharing.release(B)
    await journal.sharing.budgets.give_back(claim(A, 1))
    assert (await journal.sharing.turns()).ready == []


async def test_what_a_dead_process_had_reserved_counts_in_full(backend: Any) -> None:
    """It may have been used: nobody knows."""
    dead, mine = backend.open(), backend.open()
    await reserve(dead, claim(A, 1))
    backend.die(dead)
    assert await reserve(mine, claim(B, 1)) == Lacking(DOLLAR, 600_000, 600_000)
    assert await standing(mine) == (MOST, Amounts())


async def test_a_call_of_the_dead_that_never_began_gives_it_back(backend: Any) -> None:
    """Its intent isn't in the journal, or the attempt would be another."""
    dead, mine = backend.open(), backend.open()
    await reserve(dead, claim(A, 1, attempt=2, intent_first=True))
    backend.die(dead)
    await reserve(mine, claim(B, 1))
    again = claim(A, 2, attempt=2, intent_first=True)
    assert await reserve(mine, again) == Reserved(MOST)
    assert await standing(mine) == (Amounts(), MOST)


@pytest.mark.parametrize(
    "again",
    [claim(A, 2, attempt=3, intent_first=True), claim(A, 2, attempt=2)],
    ids=["its intent was durable", "a read begins without a word"],
)
async def test_a_call_of_the_dead_that_may_have_begun_stays_spent(
    backend: Any, again: Claim
) -> None:
    dead, mine = backend.open(), backend.open()
    before = again._replace(attempt=2, number=1)
    await reserve(dead, before, CHEAP)
    backend.die(dead)
    assert await reserve(mine, again, CHEAP) == Reserved(CHEAP)
    assert await standing(mine) == (CHEAP, CHEAP)


@pytest.mark.parametrize("twice", [False, True])
async def test_who_takes_an_execution_over_gives_back_what_was_never_begun(
    backend: Any, twice: bool
) -> None:
    """And what may have been used is spent, be its process dead or not; all of that once."""
    former, mine = backend.open(), backend.open()
    never, began, read = (Holder(A.execution, name) for name in ("never", "began", "read"))
    own = Holder(A.execution, "own")
    for number, holder in enumerate((never, began, read)):
        one = claim(holder, number, attempt=2, intent_first=holder is not read)
        assert await reserve(former, one, CHEAP._replace(microusd=1)) == Reserved(
            CHEAP._replace(microusd=1)
        )
    await reserve(former, claim(B, 9), CHEAP._replace(microusd=10))
    await reserve(mine, claim(own, 1, attempt=2, intent_first=True), CHEAP._replace(microusd=100))
    for _ in range(1 + twice):
        begun = {"never": 1, "began": 2, "own": 1}
        await mine.sharing.budgets.take_over({A.execution: begun, B.execution + 1: {}})
    assert await standing(mine) == (
        Amounts(microusd=2, calls=2),
        Amounts(microusd=110, calls=2),
    )
    await former.sharing.budgets.settle(claim(began, 1), Amounts(calls=1))
    assert (await standing(mine))[0] == Amounts(microusd=1, calls=2)


async def test_of_time_there_is_as_much_as_is_left(journal: Journal) -> None:
    short = Bound("execution.time", "execution:1", 2, 1_500)
    budgets = journal.sharing.budgets
    wanted = Amounts(ms=1_000, calls=1)
    assert await budgets.reserve(claim(A, 1), wanted, ["execution:1"], [short]) == Reserved(wanted)
    await budgets.settle(claim(A, 1), wanted)
    left = Amounts(ms=500, calls=1)
    assert await budgets.reserve(claim(A, 2), wanted, ["execution:1"], [short]) == Reserved(left)
    await budgets.settle(claim(A, 2), left)
    answer = await budgets.reserve(claim(A, 3), wanted, ["execution:1"], [short])
    assert answer == Lacking(short, 1_500, 1_000)
    assert await budgets.standing(["execution:1"]) == [
        Account("execution:1", Amounts(ms=1_500, calls=2), Amounts())
    ]


async def test_what_steps_took_and_cost_is_summed_up_by_agent(journal: Journal) -> None:
    done = StepRow(
        step="a", agent="Model", status="succeeded", attempt=2, queue_ms=5, wait_ms=7, run_ms=11,
        tokens=13, microusd=17, cached=0,
    )  # fmt: skip
    again = msgspec.structs.replace(done, step="b", status="failed", attempt=1, tokens=0, cached=1)
    never = StepRow(step="c", agent="Model", status="skipped")
    other = StepRow(step="d", agent="Any", status="succeeded", attempt=1, run_ms=3)
    create = NewExecution(query="q", user="me", created_at_ms=1)
    first = Append(
        execution=7, epoch=1, first_seq=1, events=[(1, b"{}")], create=create,
        steps=[msgspec.structs.replace(done, run_ms=1), again, never, other],
    )  # fmt: skip
    await journal.commit([first])
    await journal.commit(
        [Append(execution=7, epoch=1, first_seq=2, events=[(2, b"{}")], steps=[done])]
    )
    some, model = await journal.figures()
    assert (some.agent, some.steps, some.run_ms) == ("Any", 1, 3)
    assert model == AgentFigures(
        agent="Model", steps=2, succeeded=1, failed=1, attempts=3, queue_ms=10, wait_ms=14,
        run_ms=22, tokens=13, microusd=34, cached=1,
    )  # fmt: skip


async def test_who_has_lost_an_execution_takes_nothing_away_from_who_has_it(backend: Any) -> None:
    """A process that was stopped for long, and goes on, doesn't know yet that another makes the
    call in its place: each says what became of its own."""
    stale, owner = backend.open(), backend.open()
    mine, lost = claim(A, 1, intent_first=True), claim(A, 7, intent_first=True)
    await reserve(owner, mine, CHEAP)
    assert await reserve(stale, lost, CHEAP) == Reserved(CHEAP)
    await stale.sharing.budgets.give_back(lost)
    await owner.sharing.budgets.settle(mine, CHEAP)
    assert await standing(owner) == (CHEAP, Amounts())


async def test_who_comes_back_without_its_execution_touches_no_reservation(backend: Any) -> None:
    """Stopped past its lease before it reserved, or before it said that it had taken over: neither
    ends what its successor has reserved, be that one dead by now."""
    stopped, successor, third = backend.open(), backend.open(), backend.open()
    create = NewExecution(query="?", user="me", created_at_ms=0)
    begun = Append(
        execution=A.execution, epoch=1, first_seq=1, events=[(1, b"event")], create=create
    )
    await stopped.commit([begun])
    await reserve(stopped, claim(C, 1), CHEAP)
    backend.die(stopped)
    assert await successor.adopt(A.execution) is not None
    await reserve(successor, claim(A, 1, intent_first=True), CHEAP)
    backend.die(successor)
    backend.come_back(stopped)
    await stopped.sharing.budgets.take_over({A.execution: {A.step: 0}})
    with pytest.raises(OwnershipLost):
        await reserve(stopped, claim(A, 7, intent_first=True), CHEAP)
    spent, reserved = await standing(third)
    assert spent.calls + reserved.calls == 2


async def test_what_is_abandoned_and_was_not_settled_counts_as_spent(journal: Journal) -> None:
    await reserve(journal, claim(A, 1))
    await journal.sharing.abandon(A.execution)
    assert await standing(journal) == (MOST, Amounts())
