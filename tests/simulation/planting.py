"""What a planted bug is."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import msgspec
import pytest


class Planted(msgspec.Struct, frozen=True):
    """A bug, the property that it breaks, and within how many seeds, from the `first` one, that
    must be seen."""

    name: str
    breaks: str
    within: int
    plant: Callable[[pytest.MonkeyPatch], None]
    first: int = 0

    @property
    def seeds(self) -> range:
        return range(self.first, self.first + self.within)


def everywhere(patch: pytest.MonkeyPatch, name: str, real: Any, planted: Any) -> None:
    """Replace a function in every module that imported it."""
    for module in list(sys.modules.values()):
        if module.__name__.startswith("tizmor") and getattr(module, name, None) is real:
            patch.setattr(module, name, planted)
