"""What is stored and isn't what was written is found by name, and never read as truth."""

from __future__ import annotations

import asyncio
from typing import Any

import asyncpg
import pytest
from tests.contracts.rows import created, then

from tizmor.core.errors import JournalDamaged
from tizmor.core.ids import public_id

A, B = 1001, 1002
LARGE = '{"value":"' + "x" * 100_000 + '"}'

DAMAGES = {
    "a flipped bit": "UPDATE journal SET payload = set_bit(payload, 3, 1 - get_bit(payload, 3))"
    " WHERE execution = 1001 AND seq = 2",
    "another time": "UPDATE journal SET at_ms = at_ms + 1 WHERE execution = 1001 AND seq = 2",
    "a row that is gone": "DELETE FROM journal WHERE execution = 1001 AND seq = 2",
    "a last row that is gone": "DELETE FROM journal WHERE execution = 1001 AND seq = 3",
    "a first row that is gone": "DELETE FROM journal WHERE execution = 1001 AND seq = 1",
    "a row of another execution": "UPDATE journal SET execution = 1003 WHERE execution = 1001"
    " AND seq = 3",
    "a large value that is gone": "DELETE FROM blobs",
    "a large value that is another": "UPDATE blobs SET content = content || 'x'",
}


async def filled(postgres: Any) -> Any:
    journal = postgres.open()
    await journal.commit([created(A, "one", LARGE, checkpoint=b"{}"), created(B, "other")])
    await journal.commit([then(A, 3, "three")])
    return journal


@pytest.mark.parametrize("name", DAMAGES)
async def test_damage_is_found_when_the_execution_is_read(postgres: Any, name: str) -> None:
    journal = await filled(postgres)
    postgres.execute(DAMAGES[name])

    with pytest.raises(JournalDamaged, match=public_id(A)):
        await journal.read(A)
    assert [record.payload for record in await journal.read(B)] == [b"other"]


@pytest.mark.parametrize("name", DAMAGES)
async def test_doctor_names_the_damaged_execution(postgres: Any, name: str) -> None:
    journal = await filled(postgres)
    postgres.execute(DAMAGES[name])

    findings = {
        name: (state, detail)
        for name, state, detail in await asyncio.to_thread(journal.check, deep=True)
    }

    state, detail = findings["checksums"]
    assert state == "failed"
    assert public_id(A) in detail
    assert public_id(B) not in detail


async def test_a_damaged_row_does_not_pass_the_feed(postgres: Any) -> None:
    journal = await filled(postgres)
    postgres.execute(DAMAGES["a flipped bit"])

    with pytest.raises(JournalDamaged, match="event 2"):
        await journal.read_feed(0, 10)


async def test_a_damaged_checkpoint_is_not_used(postgres: Any) -> None:
    journal = await filled(postgres)
    assert (await journal.checkpoint(A)).payload == b"{}"
    postgres.execute("UPDATE execution_checkpoints SET payload = '[]'")

    with pytest.raises(JournalDamaged, match="checkpoint"):
        await journal.checkpoint(A)


async def test_rows_that_came_back_from_an_old_backup_stop_the_writer(postgres: Any) -> None:
    journal = await filled(postgres)
    postgres.execute("DELETE FROM journal WHERE execution = 1001 AND seq = 3")
    postgres.execute("UPDATE executions SET last_seq = 2 WHERE id = 1001")

    with pytest.raises(JournalDamaged, match="event 4"):
        await journal.commit([then(A, 4, "four")])


async def test_doctor_tells_who_holds_the_feed_back(
    postgres: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tizmor.storage.postgres.inspection._SLOW_S", -1)
    journal = await filled(postgres)
    holding = await asyncpg.connect(postgres.url)
    await holding.execute("BEGIN")
    await holding.execute("SELECT pg_current_xact_id()")

    findings = {
        name: (state, detail)
        for name, state, detail in await asyncio.to_thread(journal.check, deep=False)
    }

    assert findings["feed"][0] == "failed"
    assert "end it" in findings["feed"][1]
    holding.terminate()


async def test_doctor_says_that_a_server_is_away(postgres: Any) -> None:
    journal = postgres.open()
    journal._url = postgres.url.replace(postgres.database, "gone")

    (name, state, detail), *_ = await asyncio.to_thread(journal.check, deep=True)

    assert (name, state) == ("database", "failed")
    assert "no such database" in detail


async def test_doctor_names_what_only_a_newer_version_can_read(postgres: Any) -> None:
    journal = postgres.open()
    events = ('{"type":"Paused"}', '{"type":"Teleported"}')
    await journal.commit([created(A, *events, checkpoint=b'{"format":"newer"}')])

    findings = {
        name: (state, detail)
        for name, state, detail in await asyncio.to_thread(journal.check, deep=True)
    }

    assert findings["checksums"][0] == "ok"
    assert findings["events"][0] == "failed"
    unknown = f"{public_id(A)}, event 2: an event of the unknown type 'Teleported'"
    assert unknown in findings["events"][1]
    assert findings["checkpoints"][0] == "warning"
    assert f"{public_id(A)}, event 2" in findings["checkpoints"][1]
