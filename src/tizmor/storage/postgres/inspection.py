"""What `doctor` asks: is the server there, and are all rows what was written, and such as this
version can read?"""

from __future__ import annotations

from tizmor.core.errors import EngineError, JournalDamaged, WorkspaceUnusable, WrongSetting
from tizmor.storage.inspection import Finding, Survey
from tizmor.storage.postgres.errors import storage_errors
from tizmor.storage.postgres.reader import Reader
from tizmor.storage.postgres.schema import refuse_unusable
from tizmor.storage.postgres.wire import Connection, connect
from tizmor.storage.schema import VERSION
from tizmor.storage.shared import removal

_PAGE = 200
_SLOW_S = 60
_OLDEST = (
    "SELECT coalesce(application_name, '') AS who, pid, datname,"
    " extract(epoch FROM clock_timestamp() - xact_start)::int AS seconds FROM pg_stat_activity"
    " WHERE backend_xid IS NOT NULL AND xact_start IS NOT NULL AND pid <> pg_backend_pid()"
    " ORDER BY xact_start LIMIT 1"
)


async def inspect(url: str, *, deep: bool) -> list[Finding]:
    """Check the schema and the user's rights, count the rows; `deep` also verifies every row's
    checksum. Nothing is written and nothing raised for what is found."""
    try:
        await refuse_unusable(url, write=True)
        findings = await _looked(url)
        if deep:
            findings += await _rows(url)
    except (EngineError, WorkspaceUnusable, WrongSetting) as error:
        return [("database", "failed", str(error))]
    return findings


async def _looked(url: str) -> list[Finding]:
    with storage_errors():
        connection = await connect(url, "doctor")
        try:
            server = await connection.fetchval("SHOW server_version")
            events = await connection.fetchval("SELECT count(*) FROM journal")
            executions = await connection.fetchval("SELECT count(*) FROM executions")
            left_over = await connection.fetchval(removal.LEFT_OVER)
            miscounted = await connection.fetchval(removal.MISCOUNTED)
            feed = await _feed(connection)
        finally:
            connection.terminate()
    return [
        ("database", "ok", f"PostgreSQL {server}, schema {VERSION}"),
        ("journal", "ok", f"{events} events of {executions} executions"),
        removal.finding(left_over, miscounted),
        feed,
    ]


async def _feed(connection: Connection) -> Finding:
    """The live feed stands still while any transaction that writes is open on the server."""
    oldest = await connection.fetchrow(_OLDEST)
    if oldest is None or (oldest["seconds"] or 0) < _SLOW_S:
        return ("feed", "ok", "no transaction holds it back")
    return (
        "feed",
        "failed",
        f"a transaction of {oldest['who'] or 'another program'} (pid {oldest['pid']}, database"
        f" {oldest['datname']}) has been open for {oldest['seconds']} s and holds it back: end it",
    )


async def _rows(url: str) -> list[Finding]:
    reader = Reader(url, "doctor")
    survey = Survey()
    after = -1
    try:
        while page := await reader.ids(after, _PAGE):
            after = page[-1]
            for execution in page:
                await _look_at(reader, execution, survey)
    finally:
        await reader.close()
    return survey.findings()


async def _look_at(reader: Reader, execution: int, survey: Survey) -> None:
    try:
        records = (await reader.histories([execution]))[execution]
        survey.verified(len(records))
        survey.decode(records)
        survey.decode_checkpoint(execution, await reader.checkpoint(execution))
    except JournalDamaged as error:
        survey.damaged(error)
