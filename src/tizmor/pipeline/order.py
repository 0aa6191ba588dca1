"""The order of the middlewares, outermost first, stated once.

What stands under `cache` doesn't run on a hit. `lock` is inside `limit`, so nobody holds a lock
while throttled. Backoff happens outside the pipeline, so locks are free meanwhile.
"""

from __future__ import annotations

from collections.abc import Sequence

ORDER = (
    "trace",
    "meter",
    "cache",
    "approve",
    "budget",
    "breaker",
    "limit",
    "lock",
    "classify",
    "invoke",
)
REQUIRED = frozenset({"approve", "classify", "invoke"})
"""Without these a call would be unasked, unjudged or not made."""


def check_order(names: Sequence[str]) -> None:
    """Raises `ValueError` when a pipeline's middlewares are unknown, out of order or too few."""
    unknown = [n for n in names if n not in ORDER]
    if unknown:
        raise ValueError(f"unknown middlewares: {', '.join(unknown)} (known: {', '.join(ORDER)})")
    if missing := sorted(REQUIRED.difference(names)):
        raise ValueError(f"the pipeline lacks {', '.join(missing)}")
    places = [ORDER.index(n) for n in names]
    if places != sorted(set(places)):
        raise ValueError(f"wrong order {' > '.join(names)}; it must follow {' > '.join(ORDER)}")
