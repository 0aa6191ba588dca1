"""`tizmor gc` on real workspaces."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path
from typing import Any

import pytest

from tizmor.cli.main import main
from tizmor.core.errors import WrongSetting
from tizmor.drivers.embedded.clock import SystemClock
from tizmor.ports.journal import Append, ExecutionRow, NewExecution
from tizmor.settings import load
from tizmor.storage.sqlite import open_sqlite

DAY_MS = 86_400_000


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """Executions that ended 100 days, 10 days and no time ago, and one that waits since ever."""
    asyncio.run(_fill(tmp_path / ".tizmor", int(time.time() * 1000)))
    return tmp_path


async def _fill(folder: Path, now_ms: int) -> None:
    journal = open_sqlite(folder, create=True, clock=SystemClock())
    ends = {1: now_ms - 100 * DAY_MS, 2: now_ms - 10 * DAY_MS, 3: now_ms - 1_000, 4: None}
    await journal.commit(
        [
            Append(
                execution=number,
                epoch=1,
                first_seq=1,
                events=[(1, b'{"output":"' + b"%d" % number * 200_000 + b'"}')],
                create=NewExecution(query="q", user="u", created_at_ms=1),
                row=ExecutionRow(
                    status="WAITING" if end is None else "COMPLETED",
                    ended=end is not None,
                    updated_at_ms=end or 1,
                ),
                release=True,
            )
            for number, end in ends.items()
        ]
    )
    await journal.close()


def gc(workspace: Path, capsys: pytest.CaptureFixture[str], *options: str) -> dict[str, Any]:
    assert main(["gc", "--workspace", str(workspace), "--json", *options]) == 0
    line: dict[str, Any] = json.loads(capsys.readouterr().out)
    return line


def test_what_is_older_goes_and_the_file_shrinks(
    workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = gc(workspace, capsys, "--older-than", "30d", "--dry-run")
    assert (asked["executions"], asked["blobs"], asked["dryRun"]) == (1, 1, True)
    assert asked["fileBytesAfter"] == asked["fileBytesBefore"]

    done = gc(workspace, capsys, "--older-than", "1w")

    assert (done["executions"], done["events"], done["blobs"]) == (2, 2, 2)
    assert done["compacted"]
    assert done["fileBytesAfter"] < done["fileBytesBefore"] - 350_000
    assert gc(workspace, capsys, "--older-than", "0.5s")["executions"] == 1
    assert gc(workspace, capsys, "--older-than", "0s")["executions"] == 0


def test_without_an_age_the_setting_holds(
    workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (workspace / "tizmor.toml").write_text("retention_days = 30\n")

    assert gc(workspace, capsys)["executions"] == 1


def test_without_any_age_it_says_how_to_choose_one(
    workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["gc", "--workspace", str(workspace)]) == 0

    shown = " ".join(capsys.readouterr().out.split())
    assert "nothing to remove" in shown
    assert "--older-than 30d" in shown
    assert "retention_days = 30" in shown


def test_people_are_told_what_was_removed_and_how_large_the_file_is(
    workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["gc", "--workspace", str(workspace), "--older-than", "30d"]) == 0

    shown = " ".join(capsys.readouterr().out.split())
    assert "Removed 1 execution, 1 event, 0 spans, 1 blob, 0 log lines: 200.1 kB." in shown
    assert "The database's file:" in shown


def test_where_nothing_was_run_nothing_is_made(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert gc(tmp_path, capsys, "--older-than", "1d")["executions"] == 0
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("age", ["30", "d", "-1d", "1y", "36501d", "9999999d", "3 0d", "٣d"])
def test_an_age_that_is_none_is_refused_with_an_example(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], age: str
) -> None:
    assert main(["gc", "--workspace", str(tmp_path), f"--older-than={age}"]) == 2
    assert "30d" in capsys.readouterr().err


@pytest.mark.parametrize("line", ["retention_days = 0", "retention_days = true"])
def test_a_wrong_setting_is_named_with_a_right_one(tmp_path: Path, line: str) -> None:
    (tmp_path / "tizmor.toml").write_text(line)

    with pytest.raises(WrongSetting, match=r"retention_days.*retention_days = 30"):
        load(tmp_path, environ={})
