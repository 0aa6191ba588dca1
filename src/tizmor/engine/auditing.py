"""The audit log read: its entries page by page, and its chain of hashes held against itself."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Sequence
from typing import NamedTuple

import msgspec

from tizmor.core.errors import JournalDamaged, UserError
from tizmor.ports.audit import NOTHING_YET, Audited, AuditRow, Entry, decode, verified
from tizmor.ports.journal import Journal

_PAGE = 1_000
_HEAD = re.compile(r"([1-9][0-9]{0,17}):([0-9a-f]{64})")


class Decided(NamedTuple):
    """A decision, with its number in the log and the hash of its row."""

    number: int
    hash: bytes
    entry: Entry


def is_head(text: str) -> bool:
    """Whether a text is an end of the log as it is told: `ROW:HASH`."""
    return _HEAD.fullmatch(text) is not None


async def entries(
    journal: Journal, *, after: int, limit: int, execution: str | None, among: int
) -> tuple[list[Decided], int | None]:
    """At most `limit` decisions behind a number, of one execution if it is named, and the number
    behind which the next ones are; None at the end of the log. At most `among` rows are looked at.
    Raises `JournalDamaged` for a row that can't be read."""
    found: list[Decided] = []
    looked = 0
    while looked < among and (
        rows := await journal.audit(after=after, limit=min(_PAGE, among - looked))
    ):
        for row in rows:
            entry = _entry(row)
            if execution in (None, entry.execution):
                if len(found) == limit:
                    return found, after
                found.append(Decided(row.number, row.hash, entry))
            after = row.number
        looked += len(rows)
    more = bool(await journal.audit(after=after, limit=1))
    return found, after if more else None


async def audited(journal: Journal, head: str | None) -> Audited:
    """Hold the whole log against its hashes, and against the end that it had before, if told.
    Raises `UserError` for what is no `ROW:HASH`."""
    wanted = None if head is None else _HEAD.fullmatch(head)
    if head is not None and wanted is None:
        raise UserError("an end of the log is told as ROW:HASH, as an earlier check has named it")
    state, problem = NOTHING_YET, None
    async for rows in pages(journal):
        state = verified(rows, state)
        for row in rows:
            if wanted is not None and row.number == int(wanted[1]):
                problem = None if row.hash.hex() == wanted[2] else f"row {row.number} is another"
                wanted = None
        if state.problem is not None:
            break
    if wanted is not None:
        problem = f"row {wanted[1]} is not there any more"
    return state._replace(problem=state.problem or problem)


async def pages(journal: Journal) -> AsyncIterator[Sequence[AuditRow]]:
    """The whole log, a page of rows at a time."""
    after = 0
    while rows := await journal.audit(after=after, limit=_PAGE):
        yield rows
        after = rows[-1].number


def _entry(row: AuditRow) -> Entry:
    try:
        return decode(row)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise JournalDamaged(
            f"row {row.number} of the audit log can't be read: see `tizmor audit verify`"
        ) from error
