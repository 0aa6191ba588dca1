"""The peers' own environments: `benchmarks/environments/NAME`, made from `requirements/NAME.txt`.

Made anew when the requirements change; ignored by Git.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

_HERE = Path(__file__).parent
_STAMP = "requirements.sha256"


class NotInstalled(Exception):
    """The environment can't be made; the message says why."""


def python_of(name: str) -> Path:
    """The interpreter of an environment, installed when it isn't there. Raises `NotInstalled`."""
    if not name:
        return Path(sys.executable)
    requirements = _HERE / "requirements" / f"{name}.txt"
    folder = _HERE / "environments" / name
    wanted = hashlib.sha256(requirements.read_bytes()).hexdigest()
    stamp = folder / _STAMP
    python = folder / "bin" / "python"
    if not (stamp.exists() and stamp.read_text() == wanted and _works(python)):
        print(f"installing {name} from {requirements.name} ...", file=sys.stderr, flush=True)
        _run(sys.executable, "-m", "venv", "--clear", folder)
        _run(
            python, "-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check",
            "--only-binary", ":all:", "--requirement", requirements,
        )  # fmt: skip
        stamp.write_text(wanted)
    return python


def _works(python: Path) -> bool:
    """An environment that was moved, or whose Python has gone, doesn't."""
    return python.exists() and subprocess.run([python, "-c", ""], check=False).returncode == 0


def _run(*command: str | Path) -> None:
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise NotInstalled(f"its environment could not be installed: {last[:200]}")
