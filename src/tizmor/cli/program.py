"""How this user calls the command line, so that a printed line can be pasted as it is."""

from __future__ import annotations

import shlex
import shutil
import sys
from pathlib import Path

NAME = "tizmor"


def program() -> str:
    """`tizmor` where the shell finds this very program by that name, else the words that do."""
    called = Path(sys.argv[0])
    if called.name != NAME:
        return f"{shlex.quote(sys.executable)} -m {NAME}"
    found = shutil.which(NAME)
    if found is not None and Path(found).resolve() == called.resolve():
        return NAME
    return shlex.quote(str(called.absolute()))
