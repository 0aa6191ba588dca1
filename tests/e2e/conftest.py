"""Workspaces for the product's own tests."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.e2e.product import Tizmor


@pytest.fixture
def workspace(tmp_path: Path) -> Callable[[str], Tizmor]:
    """Makes a fresh example workspace by name."""

    def make(name: str = "tevuot") -> Tizmor:
        folder = tmp_path / name
        made = subprocess.run(
            [sys.executable, "-m", "tizmor", "init", str(folder), "--example", "tevuot"],
            capture_output=True,
            text=True,
            check=False,
        )
        assert made.returncode == 0, made.stderr
        return Tizmor(folder)

    return make


@pytest.fixture
def tevuot(workspace: Callable[[str], Tizmor]) -> Tizmor:
    return workspace("tevuot")
