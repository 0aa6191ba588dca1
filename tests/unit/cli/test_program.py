"""The words that call the program are those that work for this user."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tizmor.cli.program import program


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "some folder" / "tizmor"
    path.parent.mkdir()
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


def test_a_program_on_the_path_is_called_by_its_name(
    script: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(script.parent))
    monkeypatch.setattr(sys, "argv", [str(script), "run"])
    assert program() == "tizmor"


def test_a_program_that_the_shell_does_not_find_is_called_by_its_path(
    script: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr(sys, "argv", [str(script), "run"])
    assert program() == f"'{script}'"


def test_a_module_is_called_by_its_interpreter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["/anywhere/tizmor/__main__.py", "run"])
    assert program() == f"{sys.executable} -m tizmor"
