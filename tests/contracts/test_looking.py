"""What every journal shows of all executions: what is open, and large values by their hash."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from tests.contracts.rows import created, then

from tizmor.ports.journal import ExecutionRow, Journal, OpenMatter, WaitingRow

A, B, C = 1001, 1002, 1003
LARGE = "x" * 5_000


def asked(name: str, at_ms: int, **more: Any) -> WaitingRow:
    given = {"kind": "approval", "state": "open", **more}
    return WaitingRow(id=name, step=None, payload=b"{}", asked_at_ms=at_ms, **given)


async def test_what_is_open_is_listed_over_all_executions(journal: Journal) -> None:
    """By execution, and then in the order in which it was asked; nothing that is decided, of
    another kind, or of an execution that has ended."""
    await journal.commit(
        [
            created(B, waiting=[asked("a1", 7), asked("q1", 1, kind="question")]),
            created(A, waiting=[asked("a1", 9), asked("a2", 3), asked("a3", 1, state="approved")]),
            created(
                C,
                waiting=[asked("a1", 1)],
                row=ExecutionRow(status="COMPLETED", updated_at_ms=1, ended=True),
            ),
        ]
    )
    found = await journal.open_matters("approval", limit=10)
    assert found == [(A, 3, "a2"), (A, 9, "a1"), (B, 7, "a1")]
    assert await journal.open_matters("question", limit=10) == [(B, 1, "q1")]


async def test_the_list_of_what_is_open_goes_on_behind_any_of_it(journal: Journal) -> None:
    """Also behind one that was decided since."""
    rows = [asked(f"a{number}", 5) for number in range(3)]
    await journal.commit([created(A, waiting=rows), created(B, waiting=rows)])
    whole = await journal.open_matters("approval", limit=10)
    assert len(whole) == 6
    for number, matter in enumerate(whole):
        behind = await journal.open_matters("approval", limit=2, after=matter)
        assert behind == whole[number + 1 : number + 3]
    await journal.commit([then(A, 2, waiting=[asked("a1", 5, state="approved")])])
    behind = await journal.open_matters("approval", limit=1, after=OpenMatter(A, 5, "a1"))
    assert behind == [(A, 5, "a2")]


async def test_large_values_are_had_by_their_hash(journal: Journal) -> None:
    """Those of the execution that is named, byte for byte; another's aren't."""
    values = [LARGE + str(number) for number in range(10)]
    await journal.commit(
        [created(A, json.dumps({"values": values}, separators=(",", ":"))), created(B)]
    )
    wanted = {
        hashlib.sha256(content).digest(): content
        for content in (json.dumps(value).encode() for value in values)
    }
    found = await journal.blobs_of(A)
    assert found == [(digest, len(wanted[digest])) for digest in sorted(wanted)]
    assert {digest: await journal.blob_of(A, digest) for digest in wanted} == wanted
    assert await journal.blobs_of(B) == []
    assert [await journal.blob_of(B, digest) for digest in wanted] == [None] * 10
    assert await journal.blob_of(A, bytes(32)) is None
