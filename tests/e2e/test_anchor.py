"""The anchor request, end to end, as a script runs it."""

from __future__ import annotations

import datetime as dt
import json
import subprocess

import recurring_ical_events
from icalendar import Calendar
from tests.e2e.product import ANCHOR, Tizmor

AGENTS = ["DriveSearch", "WeeklyStatus", "ContactSearch", "Calendar", "Editor"]


def test_the_plan_starts_both_searches_at_once_and_nothing_waits_without_need(
    tevuot: Tizmor,
) -> None:
    """The search and the contact search come first; each other step waits for what it needs."""
    plan = tevuot.lines("plan", ANCHOR)[-1]
    steps = {step["agent"]: step for step in plan["steps"]}
    assert sorted(steps) == sorted(AGENTS)
    ids = {agent: step["id"] for agent, step in steps.items()}
    assert steps["DriveSearch"]["dependsOn"] == []
    assert steps["ContactSearch"]["dependsOn"] == []
    assert steps["WeeklyStatus"]["dependsOn"] == [ids["DriveSearch"]]
    assert steps["Calendar"]["dependsOn"] == [ids["ContactSearch"]]
    assert steps["Editor"]["dependsOn"] == [ids["WeeklyStatus"]]
    assert sorted(plan["batches"][0]) == sorted([ids["DriveSearch"], ids["ContactSearch"]])
    assert not (tevuot.folder / ".tizmor").exists()


def test_the_anchor_request_asks_and_then_leaves_a_meeting_and_an_agenda(tevuot: Tizmor) -> None:
    """`run` waits with exit code 3 and prints the line that approves; pasted, it ends well."""
    ran = tevuot("run", ANCHOR)
    assert ran.returncode == 3, ran.stderr
    assert "15" in ran.stdout
    assert not tevuot.made_events()
    line = next(x for x in ran.stdout.splitlines() if " approve " in x)
    pasted = subprocess.run(["sh", "-c", line], capture_output=True, text=True, check=False)
    assert pasted.returncode == 0, pasted.stderr

    (event,) = tevuot.made_events()
    assert {str(a).removeprefix("mailto:") for a in _attendees(event)} >= {_yoav(tevuot)}
    assert _double_bookings(tevuot, event) == []
    (agenda,) = tevuot.agendas()
    (listed,) = tevuot.lines("list")
    assert listed["executionId"] in agenda.read_text("utf-8")

    last = tevuot.show(listed["executionId"])
    assert last["status"] == "COMPLETED"
    assert last["result"]["agenda"]["points"]
    assert len(last["result"]["sources"]) == 15
    assert last["result"]["meeting"]["attendees"]


def test_the_agendas_points_come_from_the_documents_of_december(tevuot: Tizmor) -> None:
    """Every document that the result names is dated in the December that was asked about."""
    done = tevuot("run", ANCHOR, "--yes", "--json")
    assert done.returncode == 0, done.stderr
    last = json.loads(done.stdout.splitlines()[-1])
    assert last["type"] == "complete"
    execution = tevuot.show(last["executionId"])
    search = next(s for s in execution["steps"] if s["agent"] == "DriveSearch")
    dates = [dt.date.fromisoformat(d["date"]) for d in search["output"]["documents"]]
    assert len(dates) == 15
    assert {date.month for date in dates} == {12}
    assert all(isinstance(line.get("id"), int) for line in _journaled(done.stdout))


def test_the_time_edited_at_the_gate_is_the_time_of_the_meeting(tevuot: Tizmor) -> None:
    """`approve --set` approves the edited arguments, and the event has them."""
    waiting = json.loads(tevuot("run", ANCHOR, "--json").stdout.splitlines()[-1])
    (gate,) = waiting["waitingFor"]
    start = dt.datetime.fromisoformat(gate["arguments"]["start"])
    later = (start + dt.timedelta(days=21)).replace(hour=17, minute=0)
    execution = waiting["executionId"]
    done = tevuot("approve", execution, gate["id"], "--set", f"start={later.isoformat()}")
    assert done.returncode == 0, done.stderr + done.stdout
    (event,) = tevuot.made_events()
    assert event["DTSTART"].dt == later
    approved = [e for e in tevuot.lines("logs", execution) if e.get("state") == "approved"]
    assert ["17:00" in line["waiting"]["time"] for line in approved] == [True]


def test_yes_is_said_again_by_whoever_resumes(tevuot: Tizmor) -> None:
    """`--yes` holds for the process that was started with it: a plain `resume` asks."""
    with tevuot.start("run", ANCHOR, "--yes", "--json") as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.kill()
    (line,) = tevuot.lines("list")
    assert line["status"] != "COMPLETED"
    resumed = tevuot("resume", line["executionId"])
    assert resumed.returncode == (0 if tevuot.made_events() else 3)
    if resumed.returncode == 3:
        assert tevuot("resume", line["executionId"], "--yes").returncode == 0
    assert len(tevuot.made_events()) == 1


def test_a_rejected_gate_ends_rejected_with_what_could_be_delivered(tevuot: Tizmor) -> None:
    """No meeting, no event; the analysis and the agenda are there; exit code 4."""
    waiting = json.loads(tevuot("run", ANCHOR, "--json").stdout.splitlines()[-1])
    done = tevuot("reject", waiting["executionId"], "--reason", "not now")
    assert done.returncode == 4, done.stderr
    execution = tevuot.show(waiting["executionId"])
    assert execution["status"] == "REJECTED"
    assert not tevuot.made_events()
    assert execution["result"]["agenda"]["points"]
    assert "meeting" not in execution["result"]


def _journaled(output: str) -> list[dict[str, object]]:
    lines = [json.loads(line) for line in output.splitlines()]
    return [line for line in lines if line["type"] in ("step", "approval", "progress")]


def _attendees(event: Calendar) -> list[str]:
    attendees = event.get("ATTENDEE", [])
    return [str(a) for a in (attendees if isinstance(attendees, list) else [attendees])]


def _yoav(tevuot: Tizmor) -> str:
    cards = "\n".join(p.read_text("utf-8") for p in (tevuot.folder / "contacts").glob("*.vcf"))
    return next(word for word in cards.replace(":", " ").split() if word.startswith("yoav.cohen@"))


def _double_bookings(tevuot: Tizmor, made: Calendar) -> list[str]:
    """Busy times, mine and Yoav's, that overlap the meeting."""
    start, end = made["DTSTART"].dt, made["DTEND"].dt
    folders = [tevuot.folder / "calendar", tevuot.folder / "calendar/people" / _yoav(tevuot)]
    found = []
    for path in (p for folder in folders for p in folder.glob("*.ics")):
        calendar = Calendar.from_ical(path.read_bytes())
        found += [
            str(event["SUMMARY"])
            for event in recurring_ical_events.of(calendar).between(start, end)
            if event["UID"] != made["UID"] and event.get("TRANSP") != "TRANSPARENT"
        ]
    return found
