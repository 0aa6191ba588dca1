"""Calendar: the time before the gate, the gate, the call under the lock, and its hooks."""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import icalendar
import msgspec
import pytest
import recurring_ical_events

from tizmor.agents.builtin import builtin
from tizmor.agents.calendar.calendar_create import MeetingCreated, calendar_create
from tizmor.agents.calendar.event_file import calendar_lock
from tizmor.core.errors import NeedsAnswer, OutcomeUnknown, PreconditionFailed
from tizmor.ports.agent import Gate
from tizmor.ports.vocabulary import Contact

YOAV = {"name": "Yoav Cohen", "email": "yoav@lotus.example"}
ASKED = {"title": "Strategy", "attendees": [YOAV]}
KEYS = ("a" * 64, "b" * 64)


async def prepare(context: Any, **arguments: Any) -> dict[str, Any]:
    """The arguments as the gate and the call get them."""
    given = msgspec.to_builtins({**ASKED, **arguments})
    changed = await calendar_create.prepare_function(**calendar_create.convert(given), ctx=context)
    return calendar_create.convert({**given, **json.loads(json.dumps(changed))})


async def question(context: Any, **arguments: Any) -> NeedsAnswer:
    with pytest.raises(NeedsAnswer) as asked:
        await prepare(context, **arguments)
    return asked.value


async def create(context: Any, arguments: dict[str, Any]) -> MeetingCreated:
    created = await calendar_create(**arguments, ctx=context)
    assert isinstance(created, MeetingCreated)
    return created


def wish(start: str) -> dict[str, Any]:
    return {"when": {"start": f"2026-11-{start}:00+02:00"}}


async def test_the_first_time_that_is_free_for_all_is_found(
    context: Any, write_event: Any, times: Any
) -> None:
    """Saturday: Sunday is the first working day; I'm busy until 10:00, Yoav until 11:00."""
    write_event("mine", *times("1122T0800", "1122T1000"))
    write_event("his", *times("1122T1000", "1122T1100"), person=YOAV["email"])
    prepared = await prepare(context())
    assert prepared["start"].isoformat() == "2026-11-22T11:00:00+02:00"
    assert prepared["minutes"] == 30
    assert prepared["checked"].notes == []


@pytest.mark.parametrize(
    ("when", "start"),
    [
        ({"firstDay": "2026-11-24", "lastDay": "2026-11-24"}, "2026-11-24T08:30"),
        ({"firstDay": "2026-11-20", "earliest": "12:00:00"}, "2026-11-22T12:00"),
        ({"firstDay": "2026-11-27"}, "2026-11-29T08:30"),
        ({"start": "2026-11-27T22:10:00+02:00"}, "2026-11-27T22:10"),
        ({"start": "2026-11-24T10:00:00"}, "2026-11-24T10:00"),
    ],
)
async def test_the_wish_bounds_the_search_and_an_exact_time_is_taken_as_said(
    context: Any, when: dict[str, str], start: str
) -> None:
    prepared = await prepare(context(), when=when)
    assert prepared["start"].isoformat() == f"{start}:00+02:00"


async def test_the_gate_shows_what_when_who_and_what_to_beware_of(context: Any) -> None:
    prepared = await prepare(
        context(language="he"), **wish("27T22:00"), attendees=[YOAV, {"name": "דנה"}], minutes=45
    )
    gate = calendar_create.gate_function(**prepared, ctx=context(language="he"))
    assert gate == Gate(
        action="יצירת פגישה: Strategy",
        time="יום שישי, 27 בנובמבר 2026, 22:00–22:45",
        participants=("Noa Bar", "Yoav Cohen <yoav@lotus.example>", "דנה"),
        warnings=(
            "מחוץ לשעות העבודה",
            "היומן של Yoav Cohen אינו ידוע",
            "היומן של דנה אינו ידוע",
            "לדנה אין כתובת מייל, ולכן אין הזמנה",
        ),
    )


async def test_the_gate_is_in_the_language_of_the_request(context: Any) -> None:
    prepared = await prepare(context(), location="Room 4")
    gate = calendar_create.gate_function(**prepared, ctx=context())
    assert gate.action == "create a meeting: Strategy"
    assert gate.time == "Sunday, 22 November 2026, 08:30–09:00"
    assert gate.details == {"location": "Room 4"}


async def test_a_time_that_is_taken_is_a_question_with_the_nearest_free_ones(
    context: Any, write_event: Any, times: Any
) -> None:
    write_event("board", *times("1124T1200", "1124T1300"), "SUMMARY:Board")
    asked = await question(context(), **wish("24T12:30"))
    assert asked.question_id == "time"
    assert "Board" in asked.text
    values = [value for value, _ in asked.choices]
    assert values == [
        "2026-11-24T11:00:00+02:00",
        "2026-11-24T11:30:00+02:00",
        "2026-11-24T13:00:00+02:00",
        "2026-11-24T13:30:00+02:00",
        "keep 2026-11-24T12:30:00+02:00",
    ]
    assert asked.choices[0][1] == "Tuesday, 24 November 2026, 11:00–11:30"


@pytest.mark.parametrize(
    ("answer", "start", "overlap"),
    [
        ("2026-11-24T13:00:00+02:00", "2026-11-24T13:00", False),
        ("keep 2026-11-24T12:30:00+02:00", "2026-11-24T12:30", True),
        ("2026-11-25 09:00", "2026-11-25T09:00", False),
        ("15:15", "2026-11-24T15:15", False),
    ],
)
async def test_the_answer_is_the_time(
    context: Any, write_event: Any, times: Any, answer: str, start: str, overlap: bool
) -> None:
    write_event("board", *times("1124T1200", "1124T1300"), "SUMMARY:Board")
    ctx = context(answers={"time": answer})
    prepared = await prepare(ctx, **wish("24T12:30"))
    assert prepared["start"].isoformat() == f"{start}:00+02:00"
    assert prepared["checked"].may_overlap is overlap
    assert any("overlaps Board" in note for note in prepared["checked"].notes) is overlap
    assert (await create(ctx, prepared)).meeting.start == prepared["start"]


@pytest.mark.parametrize("answer", ["2026-11-24T12:00:00+02:00", "whenever", "25:99"])
async def test_an_answer_that_is_taken_or_no_time_asks_again(
    context: Any, write_event: Any, times: Any, answer: str
) -> None:
    write_event("board", *times("1124T1200", "1124T1300"))
    asked = await question(context(answers={"time": answer}), **wish("24T12:30"))
    assert asked.question_id == "time"


async def test_to_keep_one_time_does_not_keep_another(
    context: Any, write_event: Any, times: Any
) -> None:
    """The time edited at the gate to another taken one is a question of its own."""
    write_event("board", *times("1124T1200", "1124T1300"))
    ctx = context(answers={"time": "keep 2026-11-24T12:30:00+02:00"})
    asked = await question(ctx, **wish("24T12:30"), start="2026-11-24T12:15:00+02:00")
    assert asked.question_id.startswith("time_20261124_1215_30m_")


async def test_a_past_time_is_a_question_that_can_not_be_kept(context: Any) -> None:
    asked = await question(context(), **wish("20T10:00"))
    assert "past" in asked.text
    assert asked.choices[0][0] == "2026-11-22T08:30:00+02:00"
    assert not any(value.startswith("keep") for value, _ in asked.choices)


async def test_no_free_time_at_all_is_a_question(
    context: Any, write_event: Any, times: Any
) -> None:
    write_event("away", "DTSTART;VALUE=DATE:20261122", "DTEND;VALUE=DATE:20261206")
    asked = await question(context())
    assert "2026-11-21 to 2026-12-03" in asked.text
    assert [value for value, _ in asked.choices] == []
    prepared = await prepare(context(answers={"time": "2026-12-07T10:00"}))
    assert prepared["start"].isoformat() == "2026-12-07T10:00:00+02:00"


async def test_the_event_is_valid_and_holds_what_was_approved(context: Any, tmp_path: Path) -> None:
    dana = {"name": 'Dana "D" Levi', "email": "dana@lotus.example"}
    prepared = await prepare(
        context(), title='צה"ל, strategy; plans', attendees=[YOAV, dana, {"name": "Ron"}],
        location="Room 4", description="line one\nline two",
    )  # fmt: skip
    created = await create(context(key=KEYS[0]), prepared)
    meeting = created.meeting
    assert meeting.file == f"calendar/{'a' * 32}@tizmor.ics"
    assert meeting.link is None
    assert meeting.attendees == ("yoav@lotus.example", "dana@lotus.example")
    assert created.warnings == ["Ron has no usable e-mail address and is not invited"]

    raw = (tmp_path / meeting.file).read_bytes()
    assert all(len(line) <= 75 for line in raw.split(b"\r\n"))
    calendar = icalendar.Calendar.from_ical(raw)
    assert calendar.errors == []
    assert {"PRODID", "VERSION"} <= set(calendar)
    assert "METHOD" not in calendar
    (zone,) = calendar.walk("VTIMEZONE")
    assert zone["TZID"] == "Asia/Jerusalem"
    (event,) = recurring_ical_events.of(calendar).at((2026, 11, 22))
    assert event.errors == []
    assert event["UID"] == f"{'a' * 32}@tizmor"
    assert event["DTSTART"].params["TZID"] == event["DTEND"].params["TZID"] == "Asia/Jerusalem"
    assert event["DTSTART"].dt == prepared["start"]
    assert event["DTEND"].dt - event["DTSTART"].dt == dt.timedelta(minutes=30)
    assert event["DTSTAMP"].dt == dt.datetime(2026, 11, 21, 10, tzinfo=dt.UTC)
    assert event["SUMMARY"] == 'צה"ל, strategy; plans'
    assert event["DESCRIPTION"] == "line one\nline two"
    assert (event["STATUS"], event["SEQUENCE"], event["LOCATION"]) == ("CONFIRMED", 0, "Room 4")
    assert event["ORGANIZER"] == "mailto:noa@tevuot.example"
    yoav, with_quotes = event["ATTENDEE"]
    assert yoav.params == {
        "CN": "Yoav Cohen", "PARTSTAT": "NEEDS-ACTION", "ROLE": "REQ-PARTICIPANT", "RSVP": "TRUE"
    }  # fmt: skip
    assert with_quotes.params["CN"] == "Dana 'D' Levi"


async def test_an_address_can_not_smuggle_lines_into_the_event(
    context: Any, tmp_path: Path
) -> None:
    bad = {"name": "X\r\nSTATUS:CANCELLED", "email": "x@y.example\r\nRRULE:FREQ=DAILY"}
    prepared = await prepare(context(), title="T\r\nRRULE:FREQ=DAILY", attendees=[bad, YOAV])
    meeting = (await create(context(), prepared)).meeting
    assert meeting.attendees == ("yoav@lotus.example",)
    (event,) = icalendar.Calendar.from_ical((tmp_path / meeting.file).read_bytes()).events
    assert "RRULE" not in event
    assert event["STATUS"] == "CONFIRMED"


async def test_a_workspace_in_utc_needs_no_zone(context: Any, workspace: Any) -> None:
    workspace = type(workspace)(root=workspace.root, timezone="UTC")
    ctx = context(workspace=workspace, now=dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC))
    meeting = (await create(ctx, await prepare(ctx))).meeting
    raw = (workspace.root / meeting.file).read_text()
    assert "DTSTART:20261122T083000Z" in raw.replace("\r", "")
    assert "ORGANIZER" not in raw


async def test_the_same_key_gives_the_same_event_again(context: Any, tmp_path: Path) -> None:
    prepared = await prepare(context())
    first = await create(context(key=KEYS[0]), prepared)
    later = context(key=KEYS[0], now=context().now + dt.timedelta(days=30), attempt=2)
    assert await create(later, prepared) == first
    assert len(list((tmp_path / "calendar").glob("*.ics"))) == 1


@pytest.mark.parametrize("whose", ["", YOAV["email"]])
async def test_a_time_taken_since_the_gate_is_not_double_booked(
    context: Any, write_event: Any, times: Any, tmp_path: Path, whose: str
) -> None:
    prepared = await prepare(context())
    write_event("sudden", *times("1122T0845", "1122T0915"), "SUMMARY:Sudden", person=whose)
    with pytest.raises(PreconditionFailed, match="Sudden"):
        await create(context(), prepared)
    assert not list((tmp_path / "calendar").glob("*@tizmor.ics"))
    assert (await prepare(context()))["start"].isoformat() == "2026-11-22T09:15:00+02:00"


async def test_a_time_that_passed_since_the_gate_is_prepared_anew(context: Any) -> None:
    prepared = await prepare(context())
    late = context(now=context().now + dt.timedelta(days=1))
    with pytest.raises(PreconditionFailed, match="past"):
        await create(late, prepared)
    assert (await prepare(late))["start"] >= late.now


KEPT = {"time": "keep 2026-11-24T12:30:00+02:00"}


async def test_to_keep_a_time_does_not_keep_one_edited_at_the_gate(
    context: Any, write_event: Any, times: Any
) -> None:
    write_event("board", *times("1124T1200", "1124T1300"), "SUMMARY:Board")
    ctx = context(answers=KEPT)
    prepared = await prepare(ctx, **wish("24T12:30"))
    edited = prepared | {"start": dt.datetime.fromisoformat("2026-11-24T12:15:00+02:00")}
    with pytest.raises(PreconditionFailed, match="Board"):
        await create(ctx, edited)


async def test_to_keep_a_time_does_not_keep_it_once_past(
    context: Any, write_event: Any, times: Any
) -> None:
    write_event("board", *times("1124T1200", "1124T1300"))
    prepared = await prepare(context(answers=KEPT), **wish("24T12:30"))
    late = context(now=prepared["start"] + dt.timedelta(minutes=1))
    with pytest.raises(PreconditionFailed, match="past"):
        await create(late, prepared)


@pytest.mark.parametrize(
    "edit",
    [
        {"minutes": 45},
        {"attendees": [Contact(name="Ron", email="ron@lotus.example")]},
        {"start": dt.datetime.fromisoformat("2026-11-24T12:15:00+02:00")},
    ],
    ids=["length", "people", "start"],
)
async def test_what_was_allowed_holds_for_one_start_length_and_circle_of_people(
    context: Any, write_event: Any, times: Any, edit: dict[str, Any]
) -> None:
    """Neither the permission nor the answer that gave it is taken for the edited meeting."""
    write_event("board", *times("1124T1200", "1124T1330"), "SUMMARY:Board")
    ctx = context(answers=KEPT)
    prepared = await prepare(ctx, **wish("24T12:30"))
    assert prepared["checked"].may_overlap
    with pytest.raises(PreconditionFailed, match="Board"):
        await create(ctx, prepared | edit)
    asked = await question(ctx, **prepared | edit)
    ctx = context(answers={**KEPT, asked.question_id: asked.choices[-1][0]})
    anew = await prepare(ctx, **prepared | edit)
    assert anew["checked"].may_overlap
    await question(ctx, **anew | {"minutes": 60})
    assert (await create(ctx, anew)).meeting.start == anew["start"]


@pytest.mark.parametrize(
    ("language", "overlap", "asked"),
    [
        ("en", "overlaps Board", "you are asked about the time"),
        ("he", "חופף לBoard", "תישאל שאלה על הזמן"),
    ],
)
async def test_the_gate_says_of_an_edited_time_that_it_is_taken(
    context: Any, write_event: Any, times: Any, language: str, overlap: str, asked: str
) -> None:
    write_event("board", *times("1124T1000", "1124T1100"), "SUMMARY:Board")
    ctx = context(language=language)
    prepared = await prepare(ctx, **wish("24T09:00"))
    edited = prepared | {"start": dt.datetime.fromisoformat("2026-11-24T10:00")}
    warnings = calendar_create.gate_function(**edited, ctx=ctx).warnings
    assert any(warning.startswith(overlap) for warning in warnings)
    assert any(asked in warning for warning in warnings)


async def test_the_gate_says_of_an_edited_time_that_it_is_past_and_nothing_when_it_is_free(
    context: Any,
) -> None:
    prepared = await prepare(context(), **wish("27T22:00"), attendees=[])
    past = prepared | {"start": dt.datetime.fromisoformat("2026-11-20T10:00")}
    free = prepared | {"start": dt.datetime.fromisoformat("2026-11-24T10:00")}
    assert "the time is past" in calendar_create.gate_function(**past, ctx=context()).warnings
    assert calendar_create.gate_function(**free, ctx=context()).warnings == ()


def test_every_built_in_agent_ends_in_time() -> None:
    limits = {agent.spec.name: agent.spec.timeout_s for agent in builtin()}
    assert all(limit and 60 <= limit <= 300 for limit in limits.values()), limits


async def test_a_calendar_unreadable_since_the_gate_is_prepared_anew(
    context: Any, tmp_path: Path
) -> None:
    prepared = await prepare(context())
    (tmp_path / "calendar").mkdir(exist_ok=True)
    (tmp_path / "calendar" / "half.ics").write_text("BEGIN:VCALENDAR\nBEGIN:VEV")
    with pytest.raises(PreconditionFailed, match="half"):
        await create(context(), prepared)
    anew = await prepare(context())
    assert any("half" in note for note in anew["checked"].notes)
    assert (await create(context(), anew)).meeting.start == anew["start"]


def test_what_changes_the_meeting_is_under_control() -> None:
    assert {"attendees", "start", "when", "location", "minutes"} <= set(
        calendar_create.spec.control
    )


async def test_a_pipe_in_the_place_of_the_event_is_not_waited_for(
    context: Any, tmp_path: Path
) -> None:
    (tmp_path / "calendar").mkdir()
    os.mkfifo(tmp_path / "calendar" / f"{'a' * 32}@tizmor.ics")
    with pytest.raises(OutcomeUnknown):
        await calendar_create.probe_function(KEYS[0], ctx=context())


async def test_the_probe_tells_whether_the_call_happened(context: Any, tmp_path: Path) -> None:
    probe = calendar_create.probe_function
    assert probe is not None
    assert await probe(KEYS[0], ctx=context()) is None
    created = await create(context(key=KEYS[0]), await prepare(context()))
    assert (await probe(KEYS[0], ctx=context())).meeting == created.meeting
    assert await probe(KEYS[1], ctx=context()) is None
    (tmp_path / created.meeting.file).write_text("garbage")
    with pytest.raises(OutcomeUnknown):
        await probe(KEYS[0], ctx=context())


async def test_compensating_removes_that_event_alone_and_twice_does_no_harm(
    context: Any, write_event: Any, times: Any, tmp_path: Path
) -> None:
    other = write_event("other", *times("1123T0900", "1123T1000"))
    created = await create(context(), await prepare(context()))
    for _ in range(2):
        await calendar_create.compensate_function(created, ctx=context())
        assert [p.name for p in (tmp_path / "calendar").glob("*.ics")] == [other.name]


async def test_compensating_deletes_nothing_but_what_its_own_call_made(
    context: Any, tmp_path: Path
) -> None:
    """Neither another's event nor another call's, whatever the result says."""
    mine = await create(context(key=KEYS[0]), await prepare(context()))
    await calendar_create.compensate_function(mine, ctx=context(key=KEYS[1]))
    assert (tmp_path / mine.meeting.file).exists()


async def test_a_call_whose_outcome_was_lost_is_taken_back_by_its_key(
    context: Any, tmp_path: Path
) -> None:
    """Also where its file can't be read, so that the probe can't tell; and no human is asked."""
    assert calendar_create.spec.undoes_by_key
    made = await create(context(key=KEYS[0]), await prepare(context()))
    (tmp_path / made.meeting.file).write_text("garbage")
    await calendar_create.compensate_function(None, ctx=context(key=KEYS[1]))
    assert (tmp_path / made.meeting.file).exists()
    await calendar_create.compensate_function(None, ctx=context(key=KEYS[0]))
    assert not (tmp_path / made.meeting.file).exists()


RACER = """
import asyncio, datetime as dt, json, sys
from pathlib import Path
from tests_support import Context
from tizmor.agents.calendar.calendar_create import calendar_create
from tizmor.core.errors import PreconditionFailed
from tizmor.ports.workspace import Workspace

root, key = sys.argv[1:]
workspace = Workspace(root=Path(root), timezone="Asia/Jerusalem")
now = dt.datetime(2026, 11, 21, 12, tzinfo=workspace.zone)
arguments = calendar_create.convert(
    {"title": key[:4], "attendees": [], "start": "2026-11-22T09:00:00+02:00", "minutes": 30}
)
print("ready", flush=True)
sys.stdin.readline()
try:
    asyncio.run(calendar_create(**arguments, ctx=Context(workspace=workspace, now=now, key=key)))
    print("won")
except PreconditionFailed:
    print("lost")
"""


@pytest.fixture
def support(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The context of these tests, importable by another process."""
    folder = tmp_path_factory.mktemp("support")
    source = Path(__file__).parents[1] / "conftest.py"
    (folder / "tests_support.py").write_text(source.read_text())
    return folder


@pytest.mark.parametrize("round_", range(3))
def test_of_processes_that_want_one_time_at_once_exactly_one_gets_it(
    tmp_path: Path, support: Path, round_: int
) -> None:
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", RACER, str(tmp_path), digit * 64],
            cwd=support,
            env={"PYTHONPATH": ":".join([str(support), *sys.path])},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for digit in "abcd"
    ]
    for racer in racers:
        assert racer.stdout is not None
        assert racer.stdout.readline() == "ready\n"
    for racer in racers:
        assert racer.stdin is not None
        racer.stdin.write("go\n")
        racer.stdin.flush()
    results = sorted(racer.communicate(timeout=60)[0].strip() for racer in racers)
    assert results == ["lost", "lost", "lost", "won"]
    assert len(list((tmp_path / "calendar").glob("*.ics"))) == 1


def test_the_lock_is_held_against_other_processes_until_it_is_given_back(
    context: Any, tmp_path: Path
) -> None:
    attempt = (
        "import fcntl, sys; f = open(sys.argv[1]);fcntl.flock(f, fcntl.LOCK_EX | fcntl.LOCK_NB)"
    )
    command = [sys.executable, "-c", attempt, str(tmp_path / "calendar" / ".lock")]
    with calendar_lock(context().workspace):
        held = subprocess.run(command, capture_output=True, text=True, check=False)
    free = subprocess.run(command, capture_output=True, check=False)
    assert "BlockingIOError" in held.stderr
    assert free.returncode == 0
