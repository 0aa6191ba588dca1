"""Log lines, as every storage keeps them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from tests.contracts.rows import created

from tizmor.ports.journal import ExecutionRow, Journal
from tizmor.ports.logs import Level, LogLine, LogQuery
from tizmor.storage.shared import logs

FULL = LogLine(
    at_ms=1_000,
    level=Level.WARNING,
    logger="tizmor.agent",
    message="found 3 of 5",
    fields={"of": 5, "place": {"drive": "לוטוס"}},
    execution=7,
    step="search",
    attempt=2,
    trace_id="ab" * 16,
    span_id="cd" * 8,
)


def line(message: str, **more: Any) -> LogLine:
    return LogLine(
        **({"at_ms": 1_000, "level": Level.INFO, "logger": "x", "message": message} | more)
    )


async def messages(journal: Journal, **query: Any) -> list[str]:
    return [line.message for line in await journal.sharing.logs.read(LogQuery(**query))]


async def test_a_line_is_read_as_it_was_written(journal: Journal) -> None:
    await journal.sharing.logs.write(1, [FULL, line("plain")])
    full, plain = await journal.sharing.logs.read(LogQuery())
    assert msgspec.structs.replace(full, id=0) == FULL
    assert (plain.message, plain.execution, plain.fields) == ("plain", None, {})
    assert 0 < full.id < plain.id == await journal.sharing.logs.last()


async def test_lines_are_kept_once_though_they_are_written_twice(backend: Any) -> None:
    first, second = backend.open(), backend.open()
    for _ in range(2):
        await first.sharing.logs.write(1, [line("a"), line("b")])
    await second.sharing.logs.write(1, [line("another process's")])
    assert await messages(first) == ["a", "b", "another process's"]


async def test_many_lines_are_written_at_once_in_order(journal: Journal) -> None:
    await journal.sharing.logs.write(1, [line(f"{n}") for n in range(333)])
    assert await messages(journal, limit=1_000) == [f"{n}" for n in range(333)]


async def test_lines_are_found_by_execution_level_and_text(journal: Journal) -> None:
    await journal.sharing.logs.write(
        1,
        [
            FULL,
            line("Found nothing", level=Level.ERROR, execution=8),
            line("100% done", execution=7, level=Level.DEBUG),
            line("1000 done", fields={"Where": "Haifa_Port"}),
            line("פגישה עם יואב"),
        ],
    )
    assert await messages(journal, execution=7) == ["found 3 of 5", "100% done"]
    assert await messages(journal, level=Level.WARNING) == ["found 3 of 5", "Found nothing"]
    assert await messages(journal, search="fOUND") == ["found 3 of 5", "Found nothing"]
    assert await messages(journal, search="0% d") == ["100% done"]
    assert await messages(journal, search="a_p") == ["1000 done"]
    assert await messages(journal, search="a-p") == []
    assert await messages(journal, search="יואב") == ["פגישה עם יואב"]
    assert await messages(journal, search="לוטוס") == ["found 3 of 5"]
    assert await messages(journal, search="found", execution=8, level=Level.ERROR) == [
        "Found nothing"
    ]


async def test_pages_go_forward_behind_a_line_and_back_before_one(journal: Journal) -> None:
    await journal.sharing.logs.write(1, [line(f"{n}") for n in range(10)])
    ids = [found.id for found in await journal.sharing.logs.read(LogQuery())]
    assert await messages(journal, limit=3) == ["7", "8", "9"]
    assert await messages(journal, limit=3, before=ids[7]) == ["4", "5", "6"]
    assert await messages(journal, limit=3, after=ids[6]) == ["7", "8", "9"]
    assert await messages(journal, limit=2, after=0) == ["0", "1"]
    assert await messages(journal, after=ids[9]) == []


async def test_old_lines_and_too_many_are_removed(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "MOST_LINES", 5)
    await journal.sharing.logs.write(1, [line(f"{n}", at_ms=n) for n in range(10)])
    assert await journal.sharing.logs.trim(2) == 5
    assert await messages(journal) == ["5", "6", "7", "8", "9"]
    assert await journal.sharing.logs.trim(8) == 3
    assert await messages(journal) == ["8", "9"]
    assert await journal.sharing.logs.trim(8) == 0
    await journal.sharing.logs.write(11, [line("next")])
    assert await messages(journal) == ["8", "9", "next"]


async def test_an_executions_lines_go_with_it(
    journal: Journal, advance: Callable[[int], None]
) -> None:
    ended = ExecutionRow(status="COMPLETED", ended=True, updated_at_ms=1)
    await journal.commit([created(7, row=ended, release=True), created(8)])
    lines = [line("7's", execution=7)] * 3 + [line("8's", execution=8), line("nobody's")]
    await journal.sharing.logs.write(1, lines)
    would = await journal.gc(ended_before_ms=10, dry_run=True)
    assert len(await messages(journal)) == 5
    freed = await journal.gc(ended_before_ms=10)
    assert (would.executions, would.log_lines) == (freed.executions, freed.log_lines) == (1, 3)
    assert await messages(journal) == ["8's", "nobody's"]
