"""Searching executions: in memory, on SQLite and on PostgreSQL."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from tests.contracts.rows import created

from tizmor.ports.journal import ExecutionRow, Journal, NewExecution
from tizmor.ports.search import Sought

QUERIES = ["Meet Yoav", "100% of it", "1000 of it", "meet yoav_2", "תקבע פגישה עם יואב", "a\\b"]


@pytest.fixture
async def filled(journal: Journal) -> Journal:
    """Executions 1 to 6, in turn running and completed, the last one a dry run of dana's."""
    appends = []
    for number, query in enumerate(QUERIES, 1):
        last = number == len(QUERIES)
        status = ExecutionRow(status="COMPLETED" if number % 2 == 0 else "RUNNING", updated_at_ms=1)
        new = NewExecution(
            query=query, user="dana" if last else "me", created_at_ms=number, dry_run=last
        )
        appends.append(msgspec.structs.replace(created(number, row=status), create=new))
    await journal.commit(appends)
    return journal


async def numbers(journal: Journal, limit: int = 50, **sought: Any) -> list[int]:
    found, _ = await journal.search(Sought(**sought), limit=limit)
    return [stored.execution for stored in found]


async def test_each_condition_holds_alone_and_with_others(filled: Journal) -> None:
    assert await numbers(filled) == [6, 5, 4, 3, 2, 1]
    assert await numbers(filled, since=2, before=5) == [4, 3, 2]
    assert await numbers(filled, statuses=("COMPLETED",)) == [6, 4, 2]
    assert await numbers(filled, statuses=("COMPLETED", "RUNNING"), since=5) == [6, 5]
    assert await numbers(filled, user="dana") == [6]
    assert await numbers(filled, dry_run=True) == [6]
    assert await numbers(filled, dry_run=False, statuses=("COMPLETED",)) == [4, 2]
    assert await numbers(filled, user="nobody") == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("MEET", [4, 1]),
        ("100%", [2]),
        ("yoav_", [4]),
        ("פגישה", [5]),
        ("\\", [6]),
        ("'", []),
        ("%", [2]),
    ],
)
async def test_a_text_is_found_as_it_is(filled: Journal, text: str, found: list[int]) -> None:
    """Capitals aside; what stands for other letters elsewhere stands for itself."""
    assert await numbers(filled, text=text) == found


async def test_pages_follow_each_other_with_nothing_lost(filled: Journal) -> None:
    seen: list[int] = []
    before: int | None = 1 << 62
    while before is not None:
        found, before = await filled.search(Sought(before=before, dry_run=False), limit=2)
        seen += [stored.execution for stored in found]
    assert seen == [5, 4, 3, 2, 1]


async def test_a_page_looks_at_so_many_and_the_next_goes_on(
    filled: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is rare is found page by page, each in a bounded time."""
    for module in ("tizmor.storage.search", "tizmor.storage.memory"):
        monkeypatch.setattr(f"{module}.MOST_LOOKED_AT", 2)
    pages: list[list[int]] = []
    before: int | None = 1 << 62
    while before is not None:
        found, before = await filled.search(Sought(before=before, text="Meet"), limit=10)
        pages.append([stored.execution for stored in found])
    assert pages[:3] == [[], [4], [1]]
    assert [number for page in pages for number in page] == [4, 1]
