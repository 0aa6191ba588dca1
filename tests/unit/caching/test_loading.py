"""The languages are loaded where something is asked in free words, and nowhere else."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import asyncio, datetime, sys
import msgspec
import tizmor

class Said(msgspec.Struct):
    text: str

@tizmor.agent(name="Ask", cache_for=datetime.timedelta(hours=1), {declared})
async def ask(query: str, *, ctx: tizmor.AgentContext) -> Said:
    "Ask something."
    return Said(query)

async def main() -> None:
    async with tizmor.Tizmor.open({folder!r}, agents=[ask]):
        print("tizmor.caching.meaning" in sys.modules)

asyncio.run(main())
"""


@pytest.mark.parametrize(("declared", "loaded"), [("", "False"), ("semantic=('query',)", "True")])
def test_only_an_agent_that_is_asked_in_free_words_loads_them(
    tmp_path: Path, declared: str, loaded: str
) -> None:
    program = PROGRAM.format(declared=declared, folder=str(tmp_path))
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False
    )
    assert ran.stdout.split() == [loaded], ran.stderr
