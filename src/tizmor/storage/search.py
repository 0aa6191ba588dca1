"""Searching executions, page by page, in a bounded time.

Who is sought is found by looking at the newest ones first. No index would do for a piece of text,
and one for each of the rest would be paid for by every commit of every execution; so a page looks
at a bounded number of executions, by their numbers, and the next one begins where it ended.
"""

from __future__ import annotations

from typing import NamedTuple

from tizmor.ports.search import MOST_LOOKED_AT, Sought
from tizmor.storage.rows import EXECUTION, REMOVED

_WITHIN = f"id < ? AND id >= ? AND ended <> {REMOVED}"
_ESCAPED = str.maketrans({"%": r"\%", "_": r"\_", "\\": r"\\"})
ON_SQLITE = "query LIKE ?"
ON_POSTGRES = 'lower(query COLLATE "C") LIKE lower(? COLLATE "C")'
"""How a text is sought, ASCII letters in capitals or not."""


class Query(NamedTuple):
    """A statement, `?` standing for each of its values."""

    sql: str
    values: tuple[object, ...]


def last_looked_at(sought: Sought) -> Query:
    """The number of the last one that a page looks at; no row when all are looked at."""
    return Query(
        f"SELECT id FROM executions WHERE {_WITHIN} ORDER BY id DESC LIMIT 1 OFFSET ?",  # noqa: S608
        (sought.before, sought.since, MOST_LOOKED_AT - 1),
    )


def found(sought: Sought, *, limit: int, like: str) -> Query:
    """The rows that are sought, newest first."""
    conditions = [_WITHIN]
    values: list[object] = [sought.before, sought.since]
    if sought.statuses:
        conditions.append(f"status IN ({', '.join('?' * len(sought.statuses))})")
        values += sought.statuses
    if sought.user is not None:
        conditions.append('"user" = ?')
        values.append(sought.user)
    if sought.dry_run is not None:
        conditions.append("dry_run = ?")
        values.append(int(sought.dry_run))
    if sought.text:
        conditions.append(rf"{like} ESCAPE '\'")
        values.append(f"%{sought.text.translate(_ESCAPED)}%")
    where = " AND ".join(conditions)
    return Query(f"{EXECUTION} WHERE {where} ORDER BY id DESC LIMIT ?", (*values, limit))
