"""Requests that are carried out once: in memory, on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.contracts.rows import created

from tizmor.ports.answers import KEPT_MS, Answered, Busy, Claimed, Full, Other
from tizmor.ports.journal import ExecutionRow, Journal

ASKED = b"what was asked"


async def claim(journal: Journal, number: int, *, key: str = "k", asked: bytes = ASKED) -> Any:
    return await journal.sharing.answers.claim("dana", key, asked, execution=number)


async def test_the_first_carries_it_out_and_others_are_told_what_was_answered(
    backend: Any, advance: Callable[[int], None]
) -> None:
    mine, others = backend.open(), backend.open()
    assert await claim(mine, 7) == Claimed(7)
    assert await claim(mine, 8) == Busy()
    assert await claim(others, 9) == Busy()
    await mine.sharing.answers.keep("dana", "k", b"answer")
    assert await claim(mine, 10) == Answered(b"answer")
    assert await claim(others, 11) == Answered(b"answer")


async def test_another_request_with_its_key_is_told_so(
    journal: Journal, advance: Callable[[int], None]
) -> None:
    """While the first is being carried out, and afterwards."""
    await claim(journal, 7)
    assert await claim(journal, 8, asked=b"something else") == Other()
    await journal.sharing.answers.keep("dana", "k", b"answer")
    assert await claim(journal, 8, asked=b"something else") == Other()


async def test_a_key_is_its_callers_own(journal: Journal, advance: Callable[[int], None]) -> None:
    await claim(journal, 7)
    claimed = await journal.sharing.answers.claim("noa", "k", ASKED, execution=8)
    assert claimed == Claimed(8)


async def test_what_a_process_that_died_had_begun_is_gone_on_with_by_its_number(
    backend: Any, advance: Callable[[int], None]
) -> None:
    mine, others = backend.open(), backend.open()
    await claim(mine, 7)
    backend.die(mine)
    assert await claim(others, 8) == Claimed(7)
    assert await claim(others, 9) == Busy()


async def test_what_failed_is_tried_again_with_its_number(
    journal: Journal, advance: Callable[[int], None]
) -> None:
    await claim(journal, 7)
    await journal.sharing.answers.let_go("dana", "k")
    assert await claim(journal, 8) == Claimed(7)
    await journal.sharing.answers.keep("dana", "k", b"answer")
    await journal.sharing.answers.let_go("dana", "k")
    assert await claim(journal, 9) == Answered(b"answer")


async def test_after_a_day_a_key_is_new(journal: Journal, advance: Callable[[int], None]) -> None:
    await claim(journal, 7)
    await journal.sharing.answers.keep("dana", "k", b"answer")
    advance(KEPT_MS - 1)
    assert await claim(journal, 8) == Answered(b"answer")
    advance(1)
    assert await claim(journal, 9) == Claimed(9)


async def test_no_more_keys_are_taken_than_there_is_room_for(
    journal: Journal, advance: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is known is answered all the same; after a day there is room again."""
    monkeypatch.setattr("tizmor.storage.shared.answers.MOST_KEYS", 3)
    for number in range(3):
        assert await claim(journal, number, key=str(number)) == Claimed(number)
    assert await claim(journal, 7, key="one more") == Full()
    await journal.sharing.answers.keep("dana", "1", b"answer")
    assert await claim(journal, 8, key="1") == Answered(b"answer")
    advance(KEPT_MS)
    await claim(journal, 9, key="one more")
    assert await claim(journal, 9, key="one more") == Claimed(9)


async def test_a_claim_that_is_made_again_as_nobody_knew_is_the_same(
    journal: Journal, advance: Callable[[int], None]
) -> None:
    """The transaction may have been kept though nobody was told."""
    assert await claim(journal, 7) == Claimed(7)
    assert await claim(journal, 7) == Claimed(7)


async def test_that_something_was_begun_is_known_when_that_was_removed(
    backend: Any, advance: Callable[[int], None]
) -> None:
    journal = backend.open()
    await claim(journal, 7)
    await journal.sharing.answers.let_go("dana", "k")
    over = ExecutionRow(status="COMPLETED", ended=True, updated_at_ms=1)
    await journal.commit([created(7, row=over, release=True)])
    assert (await journal.gc(ended_before_ms=2)).executions == 1
    assert await claim(journal, 8) == Claimed(7, gone=True)
