"""The peers' own environments: `benchmarks/environments/NAME`, made from `requirements/NAME.txt`.

Made anew when the requirements change; ignored by Git.
"""

from __future__ import annotations

import functools
import hashlib
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

_HERE = Path(__file__).parent
_STAMP = "requirements.sha256"


class NotInstalled(Exception):
    """The environment can't be made; the message says why."""


def prepare(names: Iterable[str]) -> None:
    """Install what isn't there, so that no measurement's time is spent on it."""
    for name in names:
        _installed(name)


def python_of(name: str) -> Path:
    """The interpreter of an environment, installed when it isn't there: tried once. Raises
    `NotInstalled`."""
    python, trouble = _installed(name)
    if trouble:
        raise NotInstalled(trouble)
    return python


@functools.cache
def _installed(name: str) -> tuple[Path, str]:
    """The interpreter, and what keeps it from being used."""
    if not name:
        return Path(sys.executable), ""
    requirements = _HERE / "requirements" / f"{name}.txt"
    folder = _HERE / "environments" / name
    wanted = hashlib.sha256(requirements.read_bytes()).hexdigest()
    stamp = folder / _STAMP
    python = folder / "bin" / "python"
    if not (stamp.exists() and stamp.read_text() == wanted and _works(python)):
        print(f"installing {name} from {requirements.name} ...", file=sys.stderr, flush=True)
        try:
            _install(folder, requirements)
        except subprocess.CalledProcessError as error:
            last = (error.stderr.strip().splitlines() or ["no reason given"])[-1]
            return python, f"its environment could not be installed: {last[:200]}"
        stamp.write_text(wanted)
    return python, ""


def _works(python: Path) -> bool:
    """An environment that was moved, or whose Python has gone, doesn't."""
    return python.exists() and subprocess.run([python, "-c", ""], check=False).returncode == 0


def _install(folder: Path, requirements: Path) -> None:
    pip = (
        folder / "bin" / "python", "-m", "pip", "install", "--quiet", "--no-input",
        "--disable-pip-version-check", "--only-binary", ":all:", "--requirement", requirements,
    )  # fmt: skip
    for command in ((sys.executable, "-m", "venv", "--clear", folder), pip):
        subprocess.run(command, check=True, capture_output=True, text=True)
