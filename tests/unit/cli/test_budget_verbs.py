"""`tizmor budget`, `metrics` and `run --budget` on a workspace of their own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tizmor.cli.main import main


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "tizmor.toml").write_text('[budgets]\n"day.calls" = 100\n')
    (tmp_path / "notes.md").write_text("Wheat is what we sold in March.")
    return tmp_path


def lines(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, list[Any]]:
    code = main([*words, "--json"])
    return code, [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_where_nothing_was_run_yet_looking_creates_nothing(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ("--workspace", str(folder))
    code, found = lines(capsys, "budget", *where)
    assert (code, [(b["scope"], b["measure"], b["limit"]) for b in found]) == (
        0,
        [("day", "calls", 100)],
    )
    assert lines(capsys, "metrics", *where) == (0, [])
    assert main(["metrics", *where]) == 0
    assert capsys.readouterr().out == "No step has run yet.\n"
    assert not (folder / ".tizmor").exists()


def test_what_a_run_used_is_shown_by_day_execution_and_agent(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ("--workspace", str(folder))
    code, told = lines(capsys, "run", "find documents about wheat", "--budget", "calls=9", *where)
    assert code == 0
    ran = told[-1]["executionId"]
    _, found = lines(capsys, "budget", *where)
    spent = {(b["scope"], b["measure"]): b["spent"] for b in found}
    assert spent["day", "calls"] >= 1
    _, found = lines(capsys, "budget", ran, *where)
    calls = next(b for b in found if b["measure"] == "calls")
    assert (calls["scope"], calls["limit"], calls["spent"]) == (
        "execution",
        9,
        spent["day", "calls"],
    )
    _, figures = lines(capsys, "metrics", "--agent", "DriveSearch", *where)
    assert [(f["agent"], f["steps"], f["succeeded"]) for f in figures] == [("DriveSearch", 1, 1)]
    assert main(["metrics", *where]) == 0
    assert "DriveSearch" in capsys.readouterr().out


def test_a_run_for_which_the_budget_does_not_suffice_says_so(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ("--workspace", str(folder))
    words = ("run", "find documents about wheat", "--budget")
    assert lines(capsys, *words, "calls=0", *where)[0] == 1
    code, told = lines(capsys, *words, "calls=0,exhausted=ask", *where)
    assert (code, told[-1]["type"]) == (3, "waiting")
    assert "execution.calls" in told[-1]["waitingFor"][0]["text"]


@pytest.mark.parametrize(
    "words",
    [
        ("run", "x", "--budget", "money=1"),
        ("budget", "no-such-execution"),
        ("metrics", "--agent", "Nobody"),
    ],
)
def test_wrong_input_ends_with_2(
    folder: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    code, told = lines(capsys, *words, "--workspace", str(folder))
    assert (code, told[-1]["type"]) == (2, "error")
