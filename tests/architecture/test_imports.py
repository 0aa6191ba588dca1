"""The direction of imports, as `.importlinter` states it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

PLANTED = [
    ("core/planted.py", "import tizmor.ports.clock", "Imports point towards core"),
    ("planner/planted.py", "import tizmor.storage", "Imports point towards core"),
    ("engine/planted.py", "import tizmor.cli", "Imports point towards core"),
    ("core/planted.py", "import time", "The core decides and does nothing else"),
    ("engine/planted.py", "import sqlalchemy", "Only storage knows SQL"),
    ("cli/planted.py", "import fastapi", "Only the API knows HTTP"),
    ("engine/planted.py", "import tizmor.api", "Imports point towards core"),
    ("text/planted.py", "from tizmor.text import planted_too", "No cycles"),
]


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run in a process of its own: the linter imports the package from the folder it stands in."""
    command = [
        sys.executable,
        "-c",
        "from importlinter.cli import lint_imports_command as run; run()",
    ]
    return subprocess.run(
        [*command, "--no-cache", "--no-logo"],
        cwd=folder,
        env={"PYTHONPATH": "src", "LANG": "C.UTF-8"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_the_tree_keeps_every_contract() -> None:
    done = lint_imports(ROOT)
    assert done.returncode == 0, done.stdout


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("planted")
    shutil.copytree(ROOT / "src", folder / "src")
    shutil.copy(ROOT / ".importlinter", folder)
    return folder


@pytest.mark.parametrize(("name", "line", "contract"), PLANTED)
def test_a_planted_import_breaks_its_contract(
    copy: Path, name: str, line: str, contract: str
) -> None:
    planted = copy / "src" / "tizmor" / name
    back = planted.with_name("planted_too.py")
    planted.write_text(line + "\n", encoding="utf-8")
    back.write_text(f"import tizmor.{planted.parent.name}.planted\n", encoding="utf-8")
    try:
        assert f"{contract} BROKEN" in lint_imports(copy).stdout
    finally:
        planted.unlink()
        back.unlink()
