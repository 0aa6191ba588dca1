"""SystemCheck: every figure is measured."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tizmor.agents.system import checks
from tizmor.agents.system.database import inspect
from tizmor.agents.system.system_check import system_check
from tizmor.ports.vocabulary import Check


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / ".tizmor" / "tizmor.db"
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE journal (position INTEGER PRIMARY KEY, payload BLOB)")
        connection.executemany(
            "INSERT INTO journal (payload) VALUES (?)", [(bytes(4000),) for _ in range(50)]
        )
        connection.commit()
    return path


async def states(context: Any) -> dict[str, Check]:
    return {check.name: check for check in (await system_check(ctx=context)).checks}


async def test_a_sound_system_passes_with_figures(
    context: Any, database: Path, tmp_path: Path
) -> None:
    (tmp_path / "plan.md").write_text("plan")
    (tmp_path / "contacts").mkdir()
    card = "BEGIN:VCARD\nVERSION:3.0\nFN:Yoav Cohen\nEND:VCARD\n"
    (tmp_path / "contacts" / "yoav.vcf").write_text(card)
    (tmp_path / "calendar").mkdir()
    event = "DTSTART:20261122T070000Z\nDTEND:20261122T080000Z\nUID:x\nDTSTAMP:20260101T000000Z\n"
    (tmp_path / "calendar" / "x.ics").write_text(
        f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\nBEGIN:VEVENT\n{event}END:VEVENT\nEND:VCALENDAR\n"
    )
    checked = await system_check(ctx=context())
    by_name = {check.name: check for check in checked.checks}
    assert {name for name, check in by_name.items() if check.state != "ok"} <= {"disk space"}
    assert by_name["journal"].detail == "50 rows"
    assert "wal" in by_name["database"].detail
    assert by_name["documents"].detail == "1 files"
    assert by_name["contacts"].detail == "1 in 1 files"
    assert by_name["calendar"].detail == "1 files, 1 events in the next 30 days"
    assert by_name["time zone"].detail.startswith("Asia/Jerusalem, 2026-11-21 12:00")
    assert f"{len(checked.checks)} checks passed" in checked.summary or "disk" in checked.summary


async def test_what_is_missing_or_broken_is_a_warning_by_name(context: Any, tmp_path: Path) -> None:
    (tmp_path / "contacts").mkdir()
    (tmp_path / "contacts" / "broken.vcf").write_text("no card")
    found = await states(context(language="he"))
    assert found["אנשי קשר"].state == "warning"
    assert "contacts/broken.vcf" in found["אנשי קשר"].detail
    assert found["מסמכים"].state == "warning"
    assert found["מסד הנתונים"].state == "warning"
    assert "בדיקות עברו" in (await system_check(ctx=context(language="he"))).summary


def test_a_damaged_database_fails(context: Any, database: Path) -> None:
    raw = bytearray(database.read_bytes())
    raw[4096:12288] = b"\x55" * 8192
    database.write_bytes(raw)
    soundness, _ = checks.check_database(context())
    assert soundness.state == "failed"


def test_the_database_stays_as_it_is_and_writers_are_not_kept_waiting(
    database: Path,
) -> None:
    with closing(sqlite3.connect(database, timeout=0)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("INSERT INTO journal (payload) VALUES (x'00')")
        before = database.read_bytes()
        seen = inspect(database)
        assert (seen.problem, seen.journal_rows, seen.finished) == ("", 50, True)
        assert database.read_bytes() == before
        writer.execute("COMMIT")
        assert inspect(database).journal_rows == 51


async def test_a_full_disk_is_a_warning(context: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage("/")._replace(total=10**12, free=4 * 10**8)
    monkeypatch.setattr(checks.shutil, "disk_usage", lambda _: usage)
    check = checks.check_disk(context())
    assert (check.state, check.detail) == ("warning", "0.4 GB (0%) free")


async def test_a_workspace_that_can_not_be_written_fails(context: Any, workspace: Any) -> None:
    gone = type(workspace)(root=workspace.root / "gone")
    check = checks.check_workspace(context(workspace=gone))
    assert check.state == "failed"
