"""What calls took, as every journal tells it."""

from __future__ import annotations

from typing import Any

from tests.contracts.test_journal import created

from tizmor.ports.journal import Journal, StepRow


def done(step: str, agent: str = "Find", **more: Any) -> StepRow:
    given = {"status": "succeeded", "attempt": 1, "started_at_ms": 100, "ended_at_ms": 130, **more}
    return StepRow(step=step, agent=agent, **given)


async def test_it_tells_what_calls_took_that_were_made_and_succeeded(journal: Journal) -> None:
    steps = (
        done("metered", run_ms=12, tokens=5, microusd=700),
        done("before_the_meter"),
        done("failed", status="failed"),
        done("kept", attempt=0),
        done("foreseen", attempt=0, started_at_ms=None),
        done("from_the_cache", cached=1),
        done("other", agent="Send"),
        done("running", status="running", ended_at_ms=None),
    )
    await journal.commit([created(1, steps=steps)])
    found = await journal.measured(["Find", "Nobody"], among=100)
    told = sorted((m.agent, m.run_ms, m.tokens, m.microusd) for m in found)
    assert told == [("Find", 12, 5, 700), ("Find", 30, 0, 0)]
    assert await journal.measured([], among=100) == []


async def test_the_newest_executions_are_looked_at_and_a_thousand_calls_of_an_agent(
    journal: Journal,
) -> None:
    for execution in range(1, 4):
        steps = tuple(done(f"s{n:03}", run_ms=execution) for n in range(500))
        await journal.commit([created(execution, steps=steps)])
    found = await journal.measured(["Find"], among=600)
    assert [m.run_ms for m in found] == [3] * 500 + [2] * 500
    assert [m.run_ms for m in await journal.measured(["Find"], among=500)] == [3] * 500
    assert len(await journal.measured(["Find"], among=10_000)) == 1_000
