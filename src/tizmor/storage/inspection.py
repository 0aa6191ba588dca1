"""What `doctor` asks of the database: is the file sound, and are all rows what was written, and
such as this version can read?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path

from tizmor.core import checkpoint, events
from tizmor.core.errors import EngineError, JournalDamaged
from tizmor.core.ids import public_id
from tizmor.ports.journal import Checkpoint, Record
from tizmor.storage.blobs import damaged
from tizmor.storage.connection import connect_to_read, storage_errors
from tizmor.storage.reader import Reader
from tizmor.storage.shared import removal

Finding = tuple[str, str, str]
"""Name, state (`ok`, `warning` or `failed`), detail."""

_NAMED = 5
_ALL = (
    "SELECT id FROM executions UNION SELECT execution FROM journal"
    " UNION SELECT execution FROM execution_checkpoints"
)


class Survey:
    """What a reading of all rows has found: which aren't what was written, which hold an event that
    this version doesn't know, and which checkpoints it passes over."""

    def __init__(self) -> None:
        self._verified = 0
        self._damages: list[str] = []
        self._unreadable: list[str] = []
        self._passed_over: list[str] = []

    def verified(self, rows: int) -> None:
        self._verified += rows

    def damaged(self, error: JournalDamaged) -> None:
        self._damages.append(str(error))

    def decode(self, records: Iterable[Record]) -> None:
        """Look whether these events can be read."""
        for record in records:
            try:
                events.decode(record.payload)
            except JournalDamaged as error:
                self._unreadable.append(f"{_place(record.execution, record.seq)}: {error}")

    def incomplete(self, error: JournalDamaged) -> None:
        """A part of an event or of a checkpoint is missed; the error says of which."""
        self._unreadable.append(str(error))

    def decode_checkpoint(self, execution: int, stored: Checkpoint | None) -> None:
        """Look whether a checkpoint can be read."""
        if stored is not None and checkpoint.decode(execution, stored.payload) is None:
            self._passed_over.append(_place(execution, stored.seq))

    def findings(self) -> list[Finding]:
        rows = f"{self._verified} events and the checkpoints are what was written"
        findings = [
            _summed_up("checksums", self._damages, rows),
            _summed_up("events", self._unreadable, "all that could be verified can be read"),
        ]
        if self._passed_over:
            named = _first_of(self._passed_over)
            said = f"another version's, so that all events are read instead: {named}"
            findings.append(("checkpoints", "warning", said))
        return findings


def inspect(database: Path, *, deep: bool) -> list[Finding]:
    """Check the file's structure and count its rows; `deep` also verifies every row and every blob.

    Nothing is written and nothing raised for what is found.
    """
    try:
        findings = [_structure(database), _counts(database), _sharing(database)]
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


def _sharing(database: Path) -> Finding:
    with closing(connect_to_read(database)) as connection, storage_errors():
        left_over = connection.execute(removal.LEFT_OVER).fetchone()[0]
        miscounted = connection.execute(removal.MISCOUNTED).fetchone()[0]
    return removal.finding(left_over, miscounted)


def _rows_and_blobs(database: Path) -> list[Finding]:
    survey = Survey()
    uses: dict[bytes, str] = {}
    with closing(connect_to_read(database)) as connection, storage_errors():
        ids = [row[0] for row in connection.execute(_ALL)]
    with closing(Reader(database)) as reader:
        for execution in ids:
            try:
                rows, references = reader.verify(execution)
            except JournalDamaged as error:
                survey.damaged(error)
                continue
            survey.verified(rows)
            uses |= {
                digest: f"execution {public_id(execution)}, {place}"
                for digest, place in references.items()
            }
            _decode(reader, execution, survey)
        blobs = set(reader.blobs()) | uses.keys()
        wrong = [_blob(reader, digest, uses.get(digest)) for digest in sorted(blobs)]
    return [
        *survey.findings(),
        _summed_up("blobs", [w for w in wrong if w], f"{len(blobs)} are what was written"),
    ]


def _decode(reader: Reader, execution: int, survey: Survey) -> None:
    """Look whether what was written of an execution can be read."""
    try:
        survey.decode(reader.history(execution, 0))
        survey.decode_checkpoint(execution, reader.checkpoint(execution))
    except JournalDamaged as error:
        survey.incomplete(error)


def _blob(reader: Reader, digest: bytes, place: str | None) -> str | None:
    """What is wrong with a blob, and where it is missed."""
    wrong = damaged(digest, reader.blob(digest))
    return f"{place or 'no longer used'}: {wrong}" if wrong else None


def _summed_up(name: str, damages: Sequence[str], otherwise: str) -> Finding:
    if not damages:
        return (name, "ok", otherwise)
    return (name, "failed", _first_of(damages))


def _first_of(named: Sequence[str]) -> str:
    more = f"; and {len(named) - _NAMED} more" if len(named) > _NAMED else ""
    return "; ".join(named[:_NAMED]) + more


def _place(execution: int, seq: int) -> str:
    return f"execution {public_id(execution)}, event {seq}"
