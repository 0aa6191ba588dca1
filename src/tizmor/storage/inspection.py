"""What `doctor` asks of the database: is the file sound, and are all rows what was written?"""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from tizmor.core.errors import EngineError, JournalDamaged
from tizmor.storage.connection import connect_to_read, storage_errors
from tizmor.storage.reader import Reader

Finding = tuple[str, str, str]
"""Name, state (`ok` or `failed`), detail."""

_NAMED = 5
_ALL = "SELECT id FROM executions UNION SELECT execution FROM journal"


def inspect(database: Path, *, deep: bool) -> list[Finding]:
    """Check the file's structure and count its rows; `deep` also verifies every row's checksum.

    Nothing is written and nothing raised for what is found.
    """
    try:
        findings = [_structure(database), _counts(database)]
        if deep:
            findings.append(_chains(database))
    except EngineError as error:
        return [("database", "failed", str(error))]
    return findings


def _structure(database: Path) -> Finding:
    with closing(connect_to_read(database)) as connection, storage_errors():
        said = [row[0] for row in connection.execute("PRAGMA quick_check(5)")]
    return ("database", "ok" if said == ["ok"] else "failed", "; ".join(said))


def _counts(database: Path) -> Finding:
    with closing(connect_to_read(database)) as connection, storage_errors():
        events = connection.execute("SELECT count(*) FROM journal").fetchone()[0]
        executions = connection.execute("SELECT count(*) FROM executions").fetchone()[0]
    return ("journal", "ok", f"{events} events of {executions} executions")


def _chains(database: Path) -> Finding:
    damages = []
    verified = 0
    with closing(connect_to_read(database)) as connection, storage_errors():
        ids = [row[0] for row in connection.execute(_ALL)]
    with closing(Reader(database)) as reader:
        for execution in ids:
            try:
                verified += len(reader.history(execution, 0))
            except JournalDamaged as error:
                damages.append(str(error))
    if damages:
        more = f"; and {len(damages) - _NAMED} more" if len(damages) > _NAMED else ""
        return ("checksums", "failed", "; ".join(damages[:_NAMED]) + more)
    return ("checksums", "ok", f"{verified} events are what was written")
