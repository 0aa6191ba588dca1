"""The audit log: written with the decisions that it tells of, or not at all, in one chain."""

from __future__ import annotations

import asyncio
import hashlib

import pytest
from tests.contracts.conftest import Backend, PostgresBackend
from tests.contracts.test_journal import created, then

from tizmor.ports.audit import BEFORE_ALL, AuditRow, appended, sealed, verified
from tizmor.ports.journal import ExecutionRow, Journal
from tizmor.storage.sqlite import SqliteJournal

A, B = 1001, 1002


async def test_entries_come_with_their_commit_and_are_one_chain(journal: Journal) -> None:
    await journal.commit([created(A, audit=[b"one", b"two"]), created(B, audit=[b"three"])])
    await journal.commit([then(A, 2, "more")])
    await journal.commit([then(A, 3, "end", audit=[b"four"])])
    rows = await journal.audit()
    assert [(row.number, row.payload) for row in rows] == [
        (1, b"one"),
        (2, b"two"),
        (3, b"three"),
        (4, b"four"),
    ]
    assert rows[0].hash == sealed(BEFORE_ALL, 1, b"one")
    assert verified(rows) == (4, rows[-1].hash, None)


async def test_a_commit_that_is_tried_again_says_nothing_twice(journal: Journal) -> None:
    append = created(A, audit=[b"one"])
    await journal.commit([append])
    await journal.commit([append])
    assert len(await journal.audit()) == 1


async def test_who_has_lost_an_execution_decides_nothing_in_it(backend: Backend) -> None:
    """The others of the same commit do."""
    first, second = backend.open(), backend.open()
    await first.commit([created(A), created(B)])
    backend.die(first)
    assert await second.adopt(A) is not None
    lost = then(A, 2, "late", audit=[b"late"])
    own = created(1003, audit=[b"own"])
    committed = await first.commit([lost, own])
    assert committed.first_positions[0] is None
    assert [row.payload for row in await second.audit()] == [b"own"]


async def test_processes_that_write_at_once_write_one_chain(backend: Backend) -> None:
    """Two that find the same last row would fork it."""
    journals = [backend.open() for _ in range(4)]

    async def decide(journal: Journal, number: int) -> None:
        await journal.commit([created(number, audit=[b"begun"])])
        for seq in range(2, 12):
            await journal.commit([then(number, seq, "e", audit=[f"{number}/{seq}".encode()])])

    await asyncio.gather(*(decide(journal, 2000 + n) for n, journal in enumerate(journals)))
    rows = await journals[0].audit()
    assert len(rows) == 44
    assert verified(rows).problem is None
    for number in range(2000, 2004):
        own = [r.payload for r in rows if r.payload.startswith(f"{number}/".encode())]
        assert own == [f"{number}/{seq}".encode() for seq in range(2, 12)]


async def test_it_is_read_a_page_at_a_time(journal: Journal) -> None:
    await journal.commit([created(A, audit=[b"%d" % n for n in range(1, 8)])])
    first = await journal.audit(limit=5)
    rest = await journal.audit(after=first[-1].number, limit=5)
    assert [row.payload for row in (*first, *rest)] == [b"%d" % n for n in range(1, 8)]
    assert verified(rest, verified(first)).problem is None


async def test_it_outlives_the_executions_that_it_tells_of(backend: Backend) -> None:
    journal = backend.open()
    ended = ExecutionRow(status="COMPLETED", updated_at_ms=1, ended=True)
    await journal.commit([created(A, audit=[b"one"], row=ended, release=True)])
    assert (await journal.gc(ended_before_ms=2)).executions == 1
    assert [row.payload for row in await journal.audit()] == [b"one"]


CHAIN = appended(None, [b"one", b"two", b"three", b"four"])


def test_a_hash_is_what_its_description_says() -> None:
    first = hashlib.sha256(bytes(32) + b"\0\0\0\0\0\0\0\1" + b"one").digest()
    assert CHAIN[0].hash == first
    assert CHAIN[1].hash == hashlib.sha256(first + b"\0\0\0\0\0\0\0\2" + b"two").digest()


def with_row(place: int, **changes: object) -> list[AuditRow]:
    rows = list(CHAIN)
    rows[place] = rows[place]._replace(**changes)  # type: ignore[arg-type]
    return rows


@pytest.mark.parametrize(
    ("rows", "sound", "problem"),
    [
        (with_row(1, payload=b"2"), 1, "row 2 is not what was written"),
        (with_row(2, hash=b"x" * 32), 2, "row 3 is not what was written"),
        ([CHAIN[0], *CHAIN[2:]], 1, "row 2 is missing"),
        (CHAIN[1:], 0, "row 1 is missing"),
        ([CHAIN[1], CHAIN[0], *CHAIN[2:]], 0, "row 1 is missing"),
        ([*CHAIN[:2], CHAIN[1], *CHAIN[2:]], 2, "row 3 is missing"),
        (with_row(1, number=1), 1, "row 2 is missing"),
        (
            with_row(1, payload=b"2", hash=sealed(CHAIN[0].hash, 2, b"2")),
            2,
            "row 3 is not what was written",
        ),
    ],
)
def test_whatever_is_done_to_a_row_is_found_at_that_row(
    rows: list[AuditRow], sound: int, problem: str
) -> None:
    found = verified(rows)
    assert (found.rows, found.problem) == (sound, problem)


async def test_a_row_that_was_changed_in_the_database_is_found(backend: Backend) -> None:
    journal = backend.open()
    await journal.commit([created(A, audit=[b"approved by dana", b"two"])])
    if isinstance(backend, PostgresBackend):
        await backend.ask("UPDATE audit_log SET payload = 'approved by noa' WHERE number = 1")
    elif isinstance(journal, SqliteJournal):

        def change() -> None:
            with journal._writer.writing() as connection:
                connection.execute("UPDATE audit_log SET payload = x'00' WHERE number = 1")

        await journal._write(change)
    else:
        return
    assert verified(await journal.audit()).problem == "row 1 is not what was written"
