"""What `doctor` asks of the database: is the file sound, and are all rows what was written?"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from tizmor.core.errors import EngineError, JournalDamaged
from tizmor.core.ids import public_id
from tizmor.storage.blobs import damaged
from tizmor.storage.connection import connect_to_read, storage_errors
from tizmor.storage.reader import Reader

Finding = tuple[str, str, str]
"""Name, state (`ok` or `failed`), detail."""

_NAMED = 5
_ALL = (
    "SELECT id FROM executions UNION SELECT execution FROM journal"
    " UNION SELECT execution FROM execution_checkpoints"
)


def inspect(database: Path, *, deep: bool) -> list[Finding]:
    """Check the file's structure and count its rows; `deep` also verifies every row and every blob.

    Nothing is written and nothing raised for what is found.
    """
    try:
        findings = [_structure(database), _counts(database)]
        if deep:
            findings += _rows_and_blobs(database)
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


def _rows_and_blobs(database: Path) -> list[Finding]:
    damages = []
    events = 0
    uses: dict[bytes, str] = {}
    with closing(connect_to_read(database)) as connection, storage_errors():
        ids = [row[0] for row in connection.execute(_ALL)]
    with closing(Reader(database)) as reader:
        for execution in ids:
            try:
                verified, references = reader.verify(execution)
            except JournalDamaged as error:
                damages.append(str(error))
            else:
                events += verified
                uses |= {
                    digest: f"execution {public_id(execution)}, {place}"
                    for digest, place in references.items()
                }
        blobs = set(reader.blobs()) | uses.keys()
        wrong = [_blob(reader, digest, uses.get(digest)) for digest in sorted(blobs)]
    rows = f"{events} events and the checkpoints are what was written"
    return [
        _summed_up("checksums", damages, rows),
        _summed_up("blobs", [w for w in wrong if w], f"{len(blobs)} are what was written"),
    ]


def _blob(reader: Reader, digest: bytes, place: str | None) -> str | None:
    """What is wrong with a blob, and where it is missed."""
    wrong = damaged(digest, reader.blob(digest))
    return f"{place or 'no longer used'}: {wrong}" if wrong else None


def _summed_up(name: str, damages: Sequence[str], otherwise: str) -> Finding:
    if not damages:
        return (name, "ok", otherwise)
    more = f"; and {len(damages) - _NAMED} more" if len(damages) > _NAMED else ""
    return (name, "failed", "; ".join(damages[:_NAMED]) + more)
