"""What a held step waits for is told, in the language of the request."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import re
import subprocess
from pathlib import Path

from tests.e2e.product import ANCHOR, Tizmor

from tizmor.core.ids import public_id
from tizmor.core.plan import Resource
from tizmor.drivers.embedded.clock import SystemClock
from tizmor.ports.locks import Holder
from tizmor.storage.sqlite import open_sqlite

OTHER = 3_706_140_701_491_200_001
QUOTA = r"ממתין למכסה של כל סביבת העבודה עד \d\d:\d\d:\d\d"
LOCK = f"ממתין ל־room:1, מוחזק בידי ההרצה {public_id(OTHER)}"


def said_until(running: subprocess.Popen[str], wanted: str) -> list[str]:
    """Its lines as far as one that matches."""
    lines: list[str] = []
    assert running.stdout is not None
    for line in running.stdout:
        lines.append(line.rstrip("\n"))
        if re.search(wanted, line):
            return lines
    raise AssertionError("\n".join(lines))


def test_who_waits_for_a_quota_says_for_which_and_until_when(tevuot: Tizmor) -> None:
    with (tevuot.folder / "tizmor.toml").open("a", encoding="utf-8") as settings:
        settings.write('\n[limits]\nworkspace = "1/hour"\n')
    running = tevuot.start("run", ANCHOR)
    try:
        execution = said_until(running, QUOTA)[0]
        shown = tevuot("show", execution)
        assert re.search(QUOTA, shown.stdout), shown.stdout
        (step,) = [s for s in tevuot.show(execution)["steps"] if s.get("heldOn")][:1]
        assert step["heldOn"] == "limit:workspace"
        assert dt.datetime.fromisoformat(step["heldUntil"]).tzinfo is not None
    finally:
        running.kill()
        running.communicate()


def test_who_waits_for_a_lock_says_who_has_it(tevuot: Tizmor, tmp_path: Path) -> None:
    given = tmp_path / "plan.json"
    step = {"id": "look", "agent": "SystemCheck", "resources": [{"name": "room:1"}]}
    given.write_text(json.dumps({"goal": "בדיקה", "language": "he", "steps": [step]}), "utf-8")
    asyncio.run(beside_another_that_has_it(tevuot, given))


async def beside_another_that_has_it(tevuot: Tizmor, given: Path) -> None:
    journal = open_sqlite(tevuot.folder / ".tizmor", create=True, clock=SystemClock())
    await journal.sharing.locks.acquire(Holder(OTHER, "meet"), [Resource(name="room:1")])
    running = tevuot.start("run", "--plan", str(given))
    try:
        execution = (await asyncio.to_thread(said_until, running, LOCK))[0]
        shown = await asyncio.to_thread(tevuot, "show", execution)
        assert LOCK in shown.stdout
        await journal.sharing.locks.release(Holder(OTHER, "meet"))
        await asyncio.to_thread(running.communicate)
        assert running.returncode == 0
    finally:
        running.kill()
        await journal.close()
