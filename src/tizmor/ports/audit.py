"""The audit log: who decided what, when and from where, in a chain of hashes.

Each row's hash is the SHA-256 (FIPS 180-4) of the hash of the row before (32 zero bytes before the
first), the row's number (8 bytes, the highest first) and its payload (JSON). So a row that is
changed, removed, added or moved is found, and the last hash stands for all of them: whoever has
written it down elsewhere also finds a log that was cut off or made up anew.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import NamedTuple

import msgspec

from tizmor.core.terms import Seat

BEFORE_ALL = bytes(32)


class Entry(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """One decision. `what` is `approved`, `signed`, `rejected`, `delegated`, `escalated`,
    `expired`, `lapsed`, `waived`, `answered`, `approves all`, `paused`, `resumed` or `cancelled`;
    `about` the approval or question, `key` the exact call that it is bound to, `action` what that
    was shown as, `by` who decided, or the policy that did, `to` who was asked from then on, `why`
    a comment, a reason or an answer."""

    at_ms: int
    execution: str
    what: str
    by: str = ""
    about: str = ""
    step: str = ""
    action: str = ""
    key: str = ""
    to: tuple[str, ...] = ()
    why: str = ""
    seat: Seat | None = None


class AuditRow(NamedTuple):
    """A row as it is stored. Numbers begin with 1 and have no gaps."""

    number: int
    payload: bytes
    hash: bytes


class Audited(NamedTuple):
    """What a look at rows found: how many were sound, the last of their hashes, and what is wrong
    with the row after these; None when nothing is."""

    rows: int
    head: bytes
    problem: str | None


encode = msgspec.json.Encoder().encode
_decoder = msgspec.json.Decoder(Entry)


def sealed(previous: bytes, number: int, payload: bytes) -> bytes:
    """The hash of a row after the one whose hash is `previous`."""
    return hashlib.sha256(previous + number.to_bytes(8, "big") + payload).digest()


def appended(last: AuditRow | None, payloads: Iterable[bytes]) -> list[AuditRow]:
    """The rows that follow `last`, None for none."""
    number, previous = (0, BEFORE_ALL) if last is None else (last.number, last.hash)
    rows = []
    for payload in payloads:
        number += 1
        previous = sealed(previous, number, payload)
        rows.append(AuditRow(number, payload, previous))
    return rows


def decode(row: AuditRow) -> Entry:
    """Raises `msgspec.DecodeError` for what is no entry."""
    return _decoder.decode(row.payload)


NOTHING_YET = Audited(0, BEFORE_ALL, None)


def verified(rows: Iterable[AuditRow], so_far: Audited = NOTHING_YET) -> Audited:
    """Hold rows, which follow those of `so_far`, against their hashes."""
    count, head, problem = so_far
    for row in rows:
        if problem is not None:
            break
        if row.number != count + 1:
            problem = f"row {count + 1} is missing"
        elif row.hash != sealed(head, row.number, row.payload):
            problem = f"row {row.number} is not what was written"
        else:
            count, head = row.number, row.hash
    return Audited(count, head, problem)
