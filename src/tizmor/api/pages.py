"""Pages of lists that are known whole, by a cursor that names the last item which was given.

What comes and goes between two pages moves neither: the next page begins behind that item, whether
or not it is still there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

_T = TypeVar("_T")


def paged(
    items: Iterable[_T], key: Callable[[_T], str], *, limit: int, cursor: str | None
) -> tuple[tuple[_T, ...], str | None]:
    """At most `limit` items whose key is behind the cursor, by their keys, and the cursor of what
    follows; None at the end. A key names one item."""
    behind = sorted((i for i in items if cursor is None or key(i) > cursor), key=key)
    page = tuple(behind[:limit])
    return page, key(page[-1]) if len(behind) > limit else None
