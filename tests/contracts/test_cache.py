"""Kept answers, shared by processes: in memory, on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tizmor.ports.cache import Cache, CacheUse, Computing, Kept, Mine, Source, Use, Wanted
from tizmor.ports.journal import Journal
from tizmor.ports.locks import Holder

A, B, C = (Holder(2000 + number, "step") for number in range(3))
HOUR_MS = 3_600_000
ASKED = Wanted("Web", b"key", b"meaning")
OTHERWISE = Wanted("Web", b"another key", b"meaning")
SOMETHING_ELSE = Wanted("Web", b"key of something else", b"something else")


async def keep(
    cache: Cache, wanted: Wanted, output: Any = "v", *, by: Holder = A, lasts_ms: int = HOUR_MS
) -> None:
    await cache.keep(by, wanted, {"value": output}, sources=(), lasts_ms=lasts_ms)


async def found(cache: Cache, wanted: Wanted) -> Any:
    kept = await cache.find(wanted)
    return None if kept is None else kept.output["value"]


async def test_what_one_process_keeps_another_finds(backend: Any) -> None:
    mine, others = backend.open().sharing.cache, backend.open().sharing.cache
    assert await others.find(ASKED) is None
    sources = [Source("a.txt", "stamp"), Source("b", "other", settled=False)]
    await mine.keep(A, ASKED, {"value": "ש"}, sources=sources, lasts_ms=HOUR_MS)
    kept = await others.find(ASKED)
    assert kept is not None
    assert (kept.output, list(kept.sources), kept.alike) == ({"value": "ש"}, sources, False)


async def test_what_means_the_same_is_found_and_said_to_be_alike(journal: Journal) -> None:
    cache = journal.sharing.cache
    await keep(cache, ASKED)
    kept = await cache.find(OTHERWISE)
    assert kept is not None
    assert kept.alike
    assert await cache.find(Wanted("Web", b"another key")) is None
    assert await cache.find(SOMETHING_ELSE) is None


async def test_the_exact_answer_goes_before_one_that_means_the_same(journal: Journal) -> None:
    cache = journal.sharing.cache
    await keep(cache, ASKED, "exact")
    await keep(cache, OTHERWISE, "alike")
    assert await found(cache, ASKED) == "exact"
    assert await found(cache, Wanted("Web", b"a third", b"meaning")) == "alike"


async def test_an_answer_lasts_no_longer_than_it_may(
    journal: Journal, advance: Callable[[int], None]
) -> None:
    cache = journal.sharing.cache
    await keep(cache, ASKED, lasts_ms=1_000)
    advance(999)
    assert await found(cache, ASKED) == "v"
    advance(1)
    assert await cache.find(ASKED) is None
    assert await cache.find(OTHERWISE) is None
    assert await cache.claim(B, ASKED) == Mine()


async def test_one_computes_and_the_others_are_held_until_it_is_there(backend: Any) -> None:
    mine, others = backend.open().sharing, backend.open().sharing
    assert await mine.cache.claim(A, ASKED) == Mine()
    assert await others.cache.claim(B, OTHERWISE) == Computing()
    assert await others.cache.claim(C, SOMETHING_ELSE) == Mine()
    assert (await others.turns()).ready == []
    await keep(mine.cache, ASKED, by=A)
    assert (await others.turns()).ready == [B]
    kept = await others.cache.claim(B, OTHERWISE)
    assert isinstance(kept, Kept)
    assert kept.alike


async def test_asking_again_keeps_the_claim_and_the_place(journal: Journal) -> None:
    cache = journal.sharing.cache
    assert await cache.claim(A, ASKED) == await cache.claim(A, ASKED) == Mine()
    assert await cache.claim(B, ASKED) == await cache.claim(B, ASKED) == Computing()


async def test_when_the_first_gives_up_the_next_computes(backend: Any) -> None:
    mine, others = backend.open().sharing, backend.open().sharing
    await mine.cache.claim(A, ASKED)
    await others.cache.claim(B, ASKED)
    await mine.cache.leave(A)
    assert (await others.turns()).ready == [B]
    assert await others.cache.claim(B, ASKED) == Mine()
    assert (await others.turns()).ready == []


async def test_a_dead_process_computes_nothing(backend: Any) -> None:
    dying, others = backend.open(), backend.open()
    await dying.sharing.cache.claim(A, ASKED)
    assert await others.sharing.cache.claim(B, ASKED) == Computing()
    backend.die(dying)
    assert (await others.sharing.turns()).ready == [B]
    assert await others.sharing.cache.claim(B, ASKED) == Mine()


async def test_what_a_step_gives_back_includes_its_computation(journal: Journal) -> None:
    sharing = journal.sharing
    await sharing.cache.claim(A, ASKED)
    await sharing.cache.claim(B, ASKED)
    await sharing.release(A)
    assert await sharing.cache.claim(B, ASKED) == Mine()


async def test_an_outdated_answer_is_worked_out_once_more(journal: Journal) -> None:
    """Who finds it outdated names it, and is not given it again."""
    cache = journal.sharing.cache
    await keep(cache, ASKED, "old")
    old = await cache.find(ASKED)
    assert old is not None
    assert await cache.claim(A, ASKED, after=old.id) == Mine()
    await keep(cache, ASKED, "new")
    new = await cache.claim(B, ASKED, after=old.id)
    assert isinstance(new, Kept)
    assert new.output == {"value": "new"}


async def test_what_was_used_least_lately_goes_first(
    journal: Journal, advance: Callable[[int], None]
) -> None:
    cache = journal.sharing.cache
    cache.limit(10_000)
    wanted = [Wanted("Web", b"%d" % number) for number in range(8)]
    for one in wanted[:6]:
        await keep(cache, one, "x" * 1_000)
        advance(1_000)
    first = await cache.find(wanted[0])
    cache.note("Web", Use.HIT, first)
    await cache.uses()
    for one in wanted[6:]:
        advance(1_000)
        await keep(cache, one, "x" * 1_000)
    there = [number for number, one in enumerate(wanted) if await cache.find(one)]
    assert there == [0, 3, 4, 5, 6, 7]
    assert 0 < (await cache.uses())[0].bytes <= 10_000


async def test_what_is_too_large_is_not_kept_and_nobody_waits_for_it(journal: Journal) -> None:
    sharing = journal.sharing
    sharing.cache.limit(1_000)
    await sharing.cache.claim(A, ASKED)
    await sharing.cache.claim(B, ASKED)
    await keep(sharing.cache, ASKED, "x" * 2_000, by=A)
    assert await sharing.cache.find(ASKED) is None
    assert await sharing.cache.claim(B, ASKED) == Mine()


async def test_an_answer_that_is_distrusted_serves_its_own_question_only(journal: Journal) -> None:
    cache = journal.sharing.cache
    await keep(cache, ASKED)
    kept = await cache.find(OTHERWISE)
    assert kept is not None
    await cache.distrust(kept)
    assert await cache.find(OTHERWISE) is None
    assert await found(cache, ASKED) == "v"


async def test_uses_are_counted_for_all_processes_also_dead_ones(backend: Any) -> None:
    first, second = backend.open(), backend.open()
    await keep(first.sharing.cache, ASKED)
    for cache, use in (
        (first.sharing.cache, Use.MISS),
        (first.sharing.cache, Use.HIT),
        (second.sharing.cache, Use.ALIKE),
        (second.sharing.cache, Use.VERIFIED),
        (second.sharing.cache, Use.FALSE),
    ):
        cache.note("Web", use)
    await first.sharing.cache.uses()
    await second.sharing.cache.uses()
    backend.die(first)
    second.sharing.cache.note("Web", Use.HIT)
    (counted,) = await second.sharing.cache.uses()
    assert counted == CacheUse(
        agent="Web",
        entries=1,
        bytes=counted.bytes,
        hits=5,
        alike=3,
        misses=1,
        verified=1,
        false_hits=1,
    )
    assert counted.bytes > 0


async def test_clearing_removes_one_agents_answers_or_all(journal: Journal) -> None:
    cache = journal.sharing.cache
    await keep(cache, ASKED)
    await keep(cache, SOMETHING_ELSE)
    await keep(cache, Wanted("Mail", b"mail"))
    cache.note("Web", Use.HIT)
    assert await cache.clear("Web") == 2
    assert [use.agent for use in await cache.uses()] == ["Mail"]
    assert await cache.clear() == 1
    assert await cache.uses() == []


async def test_a_process_that_was_taken_for_dead_gives_up_no_claim_but_its_own(
    backend: Any,
) -> None:
    """Its successor works the same step out by now, for all who wait."""
    stopped, successor = backend.open().sharing, backend.open().sharing
    assert await stopped.cache.claim(A, ASKED) == Mine()
    assert await successor.cache.claim(A, ASKED) == Mine()
    await stopped.cache.leave(A)
    assert await successor.cache.claim(B, ASKED) == Computing()
    await successor.cache.leave(A)
    assert await successor.cache.claim(B, ASKED) == Mine()
