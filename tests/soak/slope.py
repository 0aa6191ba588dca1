"""How fast something grows, and how sure that is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple


class Slope(NamedTuple):
    """A line's growth in one unit of x, and its standard error."""

    per: float
    error: float

    @property
    def surely(self) -> float:
        """What it grows by at least, with some 97.5 %: two standard errors less."""
        return self.per - 2 * self.error


def slope(points: Sequence[tuple[float, float]]) -> Slope:
    """The ordinary least squares line through points (x, y). Raises `ValueError` for fewer than
    three, or all at one x."""
    count = len(points)
    if count < 3:
        raise ValueError("three points make a line with an error")
    mean_x = sum(x for x, _ in points) / count
    mean_y = sum(y for _, y in points) / count
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    if not spread:
        raise ValueError("all points are at one x")
    per = sum((x - mean_x) * (y - mean_y) for x, y in points) / spread
    left = sum((y - mean_y - per * (x - mean_x)) ** 2 for x, y in points)
    return Slope(per, math.sqrt(left / (count - 2) / spread))
