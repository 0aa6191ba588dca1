"""What every journal promises: in memory, on SQLite and on PostgreSQL."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest
from tests.contracts.rows import created, then

from tizmor.core import checkpoint
from tizmor.core.errors import JournalDamaged, UnknownExecution
from tizmor.core.state import State
from tizmor.ports.journal import (
    Checkpoint,
    Committed,
    ExecutionRow,
    InboxKind,
    Journal,
    MessageRow,
    NewExecution,
    Record,
    SharedRow,
    StepRow,
    WaitingRow,
)
from tizmor.storage import wakes

A, B, C, D, E = 1001, 1002, 1003, 1004, 1005


def paused(by: str) -> str:
    """An event that can be read, which most payloads here needn't be."""
    return f'{{"type":"Paused","by":"{by}"}}'


def payloads(records: list[Record]) -> list[str]:
    return [record.payload.decode() for record in records]


async def places(journal: Journal, committed: Committed) -> list[int | None]:
    """First positions, each as its place among all events: what positions are made of differs from
    one database to another, how they order doesn't."""
    feed = await journal.read_feed(0, 1_000)
    place = {record.position: number for number, record in enumerate(feed, 1)} | {0: 0}
    return [None if at is None else place[at] for at in committed.first_positions]


async def test_what_was_committed_is_read_back_in_order(journal: Journal) -> None:
    await journal.commit([created(A, "one", "two")])
    await journal.commit([then(A, 3, "three")])

    records = await journal.read(A)

    assert payloads(records) == ["one", "two", "three"]
    assert [record.seq for record in records] == [1, 2, 3]
    assert [record.at_ms for record in records] == [1000, 1001, 1000]
    assert payloads(await journal.read(A, after_seq=2)) == ["three"]
    assert await journal.read(A, after_seq=3) == []
    assert await journal.read(A, after_seq=99) == []
    assert await journal.read(B) == []


async def test_positions_order_all_executions_without_a_gap(journal: Journal) -> None:
    first = await journal.commit([created(A, "a1", "a2"), created(B, "b1"), created(C, "c1", "c2")])
    second = await journal.commit([then(B, 2, "b2"), then(A, 3, "a3", "a4")])

    assert await places(journal, first) == [1, 3, 4]
    assert await places(journal, second) == [6, 7]
    feed = await journal.read_feed(0, 100)
    positions = [record.position for record in feed]
    assert positions == sorted(set(positions))
    assert await journal.last_position() == positions[-1]
    assert positions[:5] == list(range(positions[0], positions[0] + 5))
    assert payloads(feed) == ["a1", "a2", "b1", "c1", "c2", "b2", "a3", "a4"]


async def test_the_feed_comes_in_pages(journal: Journal) -> None:
    await journal.commit([created(A, *"abcde"), created(B, *"xyz")])

    first = await journal.read_feed(0, 3)
    second = await journal.read_feed(first[-1].position, 3)
    third = await journal.read_feed(second[-1].position, 3)

    assert [payloads(page) for page in (first, second, third)] == [
        ["a", "b", "c"],
        ["d", "e", "x"],
        ["y", "z"],
    ]
    assert await journal.read_feed(third[-1].position, 3) == []


async def test_an_empty_journal_answers_with_nothing(journal: Journal) -> None:
    assert await journal.last_position() == 0
    assert await journal.read_feed(0, 10) == []
    assert await journal.recent() == []
    assert await journal.unfinished() == []
    assert await journal.pending() == []
    assert await journal.get(A) is None
    assert await journal.adopt(A) is None
    assert await journal.outcome(1) is None


async def test_the_read_model_stands_as_of_the_commit(journal: Journal) -> None:
    await journal.commit([created(A)])
    row = ExecutionRow(status="WAITING", steps_total=5, steps_done=2, updated_at_ms=77)
    await journal.commit([then(A, 2, "asked", row=row)])
    await journal.commit([then(A, 3, "noted")])

    stored = await journal.get(A)

    assert stored is not None
    assert stored.row == row
    assert (stored.query, stored.user, stored.created_at_ms) == ("request 1001", "me", A)
    assert (stored.owner, stored.epoch) == (journal.owner, 1)


async def test_an_ended_execution_is_not_among_the_unfinished(journal: Journal) -> None:
    await journal.commit([created(A), created(B), created(C)])
    await journal.commit([then(B, 2, "done", row=ExecutionRow(status="COMPLETED", ended=True))])

    assert [stored.execution for stored in await journal.unfinished()] == [A, C]
    assert [stored.execution for stored in await journal.recent(ended=True)] == [B]
    assert [stored.execution for stored in await journal.recent(ended=False)] == [C, A]

    await journal.commit([then(B, 3, "again", row=ExecutionRow(status="RUNNING"))])
    assert [stored.execution for stored in await journal.unfinished()] == [A, B, C]


async def test_an_execution_may_begin_and_end_in_one_commit(journal: Journal) -> None:
    row = ExecutionRow(status="FAILED", ended=True)
    await journal.commit([created(A, row=row, release=True)])

    stored = await journal.get(A)
    assert stored is not None
    assert stored.row.ended
    assert stored.owner is None
    assert await journal.unfinished() == []


async def test_executions_are_listed_newest_first_page_by_page(journal: Journal) -> None:
    await journal.commit([created(number) for number in range(1, 8)])

    first = [stored.execution for stored in await journal.recent(limit=3)]
    second = [stored.execution for stored in await journal.recent(limit=3, before=first[-1])]
    third = [stored.execution for stored in await journal.recent(limit=3, before=second[-1])]

    assert [first, second, third] == [[7, 6, 5], [4, 3, 2], [1]]


async def test_lost_ownership_of_one_does_not_spoil_the_others(backend: Any) -> None:
    mine, others = backend.open(), backend.open()
    await mine.commit([created(A), created(C)])
    await others.commit([created(B)])

    committed = await mine.commit([then(A, 2, "a"), then(B, 2, "stolen"), then(C, 2, "c")])

    assert await places(mine, committed) == [4, None, 5]
    assert payloads(await mine.read(A)) == ["begun", "a"]
    assert payloads(await mine.read(B)) == ["begun"]
    assert payloads(await mine.read(C)) == ["begun", "c"]
    assert await places(others, await others.commit([then(B, 2, "mine")])) == [6]
    assert await places(mine, await mine.commit([then(A, 3, "on")])) == [7]


async def test_nothing_of_a_lost_append_is_kept(backend: Any) -> None:
    mine, others = backend.open(), backend.open()
    await others.commit([created(B)])
    inbox_id = await mine.send(B, InboxKind.PAUSE, b"")

    row = ExecutionRow(status="STOLEN", ended=True)
    lost = then(B, 2, "x", row=row, settles=[(inbox_id, "done")], release=True)
    committed = await mine.commit([created(A), lost])

    stored = await others.get(B)
    assert await places(mine, committed) == [2, None]
    assert (stored.row.status, stored.row.ended, stored.owner) == ("RUNNING", False, others.owner)
    assert await others.outcome(inbox_id) is None


async def test_a_stale_epoch_is_refused_even_of_the_same_owner(journal: Journal) -> None:
    await journal.commit([created(A, release=True)])
    adopted = await journal.adopt(A)
    assert adopted is not None
    assert adopted.epoch == 2

    stale = await journal.commit([then(A, 2, "old", epoch=1)])
    fresh = await journal.commit([then(A, 2, "new", epoch=2)])

    assert await places(journal, stale) == [None]
    assert await places(journal, fresh) == [2]
    assert payloads(await journal.read(A)) == ["begun", "new"]


async def test_the_same_batch_again_is_answered_as_kept(journal: Journal) -> None:
    await journal.commit([created(C)])
    batch = [
        created(A, "a1", "a2"),
        created(B, "b1", row=ExecutionRow(status="COMPLETED", ended=True), release=True),
        then(C, 2, "c2", release=True),
    ]

    first = await journal.commit(batch)
    second = await journal.commit(batch)

    assert first == second
    assert len(await journal.read_feed(0, 100)) == 5
    assert await places(journal, await journal.commit([then(A, 3, "a3")])) == [6]


async def test_a_kept_batch_is_recognised_after_another_took_over(backend: Any) -> None:
    mine, others = backend.open(), backend.open()
    batch = [created(A, "a1", release=True)]
    await mine.commit(batch)
    await others.adopt(A)
    await others.commit([then(A, 2, "theirs", epoch=2)])

    assert await places(mine, await mine.commit(batch)) == [1]
    assert await places(mine, await mine.commit([then(A, 2, "mine")])) == [None]


async def test_an_append_without_events_still_changes_the_rest(journal: Journal) -> None:
    await journal.commit([created(A)])
    release = then(A, 2, row=ExecutionRow(status="PAUSED"), release=True)

    first = await journal.commit([release])
    again = await journal.commit([release])

    stored = await journal.get(A)
    assert stored is not None
    assert (stored.row.status, stored.owner) == ("PAUSED", None)
    assert first.first_positions == again.first_positions == [0]
    assert await places(journal, await journal.commit([then(A, 2)])) == [None]


async def test_a_gap_in_what_this_process_wrote_is_damage(journal: Journal) -> None:
    await journal.commit([created(A), created(B)])

    with pytest.raises(JournalDamaged, match="event 3"):
        await journal.commit([then(B, 2, "kept?"), then(A, 3, "too far")])

    assert payloads(await journal.read(B)) == ["begun"]


async def test_other_events_under_the_same_numbers_are_damage(journal: Journal) -> None:
    await journal.commit([created(A, "one", "two")])

    with pytest.raises(JournalDamaged, match="event 2"):
        await journal.commit([then(A, 2, "other")])


async def test_a_taken_number_does_not_make_a_new_execution(backend: Any) -> None:
    mine, others = backend.open(), backend.open()
    await others.commit([created(A, "theirs")])

    committed = await mine.commit([created(A, "mine"), created(B)])

    assert await places(mine, committed) == [None, 2]
    assert payloads(await mine.read(A)) == ["theirs"]


async def test_an_execution_stands_in_a_commit_once(journal: Journal) -> None:
    with pytest.raises(ValueError, match="once"):
        await journal.commit([created(A), then(A, 2, "more")])

    assert await journal.get(A) is None


async def test_an_unknown_execution_cannot_be_written(journal: Journal) -> None:
    assert await places(journal, await journal.commit([then(A, 1, "what")])) == [None]


async def test_what_a_dead_process_owned_is_adopted_with_the_next_epoch(backend: Any) -> None:
    await backend.commit_and_die(created(A, "before"))
    journal = backend.open()
    left = await journal.get(A)
    assert left.owner not in (None, journal.owner)
    assert not await journal.is_owner_alive(left.owner)

    adopted = await journal.adopt(A)

    assert (adopted.owner, adopted.epoch) == (journal.owner, 2)
    assert await places(journal, await journal.commit([then(A, 2, "after", epoch=2)])) == [2]
    assert payloads(await journal.read(A)) == ["before", "after"]


async def test_what_a_living_process_owns_is_not_adopted(backend: Any) -> None:
    mine, others = backend.open(), backend.open()
    await others.commit([created(A)])

    assert await mine.is_owner_alive(others.owner)
    assert await mine.adopt(A) is None
    assert (await others.get(A)).owner == others.owner


async def test_adopting_what_one_owns_changes_nothing_but_leaves_it_in_doubt(
    journal: Journal,
) -> None:
    await journal.commit([created(A)])

    adopted = await journal.adopt(A)

    assert adopted is not None
    assert adopted.may_still_run, "who took it first may have known more"
    assert msgspec.structs.replace(adopted, may_still_run=False) == await journal.get(A)
    assert adopted.epoch == 1
    assert await places(journal, await journal.commit([then(A, 2, "on")])) == [2]


async def test_many_are_adopted_and_read_at_once(backend: Any) -> None:
    dead, alive, journal = backend.open(), backend.open(), backend.open()
    await dead.commit([created(A, "a1", "a2")])
    await alive.commit([created(B)])
    await journal.commit([created(C, "c1")])
    backend.die(dead)

    adopted = await journal.adopt_all([C, 999, B, A])

    assert [(stored.execution, stored.owner, stored.epoch) for stored in adopted] == [
        (C, journal.owner, 1),
        (A, journal.owner, 2),
    ]
    histories = await journal.read_all([C, A, 999])
    assert {number: payloads(records) for number, records in histories.items()} == {
        C: ["c1"],
        A: ["a1", "a2"],
        999: [],
    }
    committed = await journal.commit([then(A, 3, "a3", epoch=2), then(C, 2, "c2")])
    assert await places(journal, committed) == [5, 6]


async def test_the_one_that_was_taken_for_dead_can_write_no_more(backend: Any) -> None:
    """An owner that is stopped, loses its place and goes on is fenced off by the epoch."""
    stopped, others = backend.open(), backend.open()
    await stopped.commit([created(A)])
    backend.die(stopped)
    await others.adopt(A)

    assert await places(stopped, await stopped.commit([then(A, 2, "late")])) == [None]
    assert await places(others, await others.commit([then(A, 2, "on", epoch=2)])) == [2]


async def test_closing_gives_up_all_ownership(backend: Any) -> None:
    mine, others = backend.open(), backend.open()
    await mine.commit([created(A), created(B, release=True)])
    await others.commit([created(C)])

    await mine.close()

    owners = {stored.execution: stored.owner for stored in await others.recent()}
    assert owners == {A: None, B: None, C: others.owner}
    assert not await others.is_owner_alive(mine.owner)
    assert (await others.adopt(A)).epoch == 2


async def test_closing_twice_is_closing_once(journal: Journal) -> None:
    await journal.commit([created(A)])
    await journal.close()
    await journal.close()


async def test_released_in_a_commit_it_can_be_adopted_by_anyone(backend: Any) -> None:
    mine, others = backend.open(), backend.open()
    await mine.commit([created(A)])
    await mine.commit([then(A, 2, "paused", release=True)])

    assert (await others.adopt(A)).owner == others.owner
    assert await mine.adopt(A) is None


async def test_one_that_is_let_go_of_can_be_adopted_by_anyone_and_is_written_no_more(
    backend: Any,
) -> None:
    mine, others = backend.open(), backend.open()
    await mine.commit([created(A), created(B)])

    await others.let_go(A)
    assert await others.adopt(A) is None
    await mine.let_go(A)

    assert (await others.adopt(A)).epoch == 2
    assert await others.adopt(B) is None
    assert await places(mine, await mine.commit([then(A, 2, "late")])) == [None]
    assert await places(mine, await mine.commit([then(B, 2, "on")])) == [3]


async def test_a_command_is_pending_until_the_commit_that_settles_it(backend: Any) -> None:
    owner, others = backend.open(), backend.open()
    await owner.commit([created(A)])

    approve = await others.send(A, InboxKind.APPROVE, b'{"id":"x"}')
    cancel = await others.send(A, InboxKind.CANCEL, b"")

    assert [(row.id, row.kind, row.payload) for row in await owner.pending()] == [
        (approve, InboxKind.APPROVE, b'{"id":"x"}'),
        (cancel, InboxKind.CANCEL, b""),
    ]
    assert await others.pending() == []
    assert await others.outcome(approve) is None

    await owner.commit([then(A, 2, "approved", settles=[(approve, "approved")])])

    assert await others.outcome(approve) == "approved"
    assert [row.id for row in await owner.pending()] == [cancel]


async def test_the_first_outcome_of_a_command_stands(journal: Journal) -> None:
    await journal.commit([created(A), created(B)])
    sent = await journal.send(A, InboxKind.PAUSE, b"")

    await journal.commit([then(B, 2, "not mine", settles=[(sent, "wrong")])])
    assert await journal.outcome(sent) is None
    await journal.commit([then(A, 2, "paused", settles=[(sent, "paused")])])
    await journal.commit([then(A, 3, "again", settles=[(sent, "other")])])

    assert await journal.outcome(sent) == "paused"


async def test_a_command_to_nobody_waits_for_who_adopts(backend: Any) -> None:
    mine, others = backend.open(), backend.open()
    await mine.commit([created(A, release=True)])
    sent = await mine.send(A, InboxKind.RESUME, b"")
    assert await mine.pending() == []

    await others.adopt(A)

    assert [row.id for row in await others.pending()] == [sent]


async def test_a_command_to_an_unknown_execution_is_refused(journal: Journal) -> None:
    with pytest.raises(UnknownExecution):
        await journal.send(A, InboxKind.CANCEL, b"")


async def test_the_rows_of_steps_and_approvals_may_be_written_again(journal: Journal) -> None:
    step = StepRow(step="search", agent="DriveSearch", status="running", started_at_ms=5)
    gate = WaitingRow(
        id="g1", kind="approval", step="meet", state="open", payload=b"{}", asked_at_ms=6
    )
    await journal.commit([created(A, steps=[step], waiting=[gate])])
    again = await journal.commit([then(A, 2, "more", steps=[step, step], waiting=[gate, gate])])

    assert await places(journal, again) == [2]


async def test_a_command_wakes_the_owner_and_its_outcome_the_sender(
    backend: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner, sender = backend.open(), backend.open()
    await owner.commit([created(A)])
    owner_wakes, sender_wakes = owner.wakes(), sender.wakes()
    await anext(owner_wakes)
    await anext(sender_wakes)
    monkeypatch.setattr(wakes, "FALLBACK_S", 3600)

    async with asyncio.timeout(5):
        sent = await sender.send(A, InboxKind.PAUSE, b"")
        await anext(owner_wakes)
        await owner.commit([then(A, 2, "paused", settles=[(sent, "paused")])])
        await anext(sender_wakes)

    await owner_wakes.aclose()
    await sender_wakes.aclose()


async def test_without_a_wake_one_looks_again_all_the_same(journal: Journal) -> None:
    looks = journal.wakes()
    async with asyncio.timeout(5):
        await anext(looks)
        await anext(looks)


async def test_waiting_for_wakes_ends_when_the_journal_closes(journal: Journal) -> None:
    async def count() -> int:
        return len([wake async for wake in journal.wakes()])

    counting = asyncio.ensure_future(count())
    await asyncio.sleep(0)
    await journal.close()

    async with asyncio.timeout(5):
        assert await counting >= 0


async def test_a_sound_journal_passes_its_check(journal: Journal) -> None:
    await journal.commit([created(A, paused("a1"), paused("a2")), created(B, paused("b1"))])

    findings = await asyncio.to_thread(journal.check, deep=True)

    assert {state for _, state, _ in findings} == {"ok"}
    assert ("journal", "ok", "3 events of 2 executions") in findings


async def test_the_next_timer_stands_as_of_the_commit(journal: Journal) -> None:
    await journal.commit([created(A, row=ExecutionRow(status="WAITING", due_ms=5_000)), created(B)])

    assert [stored.row.due_ms for stored in await journal.unfinished()] == [5_000, None]

    await journal.commit([then(A, 2, "fired", row=ExecutionRow(status="RUNNING"))])
    await journal.commit([then(B, 2, "slept", row=ExecutionRow(status="WAITING", due_ms=1 << 45))])
    assert [stored.row.due_ms for stored in await journal.unfinished()] == [None, 1 << 45]


async def test_the_priority_is_that_of_the_creation(journal: Journal) -> None:
    new = NewExecution(query="urgent", user="me", created_at_ms=1, priority=7)
    await journal.commit([msgspec.structs.replace(created(A), create=new), created(B)])
    await journal.commit([then(A, 2, "on", row=ExecutionRow(status="RUNNING"))])

    assert [stored.priority for stored in await journal.recent()] == [0, 7]
    adopted = await journal.adopt(A)
    assert adopted is not None
    assert adopted.priority == 7


async def test_only_the_newest_checkpoint_is_kept(backend: Any) -> None:
    mine, others = backend.open(), backend.open()
    await mine.commit([created(A, "one"), created(B)])
    assert await mine.checkpoint(A) is None

    await mine.commit([then(A, 2, "two", "three", checkpoint=b"after three")])
    assert await others.checkpoint(A) == Checkpoint(seq=3, payload=b"after three")
    await mine.commit([then(A, 4, "four")])
    assert await others.checkpoint(A) == Checkpoint(seq=3, payload=b"after three")
    await mine.commit([then(A, 5, checkpoint=b"after four")])

    assert await others.checkpoint(A) == Checkpoint(seq=4, payload=b"after four")
    assert await others.checkpoint(B) is None
    assert payloads(await others.read(A, after_seq=3)) == ["four"]


async def test_a_checkpoint_comes_with_its_append_or_not_at_all(backend: Any) -> None:
    mine, others = backend.open(), backend.open()
    await others.commit([created(A)])
    await mine.commit([created(B, checkpoint=b"at its birth")])

    await mine.commit([then(A, 2, "stolen", checkpoint=b"stolen"), then(B, 2, "on")])

    assert await mine.checkpoint(A) is None
    assert await mine.checkpoint(B) == Checkpoint(seq=1, payload=b"at its birth")


LARGE = '"' + "large " * 100_000 + '"'


async def test_large_values_come_back_whole(journal: Journal) -> None:
    rows = "[" + ",".join(f'{{"number":{number}}}' for number in range(20_000)) + "]"
    own = '{"$blob":"' + "00" * 32 + '"}'
    written = [
        f'{{"type":"a","output":{LARGE}}}',
        f'{{"type":"b","output":{rows},"more":[{LARGE},{own}]}}',
        "no json " * 10_000,
        "\x01",
        "\x02",
        own,
    ]
    state = f'{{"steps":{{"a":{{"output":{LARGE}}},"b":{{"output":{rows}}}}}}}'

    await journal.commit([created(A, *written, checkpoint=state.encode())])

    assert payloads(await journal.read(A)) == written
    assert payloads((await journal.read_all([A]))[A]) == written
    assert payloads(await journal.read_feed(0, 10)) == written
    assert await journal.checkpoint(A) == Checkpoint(seq=6, payload=state.encode())


async def test_a_commit_of_large_values_comes_again(journal: Journal) -> None:
    batch = [created(A, f'{{"output":{LARGE}}}', checkpoint=LARGE.encode(), release=True)]

    assert await journal.commit(batch) == await journal.commit(batch)
    assert len(await journal.read(A)) == 1


async def test_what_settles_a_command_after_the_release_is_not_kept(backend: Any) -> None:
    mine, others = backend.open(), backend.open()
    await mine.commit([created(A)])
    await mine.commit([then(A, 2, "ended", release=True)])
    late = await others.send(A, InboxKind.CANCEL, b"")

    for append in (
        then(A, 3, settles=[(late, "done")], release=True),
        then(A, 3, settles=[(late, "done")]),
        then(A, 3, "more", settles=[(late, "done")], release=True),
    ):
        assert (await mine.commit([append])).first_positions == [None]
        assert await others.outcome(late) is None

    assert (await others.adopt(A)).epoch == 2
    assert [row.id for row in await others.pending()] == [late]


async def test_a_release_that_settled_a_command_is_recognised(journal: Journal) -> None:
    await journal.commit([created(A)])
    sent = await journal.send(A, InboxKind.PAUSE, b"")
    release = [then(A, 2, settles=[(sent, "done")], release=True)]

    first = await journal.commit(release)
    again = await journal.commit(release)

    assert first.first_positions == again.first_positions == [0]
    assert await journal.outcome(sent) == "done"


async def test_nothing_to_say_at_the_wrong_place_is_damage_all_the_same(journal: Journal) -> None:
    await journal.commit([created(A, "one", "two")])

    with pytest.raises(JournalDamaged, match="event 2"):
        await journal.commit([then(A, 2, row=ExecutionRow(status="WAITING"))])


@pytest.mark.parametrize("release", [False, True])
async def test_a_number_that_another_drew_is_told_from_a_commit_that_comes_again(
    backend: Any, release: bool
) -> None:
    """Two processes may begin the same request in the same millisecond and draw the same number:
    not even the events tell them apart."""
    mine, others = backend.open(), backend.open()
    await others.commit([created(A, "the same", release=release)])

    drawn = [created(A, "the same", release=release), created(B)]

    committed = await mine.commit(drawn)
    assert await places(mine, committed) == [None, 2]
    assert (await mine.commit(drawn[1:])).first_positions == committed.first_positions[1:]


async def test_a_number_drawn_twice_by_one_process_makes_one_execution(journal: Journal) -> None:
    await journal.commit([created(A, "the same")])
    await journal.commit([created(B)])

    assert (await journal.commit([created(A, "the same")])).first_positions == [None]
    assert await places(journal, await journal.commit([then(A, 2, "on")])) == [3]


def ended(at_ms: int, status: str = "COMPLETED") -> ExecutionRow:
    return ExecutionRow(status=status, updated_at_ms=at_ms, ended=True)


async def test_what_steps_told_each_other_is_kept_with_its_events_and_goes_with_them(
    backend: Any,
) -> None:
    journal = backend.open()
    large = b'{"value":"' + b"x" * 40_000 + b'"}'
    shared = [
        SharedRow(key="k", version=1, step="s", payload=b'{"value":1}', untrusted=False, at_ms=1),
        SharedRow(key="k", version=2, step="s", payload=large, untrusted=True, at_ms=2),
    ]
    message = MessageRow(
        id="m1",
        kind="REQUEST",
        sender="s",
        recipient="t",
        correlation=None,
        payload=b'{"payload":[]}',
        untrusted=False,
        state="open",
        reason=None,
        sent_at_ms=1,
        due_ms=9,
    )
    died = msgspec.structs.replace(message, state="dead", reason="nul \0 byte", ended_at_ms=9)
    event = paused("a1")
    await journal.commit([created(A, event, shared=shared[:1], messages=[message])])
    await journal.commit([then(A, 2, paused("a2"), shared=shared[1:], messages=[died])])
    stale = then(A, 3, paused("a3"), epoch=9, shared=[msgspec.structs.replace(shared[0], key="z")])
    await journal.commit([stale])

    kept = await backend.rows("shared_context", "key, version, step, untrusted, at_ms")
    assert kept == [("k", 1, "s", 0, 1), ("k", 2, "s", 1, 2)]
    columns = "id, kind, sender, recipient, correlation, state, due_ms, ended_at_ms"
    assert await backend.rows("agent_messages", columns) == [
        ("m1", "REQUEST", "s", "t", None, "dead", 9, 9)
    ]

    end = ExecutionRow(status="COMPLETED", updated_at_ms=3, ended=True)
    await journal.commit([then(A, 3, paused("end"), row=end, release=True)])
    assert (await journal.gc(ended_before_ms=100)).executions == 1
    assert await backend.rows("shared_context", "key") == []
    assert await backend.rows("agent_messages", "id") == []
    assert {state for _, state, _ in await asyncio.to_thread(journal.check, deep=True)} == {"ok"}


async def test_retention_removes_what_ended_before_and_nothing_else(backend: Any) -> None:
    journal, others = backend.open(), backend.open()
    step = StepRow(step="search", agent="DriveSearch", status="SUCCEEDED")
    gate = WaitingRow(id="g", kind="approval", step=None, state="open", payload=b"", asked_at_ms=1)
    a1, a2, b1, c1, d1, e1 = map(paused, ("a1", "a2", "b1", "c1", "d1", "e1"))
    waits = ExecutionRow(status="WAITING", updated_at_ms=1)
    runs = ExecutionRow(status="RUNNING", updated_at_ms=1)
    folded = checkpoint.encode(State(C))
    await journal.commit(
        [
            created(A, a1, a2, row=ended(100), steps=[step], waiting=[gate], release=True),
            created(B, b1, row=ended(200), release=True),
            created(C, c1, row=waits, checkpoint=folded),
            created(D, d1, row=runs, release=True),
            created(E, e1, row=ended(150, "FAILED"), release=True, checkpoint=b"e"),
        ]
    )
    sent = await journal.send(A, InboxKind.CANCEL, b"")
    kept_sent = await journal.send(C, InboxKind.PAUSE, b"")

    freed = await others.gc(ended_before_ms=200)

    assert (freed.executions, freed.events, freed.blobs) == (2, 3, 0)
    assert freed.bytes >= len(a1 + a2 + e1 + "e")
    assert [stored.execution for stored in await journal.recent()] == [D, C, B]
    assert (await journal.get(A), await journal.checkpoint(E)) == (None, None)
    assert await journal.read(A) == []
    assert await journal.outcome(sent) is None
    assert await journal.adopt(A) is None
    with pytest.raises(UnknownExecution):
        await journal.send(A, InboxKind.CANCEL, b"")
    assert payloads(await journal.read_feed(0, 10)) == [b1, c1, d1]
    assert [row.id for row in await journal.pending()] == [kept_sent]
    assert await journal.checkpoint(C) == Checkpoint(seq=1, payload=folded)
    assert {state for _, state, _ in await asyncio.to_thread(journal.check, deep=True)} == {"ok"}
    assert (await others.gc(ended_before_ms=200)).executions == 0


async def test_what_carried_a_dry_run_out_stays_as_long_as_that(journal: Journal) -> None:
    """The clock was set back meanwhile. Else the dry run could be carried out once more."""
    dry = created(A, row=ended(200), release=True)
    create = NewExecution(query="q", user="me", created_at_ms=1, dry_run=True)
    await journal.commit(
        [
            msgspec.structs.replace(dry, create=create),
            created(A + 1, row=ended(100), release=True),
            created(A + 3, row=ended(100), release=True),
        ]
    )
    assert (await journal.gc(ended_before_ms=150, dry_run=True)).executions == 1
    assert (await journal.gc(ended_before_ms=150)).executions == 1
    assert [stored.execution for stored in await journal.recent()] == [A + 1, A]
    assert (await journal.gc(ended_before_ms=250)).executions == 2


async def test_asked_only_what_would_go_retention_removes_nothing(journal: Journal) -> None:
    await journal.commit(
        [created(A, f'{{"output":{LARGE}}}', row=ended(100), release=True, checkpoint=b"c")]
    )

    asked = await journal.gc(ended_before_ms=101, dry_run=True)

    assert (asked.executions, asked.events, asked.blobs) == (1, 1, 1)
    assert asked.bytes > len(LARGE)
    assert not asked.compacted
    assert len(await journal.read(A)) == 1
    done = await journal.gc(ended_before_ms=101)
    assert msgspec.structs.replace(done, compacted=False) == asked
    assert await journal.read(A) == []


async def test_a_blob_goes_with_the_last_that_refers_to_it(journal: Journal) -> None:
    payload = f'{{"output":{LARGE}}}'
    await journal.commit([created(A, payload, row=ended(100), release=True)])
    await journal.commit([created(B, payload, row=ended(200), release=True)])

    assert (await journal.gc(ended_before_ms=150)).blobs == 0
    assert payloads(await journal.read(B)) == [payload]
    assert (await journal.gc(ended_before_ms=250)).blobs == 1


async def test_events_after_retention_come_after_all_that_were(journal: Journal) -> None:
    await journal.commit([created(A), created(B, "b1", row=ended(1), release=True)])
    before = await journal.last_position()
    await journal.gc(ended_before_ms=2)

    committed = await journal.commit([then(A, 2, "on"), created(B, "anew")])

    assert min(position or 0 for position in committed.first_positions) > before
    assert payloads(await journal.read_feed(before, 10)) == ["on", "anew"]
    assert payloads(await journal.read(B)) == ["anew"]


async def test_what_somebody_alive_holds_is_not_removed(backend: Any) -> None:
    mine, others = backend.open(), backend.open()
    await mine.commit([created(A, row=ended(1))])

    assert (await others.gc(ended_before_ms=2)).executions == 0
    assert await places(mine, await mine.commit([then(A, 2, "on")])) == [2]


async def test_retention_leaves_time_for_commits(backend: Any) -> None:
    mine, others = backend.open(), backend.open()
    await mine.commit([created(A)])
    await mine.commit(
        [created(number, *"abcdefgh", row=ended(1), release=True) for number in range(1, 400)]
    )

    removing = asyncio.ensure_future(others.gc(ended_before_ms=2))
    for seq in range(2, 40):
        assert (await mine.commit([then(A, seq, "on")])).first_positions != [None]

    assert (await removing).executions == 399
    assert len(await mine.read(A)) == 39
