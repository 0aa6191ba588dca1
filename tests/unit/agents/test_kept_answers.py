"""Agents that read documents: what they made of them is kept until one of them changes."""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path
from typing import Any

import pytest
from tests.clocks import SetClock

import tizmor
from tizmor.core.plan import Plan, Step
from tizmor.settings import Settings

EARLIER_S = 1_700_000_000
DOCUMENT = {"path": "notes/a.txt", "title": "Notes", "date": "2026-03-01", "dateFrom": "file"}
READERS = {"Question": {"question": "what was decided about the budget?"}, "Summary": {},
           "WeeklyStatus": {}}  # fmt: skip


def write(root: Path, text: str) -> None:
    path = root / "notes" / "a.txt"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    os.utime(path, (EARLIER_S, EARLIER_S))


async def read(library: tizmor.Tizmor, agent: str, **arguments: Any) -> tuple[str, bool]:
    step = Step(id="s", agent=agent, arguments={"documents": [DOCUMENT], **arguments})
    execution = await library.start("read", plan=Plan(goal="read", steps=(step,)))
    (done,) = (await library.result(execution.id)).steps
    assert done.error is None
    return str(done.output), done.cached


@pytest.mark.parametrize("agent", READERS)
async def test_what_was_made_of_a_document_is_given_again_until_it_changes(
    tmp_path: Path, agent: str
) -> None:
    write(tmp_path, "It was decided that the budget is 40,000 shekels.")
    clock = SetClock(dt.datetime.now(dt.UTC) + dt.timedelta(minutes=1))
    async with tizmor.Tizmor.open(tmp_path, settings=Settings(), clock=clock) as library:
        first, cached = await read(library, agent, **READERS[agent])
        assert ("40,000" in first, cached) == (True, False)
        assert await read(library, agent, **READERS[agent]) == (first, True)
        write(tmp_path, "It was decided that the budget is 50,000 shekels.")
        second, cached = await read(library, agent, **READERS[agent])
        assert ("50,000" in second, "40,000" in second, cached) == (True, False, False)


async def test_a_path_that_leads_outside_makes_the_whole_workspace_count(tmp_path: Path) -> None:
    write(tmp_path, "It was decided that the budget is 40,000 shekels.")
    outside = {**DOCUMENT, "path": "../outside.txt"}
    clock = SetClock(dt.datetime.now(dt.UTC) + dt.timedelta(minutes=1))
    async with tizmor.Tizmor.open(tmp_path, settings=Settings(), clock=clock) as library:
        assert not (await read(library, "Summary", documents=[outside]))[1]
        assert (await read(library, "Summary", documents=[outside]))[1]
        write(tmp_path, "Nothing was decided.")
        assert not (await read(library, "Summary", documents=[outside]))[1]


async def test_a_reader_that_looks_for_words_is_not_given_the_answer_to_other_words(
    tmp_path: Path,
) -> None:
    """What Question finds depends on how it is asked, so another wording is asked anew."""
    write(tmp_path, "It was decided that the budget is 40,000 shekels.")
    clock = SetClock(dt.datetime.now(dt.UTC) + dt.timedelta(minutes=1))
    async with tizmor.Tizmor.open(tmp_path, settings=Settings(), clock=clock) as library:
        await read(library, "Question", question="what was decided about the budget?")
        other = "please tell me what was decided about the budget"
        assert not (await read(library, "Question", question=other))[1]
