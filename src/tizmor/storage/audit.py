"""Rows of the audit log on SQLite. Its transactions come one after the other, so that each finds
the row before its own."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from tizmor.ports.audit import AuditRow, appended

_LAST = "SELECT number, payload, hash FROM audit_log ORDER BY number DESC LIMIT 1"
_INSERT = "INSERT INTO audit_log (number, payload, hash) VALUES (?, ?, ?)"
_AFTER = "SELECT number, payload, hash FROM audit_log WHERE number > ? ORDER BY number LIMIT ?"


def append(connection: sqlite3.Connection, payloads: Sequence[bytes]) -> None:
    """Write entries behind the last one, within the transaction that is open."""
    last = connection.execute(_LAST).fetchone()
    rows = appended(None if last is None else AuditRow(*last), payloads)
    connection.executemany(_INSERT, rows)


def read(connection: sqlite3.Connection, after: int, limit: int) -> list[AuditRow]:
    """Rows behind a number, in order."""
    return [AuditRow(*row) for row in connection.execute(_AFTER, (after, limit))]
