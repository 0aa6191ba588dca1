"""SystemCheck: every figure is measured."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from tizmor.agents.system import checks, system_check
from tizmor.ports.agent import Agent
from tizmor.ports.vocabulary import Check

STORED = [("database", "ok", "ok"), ("journal", "ok", "7 events of 1 executions")]
sound_check = system_check(storage=lambda: STORED, agents=lambda: ["Calendar", "Editor"])


async def states(context: Any, check: Agent = sound_check) -> dict[str, Check]:
    return {found.name: found for found in (await check(ctx=context)).checks}


async def test_a_sound_system_passes_with_figures(context: Any, tmp_path: Path) -> None:
    (tmp_path / "plan.md").write_text("plan")
    (tmp_path / "contacts").mkdir()
    card = "BEGIN:VCARD\nVERSION:3.0\nFN:Yoav Cohen\nEND:VCARD\n"
    (tmp_path / "contacts" / "yoav.vcf").write_text(card)
    (tmp_path / "calendar").mkdir()
    event = "DTSTART:20261122T070000Z\nDTEND:20261122T080000Z\nUID:x\nDTSTAMP:20260101T000000Z\n"
    (tmp_path / "calendar" / "x.ics").write_text(
        f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\nBEGIN:VEVENT\n{event}END:VEVENT\nEND:VCALENDAR\n"
    )
    checked = await sound_check(ctx=context())
    by_name = {check.name: check for check in checked.checks}
    assert {name for name, check in by_name.items() if check.state != "ok"} <= {"disk space"}
    assert by_name["journal"].detail == "7 events of 1 executions"
    assert re.fullmatch(r"ok \(\d+\.\d ms\)", by_name["database"].detail)
    assert by_name["agents"].detail == "2 available"
    assert by_name["documents"].detail == "1 file"
    assert by_name["contacts"].detail == "1 in 1 file"
    assert by_name["calendar"].detail == "1 file, 1 event in the next 30 days"
    assert by_name["time zone"].detail.startswith("Asia/Jerusalem, 2026-11-21 12:00")
    assert f"{len(checked.checks)} checks passed" in checked.summary or "disk" in checked.summary


async def test_what_is_missing_or_broken_is_a_warning_by_name(context: Any, tmp_path: Path) -> None:
    (tmp_path / "contacts").mkdir()
    (tmp_path / "contacts" / "broken.vcf").write_text("no card")
    found = await states(context(language="he"))
    assert found["אנשי קשר"].state == "warning"
    assert "contacts/broken.vcf" in found["אנשי קשר"].detail
    assert found["מסמכים"].state == "warning"
    assert "בדיקות עברו" in (await sound_check(ctx=context(language="he"))).summary


async def test_what_the_storage_finds_is_told_and_no_agents_are_a_failure(context: Any) -> None:
    damaged = [("database", "failed", "row 7 is damaged")]
    check = system_check(storage=lambda: damaged, agents=list)
    found = await states(context(), check)
    assert found["database"].state == "failed"
    assert found["agents"].state == "failed"
    assert "row 7 is damaged" in (await check(ctx=context())).summary


async def test_a_full_disk_is_a_warning(context: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage("/")._replace(total=10**12, free=4 * 10**8)
    monkeypatch.setattr(checks.shutil, "disk_usage", lambda _: usage)
    check = checks.check_disk(context())
    assert (check.state, check.detail) == ("warning", "0.4 GB (0%) free")


async def test_a_workspace_that_can_not_be_written_fails(context: Any, workspace: Any) -> None:
    gone = type(workspace)(root=workspace.root / "gone")
    check = checks.check_workspace(context(workspace=gone))
    assert check.state == "failed"
