"""Results of 10 MB, on real files: the row stays small, the value is stored once and comes back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tizmor import AgentContext, Tizmor, agent
from tizmor.core.errors import JournalDamaged
from tizmor.core.ids import parse_id, public_id
from tizmor.core.plan import Plan, Step
from tizmor.ports.journal import Append, Checkpoint, Journal
from tizmor.ports.vocabulary import Value
from tizmor.storage.blobs import ROW_BYTES
from tizmor.storage.sqlite import DATABASE

MEGABYTES = 10
A = 6001

Sql = Callable[..., list[Any]]
Created = Callable[..., Append]


class Document(Value, frozen=True):
    text: str = ""


@agent(name="Fetch")
async def fetch(*, ctx: AgentContext) -> Document:
    """Fetch a large document."""
    return Document(text="0123456789" * (MEGABYTES * 100_000))


@agent(name="Forward")
async def forward(text: str, *, ctx: AgentContext) -> Document:
    """Hand a document on."""
    return Document(text=text)


PLAN = Plan(
    goal="hand it on",
    steps=(
        Step(id="fetch", agent="Fetch"),
        Step(id="forward", agent="Forward", arguments={"text": {"$ref": "/fetch/text"}}),
    ),
)


async def test_a_result_of_10_megabytes_comes_back_and_is_stored_once(
    tmp_path: Path, folder: Path, sql: Sql
) -> None:
    async with Tizmor.open(tmp_path, agents=[fetch, forward]) as tizmor:
        started = await tizmor.start("hand it on", plan=PLAN)
        await tizmor.result(started.execution_id)
    async with Tizmor.open(tmp_path, agents=[fetch, forward]) as tizmor:
        execution = await tizmor.get(started.execution_id)
        result = await tizmor.result(started.execution_id)
        number = parse_id(started.execution_id)
        events = await tizmor._journal.read(number or 0)

    assert execution.status == result.status == "COMPLETED"
    for step in (*execution.steps, *result.steps):
        assert step.output is not None
        assert len(step.output["text"]) == MEGABYTES * 1_000_000
    assert sum(event.payload.count(b"0123456789") for event in events) >= 2 * MEGABYTES * 100_000
    assert sql("SELECT max(length(payload)) FROM journal")[0][0] <= ROW_BYTES
    assert sql("SELECT count(*) FROM blobs") == [(1,)]
    assert (folder / DATABASE).stat().st_size < 1.2 * MEGABYTES * 1_000_000


PAYLOAD = b'{"step":"search","output":"' + b"x" * 50_000 + b'"}'


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE blobs SET content = zeroblob(length(content))",
        "UPDATE blobs SET content = x''",
        "DELETE FROM blobs",
    ],
)
async def test_a_damaged_blob_is_named_when_it_is_read_and_by_the_deep_check(
    journal: Journal, created: Created, sql: Sql, statement: str
) -> None:
    await journal.commit([created(A, b"one", PAYLOAD)])
    name = sql("SELECT lower(hex(hash)) FROM blobs")[0][0]
    sql(statement)

    with pytest.raises(JournalDamaged, match=f"event 2: blob {name}"):
        await journal.read(A)
    with pytest.raises(JournalDamaged, match=f"event 2: blob {name}"):
        await journal.read_feed(0, 10)

    findings = {name: (state, said) for name, state, said in journal.check(deep=True)}
    assert findings["checksums"][0] == "ok"
    assert findings["blobs"][0] == "failed"
    assert f"event 2: blob {name}" in findings["blobs"][1]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE execution_checkpoints SET payload = zeroblob(length(payload))",
        "UPDATE execution_checkpoints SET seq = seq - 1",
        "UPDATE execution_checkpoints SET checksum = checksum + 1",
        "UPDATE execution_checkpoints SET execution = execution + 1",
    ],
)
async def test_a_damaged_checkpoint_is_named_when_it_is_read_and_by_the_deep_check(
    journal: Journal, created: Created, sql: Sql, statement: str
) -> None:
    await journal.commit([created(A, b"one", b"two", checkpoint=b'{"folded":1}')])
    assert await journal.checkpoint(A) == Checkpoint(seq=2, payload=b'{"folded":1}')
    sql(statement)
    ((number,),) = sql("SELECT execution FROM execution_checkpoints")

    with pytest.raises(JournalDamaged, match="the checkpoint there is not what was written"):
        await journal.checkpoint(number)

    findings = {name: (state, said) for name, state, said in journal.check(deep=True)}
    assert findings["checksums"][0] == "failed"
    assert "checkpoint" in findings["checksums"][1]
    assert len(await journal.read(A)) == 2


async def test_a_damaged_blob_of_a_checkpoint_is_named(
    journal: Journal, created: Created, sql: Sql
) -> None:
    state = b'{"steps":{"search":{"output":"' + b"x" * 50_000 + b'"}}}'
    await journal.commit([created(A, b"one", checkpoint=state)])
    sql("DELETE FROM blobs")

    with pytest.raises(JournalDamaged, match="the checkpoint there: blob"):
        await journal.checkpoint(A)

    findings = {name: (state, said) for name, state, said in journal.check(deep=True)}
    assert findings["blobs"][0] == "failed"
    assert "the checkpoint at event 1: blob" in findings["blobs"][1]


async def test_the_deep_check_names_events_that_only_a_newer_version_can_read(
    journal: Journal, created: Created
) -> None:
    """What was written is what is there, and still this version can't go on with it."""
    await journal.commit([created(A, b'{"type":"Paused"}', b'{"type":"Teleported"}', b"garbage")])

    findings = {name: (state, said) for name, state, said in journal.check(deep=True)}
    assert findings["checksums"][0] == "ok"
    state, said = findings["events"]
    assert state == "failed"
    place = f"execution {public_id(A)}, event"
    assert f"{place} 2: an event of the unknown type 'Teleported': a newer Tizmor wrote it" in said
    assert f"{place} 3: an event can't be read" in said
    assert f"{place} 1" not in said
    assert "checkpoints" not in findings


async def test_the_deep_check_names_a_checkpoint_that_is_passed_over(
    journal: Journal, created: Created
) -> None:
    """No harm is done: all events say the same."""
    await journal.commit([created(A, b'{"type":"Paused"}', checkpoint=b'{"format":"newer"}')])

    findings = {name: (state, said) for name, state, said in journal.check(deep=True)}
    assert findings["events"][0] == "ok"
    state, said = findings["checkpoints"]
    assert state == "warning"
    assert f"execution {public_id(A)}, event 1" in said


async def test_every_bit_of_a_row_counts(journal: Journal, created: Created, sql: Sql) -> None:
    """Each bit of a payload flipped, one after the other: never read as truth."""
    payload = b'{"type":"Ended"}'
    await journal.commit([created(A, payload)])

    for bit in range(len(payload) * 8):
        flipped = bytearray(payload)
        flipped[bit // 8] ^= 1 << bit % 8
        sql("UPDATE journal SET payload = ?", bytes(flipped))
        with pytest.raises(JournalDamaged, match="event 1"):
            await journal.read(A)


@agent(name="Next")
async def following(text: str = "", *, ctx: AgentContext) -> Document:
    """Do nothing."""
    return Document(text="v")


def chain(length: int) -> Plan:
    return Plan(
        goal="a chain",
        steps=tuple(
            Step(
                id=f"step_{number}",
                agent="Next",
                arguments={"text": {"$ref": f"/step_{number - 1}/text"}} if number else {},
            )
            for number in range(length)
        ),
    )


async def test_storage_grows_with_the_work_and_not_with_its_square(tmp_path: Path) -> None:
    """A chain five times as long, with its checkpoints, takes at most 5.5 times the space."""
    sizes = []
    for length in (1_000, 5_000):
        workspace = tmp_path / str(length)
        workspace.mkdir()
        async with Tizmor.open(workspace, agents=[following], interactive=False) as tizmor:
            started = await tizmor.start("a chain", plan=chain(length))
            assert (await tizmor.result(started.execution_id)).status == "COMPLETED"
        sizes.append((workspace / ".tizmor" / DATABASE).stat().st_size)

    assert sizes[1] <= 5.5 * sizes[0]
