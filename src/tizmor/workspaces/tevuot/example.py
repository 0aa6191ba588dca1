"""The example as files: documents in seven formats, contacts, calendars."""

from __future__ import annotations

import datetime as dt
from importlib.resources import files
from zoneinfo import ZoneInfo

from tizmor.workspaces.files import Example, NewFile
from tizmor.workspaces.tevuot.calendar import calendar_files
from tizmor.workspaces.tevuot.sources import Draft, drafts
from tizmor.workspaces.tevuot.timeline import Timeline
from tizmor.workspaces.tevuot.writers import render

_CONTENT = files(__package__)
_ME = "noa.barak@orot.example"


def _files(today: dt.date, zone: ZoneInfo) -> list[NewFile]:
    timeline = Timeline(today)
    documents = drafts(_CONTENT / "documents", timeline)
    events = (_CONTENT / "calendar.toml").read_text(encoding="utf-8")
    return [
        *(_document(draft, number, zone) for number, draft in enumerate(documents)),
        *_contacts(),
        *calendar_files(events, timeline=timeline, zone=zone, me=_ME),
    ]


def _document(draft: Draft, number: int, zone: ZoneInfo) -> NewFile:
    # Office hours, and another minute for each: nobody saves sixty files at nine sharp.
    saved_at = dt.time(9 + number % 8, number * 7 % 60)
    written = dt.datetime.combine(draft.date, saved_at, zone)
    return NewFile(draft.path, render(draft, written), written)


def _contacts() -> list[NewFile]:
    cards = sorted((_CONTENT / "contacts").iterdir(), key=lambda card: card.name)
    return [NewFile(f"contacts/{card.name}", _with_crlf(card.read_bytes())) for card in cards]


def _with_crlf(card: bytes) -> bytes:
    # vCard lines end so (RFC 6350, section 3.2), whatever the checkout's own line ends are.
    return b"".join(line + b"\r\n" for line in card.splitlines())


EXAMPLE = Example(me=f"Noa Barak <{_ME}>", timezone="Asia/Jerusalem", files=_files)
