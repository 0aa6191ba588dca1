"""`tizmor limits` and `tizmor locks`, over a real workspace."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tizmor.cli.main import main
from tizmor.core.plan import Access, Resource
from tizmor.drivers.embedded.clock import SystemClock
from tizmor.ports.locks import Holder
from tizmor.ports.quotas import UNLIMITED, Left, Quota, Use
from tizmor.storage.sqlite import open_sqlite

Said = Callable[..., str]


@pytest.fixture
def said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Said:
    """Runs a verb in the workspace; what it said."""

    def run(*words: str) -> str:
        assert main([*words, "--workspace", str(tmp_path)]) == 0
        return capsys.readouterr().out

    return run


async def fill(workspace: Path) -> Any:
    """Some that hold, and some that wait."""
    journal = open_sqlite(workspace / ".tizmor", create=True, clock=SystemClock())
    uses = [Use("api:mail", Quota(1, 120_000)), Use("api:open", UNLIMITED)]
    for number in (1, 2):
        await journal.sharing.quotas.take(Holder(number, "send"), uses)
    await journal.sharing.quotas.used(Holder(1, "send"))
    await journal.sharing.quotas.heed("api:open", Left(3, 3_600_000))
    room = Resource(name="room:1", access=Access.EXCLUSIVE)
    for number in (1, 2):
        await journal.sharing.locks.acquire(Holder(number, "meet"), [room])
    return journal


async def test_they_tell_who_has_and_who_waits(tmp_path: Path, said: Said) -> None:
    journal = await fill(tmp_path)

    def look() -> tuple[str, str, list[Any], list[Any]]:
        as_json = [
            [json.loads(line) for line in said(verb, "--json").splitlines()]
            for verb in ("limits", "locks")
        ]
        return said("limits"), said("locks"), *as_json

    limits, locks, json_limits, json_locks = await in_thread(look)
    assert "1 of 1 per 2 minutes" in limits
    assert "1 wait" in limits
    assert "the API takes 3 more until" in limits
    assert [line.split()[:3] for line in locks.splitlines()] == [
        ["room:1", "held", "exclusive"],
        ["room:1", "waiting", "exclusive"],
    ]
    mail, free = json_limits
    assert (mail["name"], mail["amount"], mail["windowS"], mail["taken"]) == (
        "api:mail",
        1,
        120.0,
        1,
    )
    assert (mail["waiting"], mail["since"] is None, mail["left"]) == (1, False, None)
    assert (free["amount"], free["left"], free["waiting"]) == (None, 3, 0)
    assert [(lock["type"], lock["state"], lock["step"]) for lock in json_locks] == [
        ("lock", "held", "meet"),
        ("lock", "waiting", "meet"),
    ]
    await journal.close()


def test_they_create_nothing_where_nothing_was_run(tmp_path: Path, said: Said) -> None:
    assert said("limits") == "Nothing that was called here is limited.\n"
    assert said("locks") == "Nobody has anything locked.\n"
    assert not (tmp_path / ".tizmor").exists()


async def in_thread(look: Callable[[], Any]) -> Any:
    """The command line has an event loop of its own."""
    return await asyncio.to_thread(look)
