"""An open workspace's log and metrics: whose a line is, and what has ended is counted."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import logging
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest
from tests.contracts.rows import eventually

from tizmor import AgentContext, Tizmor, agent
from tizmor.core.errors import StorageFailed, UnknownExecution, UserError
from tizmor.core.plan import Plan, Step
from tizmor.engine.views import LogLineView, Status
from tizmor.observability import counting, keeping
from tizmor.ports.logs import LogLine
from tizmor.ports.metrics import Measure
from tizmor.ports.vocabulary import Value
from tizmor.storage.shared.logs import SharedLogs


class Said(Value, frozen=True):
    text: str = ""


@agent(name="Writer")
async def writer(text: str, *, ctx: AgentContext) -> Said:
    """Write lines in each way that there is."""
    ctx.log.info(f"began {text}", size=len(text))
    logging.getLogger("some.library").warning("asked for %s", text)
    await asyncio.to_thread(logging.getLogger("some.thread").warning, "in a thread")
    if text == "secret":
        ctx.log.error(f"it is {ctx.secret('door')}", to="dana@example.com")
    return Said(text=text)


def plan(*texts: str) -> Plan:
    steps = [Step(id=t, agent="Writer", arguments={"text": t}) for t in texts]
    return Plan(goal="write", steps=tuple(steps))


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "COLLECT_S", 0.0)
    monkeypatch.setenv("TIZMOR_SECRET_door", "open sesame")


@contextlib.asynccontextmanager
async def opened(folder: Path, interface: str = "tests") -> AsyncIterator[Tizmor]:
    async with Tizmor.open(folder, agents=[writer], interface=interface) as tizmor:
        yield tizmor


async def run(tizmor: Tizmor, *texts: str) -> str:
    started = await tizmor.start("write", plan=plan(*texts))
    assert (await tizmor.result(started.id)).status is Status.COMPLETED
    return started.id


async def lines_of(
    folder: Path, execution: str | None = None, **query: str
) -> Sequence[LogLineView]:
    """As a process sees them that only looks."""
    async with Tizmor.open(folder, write=False) as tizmor:
        return await tizmor.log_lines(execution, **query)  # type: ignore[arg-type]


async def test_every_line_of_a_call_is_tied_to_its_step_and_trace(tmp_path: Path) -> None:
    async with opened(tmp_path) as tizmor:
        first, second = await run(tizmor, "a", "b"), await run(tizmor, "a")
        spans = await tizmor.trace(first)
    lines = await lines_of(tmp_path, first)
    told = {(line.step, line.logger, line.message) for line in lines}
    assert told == {
        (step, *said)
        for step in ("a", "b")
        for said in (
            ("agent", f"began {step}"),
            ("some.library", f"asked for {step}"),
            ("some.thread", "in a thread"),
        )
    }
    assert {line.execution_id for line in lines} == {first}
    assert {line.attempt for line in lines} == {1}
    calls = {
        span.span_id: span.attributes["tizmor.step.id"]
        for span in spans
        if span.name.startswith("execute_tool")
    }
    assert {(line.trace_id, calls[line.span_id or ""]) for line in lines} == {
        (spans[0].trace_id, "a"),
        (spans[0].trace_id, "b"),
    }
    assert len(await lines_of(tmp_path, second)) == 3


async def test_secrets_and_people_are_not_in_the_log(tmp_path: Path) -> None:
    async with opened(tmp_path) as tizmor:
        execution = await run(tizmor, "secret")
    [line] = await lines_of(tmp_path, execution, level="error")
    assert (line.message, line.fields) == ("it is •••", {"to": "[e-mail]"})
    for file in (tmp_path / ".tizmor").glob("tizmor.db*"):
        assert b"sesame" not in file.read_bytes()


async def test_two_workspaces_in_one_process_keep_their_lines_apart(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    one.mkdir()
    other.mkdir()
    async with opened(one) as first, opened(other) as second:
        await run(first, "a")
        await run(second, "b")
    assert {line.step for line in await lines_of(one)} == {"a"}
    assert {line.step for line in await lines_of(other)} == {"b"}


async def test_lines_are_followed_as_they_are_kept_also_by_another_process(
    tmp_path: Path,
) -> None:
    async with opened(tmp_path) as tizmor, opened(tmp_path) as other, asyncio.timeout(20):
        await run(tizmor, "before")
        following = other.follow_log(level="warning", search="asked")
        coming = asyncio.ensure_future(anext(following))
        await asyncio.sleep(0)
        while not coming.done():
            execution = await run(tizmor, "a")
            await asyncio.wait([coming], timeout=1)
        assert (coming.result().execution_id, coming.result().message) == (
            execution,
            "asked for a",
        )
        await following.aclose()  # type: ignore[attr-defined]


async def test_a_log_that_cant_be_kept_stops_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(self: SharedLogs, first: int, lines: Sequence[LogLine]) -> None:
        raise StorageFailed("the disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(SharedLogs, "write", refuse)
        async with opened(tmp_path) as tizmor:
            for text in ("a", "b", "c"):
                await run(tizmor, text)
    assert await lines_of(tmp_path) == []


async def test_what_cant_be_looked_for_is_refused(tmp_path: Path) -> None:
    async with opened(tmp_path) as tizmor:
        with pytest.raises(UserError, match="no level"):
            await tizmor.log_lines(level="loud")
        with pytest.raises(UserError, match="200"):
            await tizmor.log_lines(search="x" * 201)
        with pytest.raises(UnknownExecution):
            await tizmor.log_lines("06b1x3k8q9r2t")


async def test_what_has_ended_is_counted_while_the_process_lives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counting, "EVERY_S", 0.01)
    async with opened(tmp_path) as tizmor:
        await run(tizmor, "a", "b")
        totals = await eventually(tizmor.totals)
        runs = [c for c in totals if c.measure == Measure.STEP_RUN]
        assert {(c.label, c.outcome) for c in runs} == {("Writer", "succeeded")}
        assert sum(c.number for c in runs) == 2
        now = dt.datetime.now(dt.UTC)
        hour = dt.timedelta(hours=1)
        points = await tizmor.series(now - hour, now + hour, step=dt.timedelta(minutes=1))
        assert sum(c.number for c in points if c.measure == Measure.EXECUTION) == 1


async def test_what_gc_removes_has_been_counted(tmp_path: Path) -> None:
    async with opened(tmp_path) as tizmor:
        await run(tizmor, "a")
    async with Tizmor.open(tmp_path, write=False) as tizmor:
        assert (await tizmor.gc(older_than=dt.timedelta(0))).executions == 1
        assert {c.number for c in await tizmor.totals() if c.measure == Measure.EXECUTION} == {1}


async def test_a_series_is_of_whole_minutes_and_bounded(tmp_path: Path) -> None:
    now = dt.datetime.now(dt.UTC)
    minute = dt.timedelta(minutes=1)
    async with opened(tmp_path) as tizmor:
        for start, end, step in (
            (now, now + minute, dt.timedelta(seconds=90)),
            (now, now + minute, dt.timedelta(0)),
            (now, now, minute),
            (now - 2_000 * minute, now, minute),
        ):
            with pytest.raises(UserError):
                await tizmor.series(start, end, step=step)
