"""What the server's errors mean, named by who must act.

By SQLSTATE (PostgreSQL's documentation, appendix A). No message holds the URL: it may hold a
password. A server's own words never do.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg

from tizmor.core.errors import EngineError, JournalDamaged, StorageFailed, WrongSetting

EXAMPLE = "DATABASE_URL=postgresql://tizmor:PASSWORD@db.example.com:5432/tizmor"

_DAMAGED = ("XX001", "XX002")
_CONSTRAINT = "23"
_ADVICE = {
    "25006": "it takes no writes (a standby, or set to read only): point DATABASE_URL at the"
    " primary",
    "42501": "the user of DATABASE_URL may not do that: `tizmor doctor` says what is missing",
    "42P01": "its tables are gone: run `tizmor migrate`",
    "53100": "the server's disk is full: free some space",
    "53300": "the server takes no more connections: raise max_connections, or run fewer processes",
}
_UNUSABLE = {
    "28000": "the server refuses the user",
    "28P01": "the server refuses the user or the password",
    "3D000": "there is no such database",
    "42704": "the server knows no such option",
}


def lost(error: BaseException) -> bool:
    """Whether the same work may succeed on a new connection; whether it was done isn't known."""
    return isinstance(
        error,
        OSError
        | TimeoutError
        | asyncpg.PostgresConnectionError
        | asyncpg.OperatorInterventionError
        | asyncpg.TransactionRollbackError
        | asyncpg.InternalClientError,
    )


@contextmanager
def storage_errors() -> Iterator[None]:
    """The server's errors as Tizmor's: `JournalDamaged` or `StorageFailed`, with what to do."""
    try:
        yield
    except asyncpg.DataError:
        raise  # the program's own mistake: trying again would not mend it
    except asyncpg.PostgresError as error:
        raise _translated(error) from error
    except (OSError, TimeoutError, asyncpg.InternalClientError) as error:
        raise StorageFailed(f"the database can't be reached ({_said(error)})") from error
    except asyncpg.InterfaceError as error:
        raise StorageFailed(f"the database could not be used ({error})") from error


@contextmanager
def opening_errors() -> Iterator[None]:
    """What goes wrong when a database is opened for the first time: its URL, its user, or it isn't
    there. Raises `WrongSetting` for what another URL would mend."""
    try:
        with storage_errors():
            yield
    except StorageFailed as error:
        if isinstance(error.__cause__, ValueError):
            raise _not_a_url() from None
        problem = _UNUSABLE.get(getattr(error.__cause__, "sqlstate", None) or "")
        if problem is None and not _is_away(error.__cause__):
            raise
        said = f"{problem} ({error.__cause__})" if problem else str(error)
        raise WrongSetting(f"DATABASE_URL: {said}; a right example: {EXAMPLE}") from None
    except ValueError:
        raise _not_a_url() from None


def _not_a_url() -> WrongSetting:
    # The client's own words may repeat a piece of the URL.
    return WrongSetting(
        f"DATABASE_URL: PostgreSQL's client can't read it; a right example: {EXAMPLE}"
    )


def _is_away(error: BaseException | None) -> bool:
    return isinstance(error, OSError | TimeoutError)


def _translated(error: asyncpg.PostgresError) -> EngineError:
    state = error.sqlstate or ""
    if state in _DAMAGED:
        return JournalDamaged(f"the database is damaged ({error}): restore it from a backup")
    if state.startswith(_CONSTRAINT):
        return JournalDamaged(f"the database holds what it should not ({error})")
    reason = f"the database could not be used ({error})"
    advice = _ADVICE.get(state)
    return StorageFailed(f"{reason}: {advice}" if advice else reason)


def _said(error: BaseException) -> str:
    return str(error) or type(error).__name__
