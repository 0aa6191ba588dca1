"""SystemCheck measures; what it says is bad is bad."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest

from tizmor.agents.system import system_check
from tizmor.ports.workspace import Workspace

pytestmark = pytest.mark.anyio


def _states(checked: Any) -> dict[str, str]:
    return {check.name: check.state for check in checked.checks}


async def test_a_sound_workspace_is_all_ok(
    workspace: Workspace, context: Callable[..., Any]
) -> None:
    """Every part is named with a figure that was measured."""
    (workspace.root / "contacts").mkdir()
    (workspace.root / "contacts" / "a.vcf").write_text("BEGIN:VCARD\nEND:VCARD\n")
    (workspace.root / "note.md").write_text("hello")
    stored = [("database", "ok", "ok"), ("journal", "ok", "7 events of 1 executions")]
    agent = system_check(storage=lambda: stored, agents=lambda: ["A", "B"])
    checked = await agent.function(ctx=context(language="he"))
    assert set(_states(checked).values()) == {"ok"}
    details = {check.name: check.detail for check in checked.checks}
    assert details["contacts"] == "1 files"
    assert details["documents"] == "1 files"
    assert details["agents"] == "2 agents"
    assert "ms" in details["database"]
    assert checked.summary.startswith("הכול תקין")


async def test_what_the_storage_finds_is_told_and_named(
    workspace: Workspace, context: Callable[..., Any]
) -> None:
    """A failed part is in the summary by name."""
    stored = [("database", "failed", "row 7 is damaged")]
    agent = system_check(storage=lambda: stored, agents=lambda: ["A"])
    checked = await agent.function(ctx=context())
    assert _states(checked)["database"] == "failed"
    assert "database" in checked.summary


async def test_looking_leaves_nothing_behind(
    workspace: Workspace, context: Callable[..., Any]
) -> None:
    """The write that is measured is taken back."""
    agent = system_check(storage=list, agents=lambda: ["A"])
    await agent.function(ctx=context())
    assert os.listdir(workspace.root) == []
