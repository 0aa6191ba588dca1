"""Calendars read from files: recurrence, zones, what blocks, and what is broken."""

from __future__ import annotations

import datetime as dt
import os
import time
from pathlib import Path
from typing import Any

import icalendar
import pytest

from tizmor.agents.calendar.ics import Occurrence, read_mine, read_person
from tizmor.agents.calendar.slots import Interval
from tizmor.ports.workspace import Workspace


@pytest.fixture
def week(workspace: Workspace) -> Interval:
    start = dt.datetime(2026, 11, 22, tzinfo=workspace.zone)
    return Interval(start, start + dt.timedelta(days=7))


def starts(found: tuple[Occurrence, ...]) -> list[str]:
    return [f"{o.start:%d %H:%M}" for o in found]


def test_a_rule_with_exceptions_and_a_moved_occurrence_is_expanded(
    workspace: Workspace, week: Interval, write_event: Any
) -> None:
    write_event(
        "daily",
        "SUMMARY:Stand-up",
        "DTSTART;TZID=Asia/Jerusalem:20261001T090000",
        "DTEND;TZID=Asia/Jerusalem:20261001T091500",
        "RRULE:FREQ=WEEKLY;BYDAY=SU,MO,TU,WE",
        "EXDATE;TZID=Asia/Jerusalem:20261123T090000",
        "END:VEVENT",
        "BEGIN:VEVENT",
        "UID:daily",
        "DTSTAMP:20260101T000000Z",
        "RECURRENCE-ID;TZID=Asia/Jerusalem:20261124T090000",
        "DTSTART;TZID=Asia/Jerusalem:20261124T160000",
        "DTEND;TZID=Asia/Jerusalem:20261124T161500",
        "SUMMARY:Stand-up, later",
    )
    found = read_mine(workspace, week).found
    assert starts(found) == ["22 09:00", "24 16:00", "25 09:00"]
    assert [o.title for o in found][1] == "Stand-up, later"


def test_a_series_keeps_its_wall_time_when_the_clock_changes(
    workspace: Workspace, write_event: Any
) -> None:
    write_event(
        "daily",
        "DTSTART;TZID=Asia/Jerusalem:20261023T090000",
        "DURATION:PT1H",
        "RRULE:FREQ=DAILY",
    )
    start = dt.datetime(2026, 10, 24, tzinfo=workspace.zone)
    found = read_mine(workspace, Interval(start, start + dt.timedelta(days=2))).found
    assert starts(found) == ["24 09:00", "25 09:00"]
    assert [o.start.utcoffset() for o in found] == [dt.timedelta(hours=3), dt.timedelta(hours=2)]


def test_times_of_other_zones_floating_times_and_whole_days_are_in_the_workspaces_zone(
    workspace: Workspace, week: Interval, write_event: Any
) -> None:
    write_event("utc", "DTSTART:20261122T070000Z", "DTEND:20261122T080000Z")
    write_event("floating", "DTSTART:20261122T233000", "DTEND:20261123T003000")
    write_event("edge", "DTSTART:20261121T233000", "DTEND:20261121T235900")
    write_event("day", "DTSTART;VALUE=DATE:20261124", "DTEND;VALUE=DATE:20261126")
    write_event("new_york", "DTSTART;TZID=America/New_York:20261125T100000", "DURATION:PT30M")
    found = read_mine(workspace, week).found
    assert starts(found) == ["22 09:00", "22 23:30", "24 00:00", "25 17:00"]
    assert [o.all_day for o in found] == [False, False, True, False]
    assert found[2].end - found[2].start == dt.timedelta(days=2)


@pytest.mark.parametrize(
    "line",
    [
        "TRANSP:TRANSPARENT",
        "STATUS:CANCELLED",
        "ATTENDEE;PARTSTAT=DECLINED:mailto:NOA@tevuot.example",
    ],
)
def test_what_is_transparent_cancelled_or_declined_does_not_block(
    workspace: Workspace, week: Interval, write_event: Any, times: Any, line: str
) -> None:
    write_event("free", *times("1122T0900", "1122T1000"), line)
    (found,) = read_mine(workspace, week).found
    assert not found.blocks


def test_what_others_declined_blocks(
    workspace: Workspace, week: Interval, write_event: Any, times: Any
) -> None:
    declined = "ATTENDEE;PARTSTAT=DECLINED:mailto:someone@else.example"
    write_event("busy", *times("1122T0900", "1122T1000"), declined)
    assert read_mine(workspace, week).found[0].blocks


def test_the_calendar_of_a_person_is_found_by_address(
    workspace: Workspace, week: Interval, write_event: Any, times: Any
) -> None:
    write_event("x", *times("1122T0900", "1122T1000"), person="Yoav@lotus.example")
    known = read_person(workspace, "yoav@LOTUS.example", week)
    assert known is not None
    assert starts(known.found) == ["22 09:00"]
    assert read_mine(workspace, week).found == ()
    for stranger in ("dana@lotus.example", "../people", "..", ""):
        assert read_person(workspace, stranger, week) is None


def test_published_busy_periods_block(
    workspace: Workspace, week: Interval, write_event: Any
) -> None:
    path = write_event("x", person="yoav@lotus.example")
    path.write_text(
        "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//T//EN\nBEGIN:VFREEBUSY\nUID:f\n"
        "DTSTAMP:20260101T000000Z\n"
        "FREEBUSY;FBTYPE=BUSY:20261122T070000Z/PT1H,20261122T090000Z/20261122T100000Z\n"
        "FREEBUSY;FBTYPE=FREE:20261123T070000Z/PT1H\nEND:VFREEBUSY\nEND:VCALENDAR\n"
    )
    known = read_person(workspace, "yoav@lotus.example", week)
    assert known is not None
    assert starts(known.found) == ["22 09:00", "22 11:00"]


def test_broken_files_and_events_are_named_and_the_rest_is_read(
    workspace: Workspace, week: Interval, write_event: Any, times: Any, tmp_path: Path
) -> None:
    write_event("good", *times("1122T0900", "1122T1000"))
    write_event("flood", *times("1101T0900", "1101T1000"), "RRULE:FREQ=SECONDLY")
    write_event("hourly", *times("1101T0900", "1101T0910"), "RRULE:FREQ=HOURLY")
    write_event("timeless", "SUMMARY:When?")
    write_event("garbled", "DTSTART:tomorrow", "DTEND:later")
    folder = tmp_path / "calendar"
    (folder / "binary.ics").write_bytes(b"\xff\x00\xfe")
    (folder / "empty.ics").write_text("")
    (folder / "cut.ics").write_text("BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:2026")
    (tmp_path.parent / "outside.ics").write_text("BEGIN:VCALENDAR\nEND:VCALENDAR\n")
    (folder / "link.ics").symlink_to(tmp_path.parent / "outside.ics")
    os.mkfifo(folder / "pipe.ics")
    read = read_mine(workspace, week)
    assert starts(read.found) == ["22 09:00"]
    named = {file.rpartition("/")[2] for file, _ in read.problems}
    assert named == {
        "binary.ics", "cut.ics", "empty.ics", "flood.ics", "garbled.ics", "hourly.ics",
        "link.ics", "pipe.ics", "timeless.ics",
    }  # fmt: skip


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=DAILY;INTERVAL=0",
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=DAILY;BYHOUR=" + ",".join(map(str, range(24))) + ";BYMINUTE=0,30",
    ],
)
def test_a_rule_that_can_not_be_walked_is_named_and_spoils_no_other(
    workspace: Workspace, week: Interval, write_event: Any, times: Any, rule: str
) -> None:
    write_event("rule", *times("1122T0900", "1122T1000"), f"RRULE:{rule}")
    write_event("lunch", *times("1122T1200", "1122T1300"))
    begun = time.thread_time()
    read = read_mine(workspace, week)
    assert time.thread_time() - begun < 1
    assert [o.uid for o in read.found] == ["lunch"]
    assert [file for file, _ in read.problems] == ["calendar/rule.ics"]


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=YEARLY;BYMONTH=11;BYMONTHDAY=22",
        "FREQ=MONTHLY;BYDAY=SU;BYSETPOS=4",
        "FREQ=MONTHLY;BYDAY=-2SU",
        "FREQ=DAILY;BYHOUR=9,15",
        "FREQ=WEEKLY;INTERVAL=1;BYDAY=SU",
    ],
)
def test_rules_that_people_use_are_walked(
    workspace: Workspace, week: Interval, write_event: Any, rule: str
) -> None:
    zone = "DTSTART;TZID=Asia/Jerusalem:20091122T090000"
    write_event("rule", zone, "DURATION:PT1H", f"RRULE:{rule}")
    read = read_mine(workspace, week)
    assert read.problems == ()
    assert read.found[0].start.isoformat() == "2026-11-22T09:00:00+02:00"


def test_many_long_series_together_cost_a_bounded_time(
    workspace: Workspace, week: Interval, write_event: Any
) -> None:
    """Each alone is fine; what is beyond the bound is named, never taken for free."""
    for number in range(100):
        write_event(f"s{number}", "DTSTART:19000101T100000Z", "DURATION:PT1H", "RRULE:FREQ=DAILY")
    begun = time.thread_time()
    read = read_mine(workspace, week)
    assert time.thread_time() - begun < 10
    assert {o.file for o in read.found}.isdisjoint(file for file, _ in read.problems)
    assert len({o.file for o in read.found}) + len(read.problems) == 100
    assert len(read.problems) > 50


def test_an_unchanged_file_is_not_parsed_again_and_a_changed_one_is(
    workspace: Workspace,
    week: Interval,
    write_event: Any,
    times: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = write_event("a", *times("1122T0900", "1122T1000"))
    first = read_mine(workspace, week)
    parse = icalendar.Calendar.from_ical
    parses: list[object] = []
    monkeypatch.setattr(
        icalendar.Calendar, "from_ical", lambda *a, **k: parses.append(a) or parse(*a, **k)
    )
    assert read_mine(workspace, week) == first
    assert parses == []
    path.unlink()
    write_event("a", *times("1122T1100", "1122T1200"))
    assert read_mine(workspace, week).found[0].start.hour == 11
    assert len(parses) == 1
