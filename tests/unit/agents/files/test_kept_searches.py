"""DriveSearch: its answers are kept as long as the workspace is as it was."""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path

from tests.clocks import SetClock

import tizmor
from tizmor.core.plan import Plan, Step
from tizmor.settings import Settings

SEARCH = Plan(
    goal="find",
    steps=(Step(id="s", agent="DriveSearch", arguments={"topics": ["budget"]}),),
)
EARLIER_S = 1_700_000_000


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    os.utime(path, (EARLIER_S, EARLIER_S))


async def test_a_search_is_answered_again_until_a_document_comes_goes_or_changes(
    tmp_path: Path,
) -> None:
    write(tmp_path / "notes" / "a.txt", "The budget of March")
    clock = SetClock(dt.datetime.now(dt.UTC) + dt.timedelta(minutes=1))
    async with tizmor.Tizmor.open(tmp_path, settings=Settings(), clock=clock) as library:

        async def search() -> tuple[list[str], bool]:
            execution = await library.start("find", plan=SEARCH)
            (step,) = (await library.result(execution.id)).steps
            return sorted((step.output or {})["sources"]), step.cached

        assert await search() == (["notes/a.txt"], False)
        assert await search() == (["notes/a.txt"], True)
        write(tmp_path / "deep" / "er" / "b.txt", "The budget of April")
        assert await search() == (["deep/er/b.txt", "notes/a.txt"], False)
        assert await search() == (["deep/er/b.txt", "notes/a.txt"], True)
        write(tmp_path / "notes" / "a.txt", "The garden")
        assert await search() == (["deep/er/b.txt"], False)
        (tmp_path / "deep" / "er" / "b.txt").unlink()
        assert await search() == ([], False)
        (use,) = await library.cache()
        assert (use.agent, use.hits, use.misses) == ("DriveSearch", 2, 4)
        assert await library.clear_cache("DriveSearch") > 0
        assert await library.cache() == []


async def test_with_no_room_nothing_is_kept(tmp_path: Path) -> None:
    write(tmp_path / "a.txt", "The budget of March")
    clock = SetClock(dt.datetime.now(dt.UTC) + dt.timedelta(minutes=1))
    async with tizmor.Tizmor.open(tmp_path, settings=Settings(cache_mb=0), clock=clock) as library:
        for _ in range(2):
            execution = await library.start("find", plan=SEARCH)
            assert not (await library.result(execution.id)).steps[0].cached
        assert await library.cache() == []
