"""Calls that humans are asked about before they are made."""

from __future__ import annotations

from typing import Any

from tizmor.core.events.event import Event
from tizmor.core.terms import Seat, Terms


class GateOpened(Event, frozen=True):
    """`key` binds the gate to exactly these arguments; `shown` is what the human sees; `terms` say
    whose agreement counts, None for anybody's."""

    id: str
    step: str
    key: str
    arguments: dict[str, Any]
    shown: dict[str, Any]
    untrusted: tuple[str, ...] = ()
    terms: Terms | None = None


class GateSigned(Event, frozen=True):
    """One of several who must agree has done so, to `key`; `arguments` and `shown` come with it
    where they changed something, and the others have then to agree to that."""

    id: str
    key: str
    by: str
    arguments: dict[str, Any] | None = None
    shown: dict[str, Any] | None = None
    comment: str | None = None
    seat: Seat | None = None


class GateDelegated(Event, frozen=True):
    """One who may decide a gate has handed that on to `to`."""

    id: str
    by: str
    to: str
    seat: Seat | None = None


class GateReminded(Event, frozen=True):
    """Those who are asked were reminded: nobody has decided the gate for a while."""

    id: str


class GateEscalated(Event, frozen=True):
    """Nobody has decided the gate for as long as `policy` says; `to` are asked as well."""

    id: str
    policy: str
    to: tuple[str, ...]


class GateExpired(Event, frozen=True):
    """Nobody has decided the gate in time: its step is rejected."""

    id: str


class GateLapsed(Event, frozen=True):
    """Nobody has decided the gate in time: its step is prepared, and asked about, anew."""

    id: str


class GateApproved(Event, frozen=True):
    """`arguments`, `key` and `shown` are the edited ones where the human changed something;
    `shown` is None when the gate's own still holds. `planned` is the key of the approval that was
    given before by a dry run (`CallsApproved`), and is used up by this."""

    id: str
    key: str
    arguments: dict[str, Any]
    by: str = ""
    comment: str | None = None
    shown: dict[str, Any] | None = None
    planned: str = ""
    seat: Seat | None = None


class GateRejected(Event, frozen=True):
    id: str
    by: str = ""
    reason: str | None = None
    seat: Seat | None = None
