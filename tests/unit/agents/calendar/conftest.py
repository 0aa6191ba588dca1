"""Calendars on disk."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

WriteEvent = Callable[..., Path]


@pytest.fixture
def write_event(tmp_path: Path) -> WriteEvent:
    """Writes a file with one event, given as lines of iCalendar, into a calendar."""

    def write(name: str, *lines: str, person: str = "") -> Path:
        folder = tmp_path / "calendar" / (f"people/{person}" if person else "")
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{name}.ics"
        body = [f"UID:{name}", "DTSTAMP:20260101T000000Z", *lines]
        path.write_text(
            "\r\n".join(
                [
                    "BEGIN:VCALENDAR",
                    "VERSION:2.0",
                    "PRODID:-//Test//EN",
                    "BEGIN:VEVENT",
                    *body,
                    "END:VEVENT",
                    "END:VCALENDAR",
                    "",
                ]
            )
        )
        return path

    return write


def at(start: str, end: str, zone: str = "Asia/Jerusalem") -> tuple[str, str]:
    """DTSTART and DTEND lines of a time such as `1122T0900` of 2026."""
    return (f"DTSTART;TZID={zone}:2026{start}00", f"DTEND;TZID={zone}:2026{end}00")


@pytest.fixture
def times() -> Callable[..., tuple[str, str]]:
    return at
