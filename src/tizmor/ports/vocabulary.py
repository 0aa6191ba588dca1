"""The typed values that agents exchange and the planner fills.

The planner joins agents by these names: an argument of type `Contact[]` that the request does not
give is produced by an agent whose output has a field of that type. Field names become camelCase
in JSON. Times are aware datetimes in the workspace's zone; dates are inclusive at both ends.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated

import msgspec
from msgspec import Meta

from tizmor.core.schema import AMOUNT

Topic = Annotated[str, Meta(title="Topic", min_length=1, max_length=200)]
PersonName = Annotated[str, Meta(title="PersonName", min_length=1, max_length=200)]
RequestText = Annotated[str, Meta(title="RequestText", min_length=1, max_length=20_000)]
Title = Annotated[str, Meta(title="Title", min_length=1, max_length=300)]
FileName = Annotated[str, Meta(title="FileName", min_length=1, max_length=500)]
Minutes = Annotated[int, Meta(title="Minutes", ge=5, le=1440)]
Path = Annotated[str, Meta(title="Path", max_length=1000)]
"""Relative to the workspace, with forward slashes."""
Amount = Annotated[float, Meta(title="Amount", extra_json_schema={AMOUNT: True})]
"""What a call costs or moves: policies may go by it. So they may by an argument named `amount`."""


class Value(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """Base of all values that cross between agents."""


class Period(Value, frozen=True):
    """Days from `start` to `end`, both included; `label` is how the request named them."""

    start: dt.date
    end: dt.date
    label: str = ""


class TimeWish(Value, frozen=True):
    """When something should happen, as far as the request says.

    `start` is an exact time, taken as said. Otherwise the first free slot is searched from
    `first_day` to `last_day` and, within a day, from `earliest` to `latest`; what is None is open
    (no days: ten working days from now; no hours: working hours).
    """

    said: str = ""
    start: dt.datetime | None = None
    first_day: dt.date | None = None
    last_day: dt.date | None = None
    earliest: dt.time | None = None
    latest: dt.time | None = None


class Document(Value, frozen=True):
    """A document of the workspace that was found, without its text."""

    path: Path
    title: str
    date: dt.date | None = None
    date_from: str = ""
    """Where the date comes from: `document` or `file`."""
    excerpt: str = ""
    score: float = 0.0


class DocumentText(Value, frozen=True):
    """The text of one document."""

    path: Path
    title: str
    text: str
    date: dt.date | None = None


class Point(Value, frozen=True):
    """One statement and the document that makes it."""

    text: str
    source: Path


class Theme(Value, frozen=True):
    """Points that belong together."""

    title: str
    points: tuple[Point, ...] = ()


class Analysis(Value, frozen=True):
    """What was done in a period, every statement with its source."""

    summary: str = ""
    topics: tuple[str, ...] = ()
    period: Period | None = None
    themes: tuple[Theme, ...] = ()
    decisions: tuple[Point, ...] = ()
    numbers: tuple[Point, ...] = ()
    open_points: tuple[Point, ...] = ()


class Agenda(Value, frozen=True):
    """Numbered points of a meeting, and the file that holds them."""

    points: tuple[str, ...] = ()
    file: Path = ""


class Contact(Value, frozen=True):
    """A person from the workspace's contacts."""

    name: str
    email: str | None = None
    phone: str | None = None
    organization: str | None = None
    role: str | None = None
    file: Path = ""


class Slot(Value, frozen=True):
    """A time that is free for everyone whose calendar is known."""

    start: dt.datetime
    end: dt.datetime
    reason: str = ""


class CalendarEvent(Value, frozen=True):
    """One occurrence of an event in the calendar."""

    start: dt.datetime
    end: dt.datetime
    title: str
    attendees: tuple[str, ...] = ()
    location: str | None = None
    all_day: bool = False
    uid: str = ""
    file: Path = ""


class Meeting(Value, frozen=True):
    """A meeting that was created. `link` is None when no server gives one."""

    start: dt.datetime
    end: dt.datetime
    title: str
    attendees: tuple[str, ...] = ()
    """E-mail addresses."""
    link: str | None = None
    file: Path = ""
    uid: str = ""


class Check(Value, frozen=True):
    """One part of the system with its measured state: `ok`, `warning` or `failed`."""

    name: str
    state: str
    detail: str = ""
