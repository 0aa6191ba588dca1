"""The wheel is whole: it runs outside the checkout, with nothing of it in reach."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src"
REQUEST = "Read what we did in December at Tevuot and set a meeting with Yoav"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    pip("wheel", "--no-index", "--no-deps", "--no-build-isolation", "-w", str(folder), str(ROOT))
    return next(folder.glob("tizmor-*.whl"))


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new environment with the wheel in it, and this one's packages behind it.

    They come in by a path file. Such a folder's own path files are not read, so the checkout,
    which is installed here by one, stays out of reach.
    """
    folder = tmp_path_factory.mktemp("environment")
    run([sys.executable, "-m", "venv", "--without-pip", str(folder)])
    pip(f"--python={folder}/bin/python", "install", "--no-index", "--no-deps", str(wheel))
    packages = next(folder.glob("lib/python*/site-packages"))
    (packages / "behind.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    return folder


def pip(*arguments: str) -> None:
    run([sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", *arguments])


def run(command: Sequence[str], *, cwd: Path | None = None) -> str:
    environ = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "TIZMOR"))}
    done = subprocess.run(
        command, cwd=cwd, env=environ, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_wheel_holds_every_file_of_the_package_and_no_other(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        packed = {name for name in archive.namelist() if ".dist-info/" not in name}
    written = {
        path.relative_to(PACKAGE).as_posix()
        for path in (PACKAGE / "tizmor").rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    assert packed == written
    assert "tizmor/py.typed" in packed


def test_the_wheel_carries_its_licence(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        assert any(name.endswith("licenses/LICENSE") for name in archive.namelist())


def test_what_runs_is_the_installed_wheel(environment: Path, tmp_path: Path) -> None:
    said = run(
        [f"{environment}/bin/python", "-c", "import tizmor; print(tizmor.__file__)"], cwd=tmp_path
    )
    assert Path(said.strip()).is_relative_to(environment)


def test_the_installed_command_explains_itself(environment: Path, tmp_path: Path) -> None:
    said = run([f"{environment}/bin/tizmor", "--help"], cwd=tmp_path)
    assert all(verb in said for verb in ("init", "plan", "run", "approve"))


def test_the_installed_command_plans_on_the_example_that_it_carries(
    environment: Path, tmp_path: Path
) -> None:
    tizmor = f"{environment}/bin/tizmor"
    run([tizmor, "init", "example", "--example", "tevuot"], cwd=tmp_path)
    said = run([tizmor, "plan", REQUEST, "--workspace", "example", "--json"], cwd=tmp_path)
    agents = {step["agent"] for step in json.loads(said.splitlines()[-1])["steps"]}
    assert {"DriveSearch", "ContactSearch", "Calendar"} <= agents
