"""The result as titled lines."""

from __future__ import annotations

import dataclasses

import pytest
from tests.unit.cli.fake import MEETING

from tizmor.cli.terminal.outcome import sections, write_outcome
from tizmor.cli.terminal.page import Page
from tizmor.cli.terminal.progress import Progress
from tizmor.cli.terminal.words import ENGLISH, HEBREW, Words, time_span
from tizmor.engine.views import Execution, Status, StreamEvent

RESULT = {
    "answer": "Three contracts.",
    "summary": "First line.\nSecond line.",
    "meeting": MEETING,
    "agenda": {"points": ["Contracts", "Budget"], "file": "out/agenda.md"},
    "contacts": [{"name": "Yoav Cohen", "email": "yoav@example.org", "phone": None}],
    "slots": [{"start": MEETING["start"], "end": MEETING["end"], "reason": "first that is free"}],
    "checks": [{"name": "disk", "state": "ok", "detail": "10 GB free"}],
    "citations": [{"text": "signed", "source": "docs/a.md"}],
    "sources": [f"docs/{n}.md" for n in range(12)],
    "warnings": ["broken.pdf can't be read"],
}


def lines(words: Words) -> dict[str, list[str]]:
    return {section.title: list(section.lines) for section in sections(RESULT, words)}


def test_the_meeting_has_its_time_its_participants_and_no_invented_link() -> None:
    assert lines(ENGLISH)["Meeting created"] == [
        "Strategy",
        "Time: Tue 24.11.2026 15:00-15:30",
        "Participants: yoav@example.org",
        "calendar/m.ics",
    ]


def test_the_agenda_is_numbered_and_names_its_file() -> None:
    assert lines(ENGLISH)["Agenda"] == ["1. Contracts", "2. Budget", "out/agenda.md"]


def test_the_rest_is_one_line_each() -> None:
    shown = lines(ENGLISH)
    assert shown["Contacts"] == ["Yoav Cohen · yoav@example.org"]
    assert shown["Free times"] == ["Tue 24.11.2026", "  15:00-15:30 · first that is free"]
    assert shown["Checks"] == ["ok · disk · 10 GB free"]
    assert shown["Said in"] == ["docs/a.md: signed"]
    assert shown["Warnings"] == ["! broken.pdf can't be read"]


def test_many_sources_are_counted() -> None:
    assert lines(ENGLISH)["Sources"][-2:] == ["docs/9.md", "+ 2"]


def test_a_hebrew_result_uses_the_words_of_the_dashboard() -> None:
    assert {"נוצרה פגישה", "אג'נדה"} <= set(lines(HEBREW))
    assert lines(HEBREW)["נוצרה פגישה"][1] == "זמן: ג׳ 24.11.2026 15:00-15:30"


def test_what_has_no_value_is_left_out() -> None:
    assert sections({}, ENGLISH) == []
    assert sections({"meeting": None, "agenda": None, "sources": []}, ENGLISH) == []


def test_free_times_stand_under_their_day() -> None:
    slots = [
        {"start": f"2026-11-{start}:00+02:00", "end": f"2026-11-{end}:00+02:00"}
        for start, end in (
            ("24T09:00", "24T09:30"), ("24T15:00", "24T15:30"), ("25T09:00", "25T09:30"),
            ("25T23:30", "26T00:30"), ("27T09:00", "27T09:30"),
        )
    ]  # fmt: skip
    assert sections({"slots": slots}, ENGLISH)[0].lines == [
        "Tue 24.11.2026",
        "  09:00-09:30",
        "  15:00-15:30",
        "Wed 25.11.2026",
        "  09:00-09:30",
        "Wed 25.11.2026 23:30 - 26.11 00:30",
        "Fri 27.11.2026",
        "  09:00-09:30",
    ]


@pytest.mark.parametrize(
    ("whole_ms", "stood_ms", "shown"),
    [
        (62_000, 60_000, "2.0 s (62.0 s with waiting for you)"),
        (62_000, 500, "61.5 s"),
        (2_000, 0, "2.0 s"),
    ],
)
def test_the_time_that_a_human_took_is_told_apart(
    capsys: pytest.CaptureFixture[str], whole_ms: int, stood_ms: int, shown: str
) -> None:
    execution = Execution(
        execution_id="38fx0cac15nm7",
        status=Status.COMPLETED,
        query="x",
        created_at="",
        updated_at="",
        duration_ms=whole_ms,
    )
    write_outcome(execution, ENGLISH, Page.on_stdout(), stood_ms=stood_ms)
    assert f" · {shown} · " in capsys.readouterr().out


def test_only_the_time_that_it_stands_is_a_human_s() -> None:
    times = [("RUNNING", 0), ("WAITING", 2), ("RUNNING", 62), ("PAUSED", 63), ("COMPLETED", 73)]
    progress = Progress(execution_id="38fx0cac15nm7")
    for status, second in times:
        at = f"2026-11-24T15:{second // 60:02}:{second % 60:02}.000+02:00"
        progress.apply(
            StreamEvent(type="progress", execution_id="38fx0cac15nm7", status=status, at=at)
        )
    assert progress.stood_ms == 70_000


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ("2026-11-24T15:00:00+02:00", "2026-11-24T15:30:00+02:00", "Tue 24.11.2026 15:00-15:30"),
        ("2026-11-24T23:30:00+02:00", "2026-11-25T00:30", "Tue 24.11.2026 23:30 - 25.11 00:30"),
        ("2026-11-24T15:00:00+02:00", None, "Tue 24.11.2026 15:00"),
        ("soon", "later", "soon - later"),
    ],
)
def test_a_time_reads_as_a_day_and_hours(start: str, end: str | None, expected: str) -> None:
    assert time_span(start, end, ENGLISH) == expected


def test_both_languages_say_the_same_things() -> None:
    """Every state and status has its word, and every template its places, in both."""
    for field in dataclasses.fields(Words):
        english, hebrew = getattr(ENGLISH, field.name), getattr(HEBREW, field.name)
        if isinstance(english, dict):
            assert english.keys() == hebrew.keys(), field.name
        elif isinstance(english, str):
            assert english.count("{") == hebrew.count("{"), field.name
        assert len(hebrew) > 0


def test_of_a_result_that_was_seen_only_what_is_new_is_written(
    capsys: pytest.CaptureFixture[str],
) -> None:
    execution = Execution(
        execution_id="x", status=Status.WAITING, query="q", created_at="", updated_at="",
        result=RESULT,
    )  # fmt: skip
    seen = {name: value for name, value in RESULT.items() if name != "contacts"}
    write_outcome(execution, ENGLISH, Page.on_stdout(), seen=seen)
    assert capsys.readouterr().out.split("\n\n")[0].splitlines() == [
        "",
        "Contacts",
        "Yoav Cohen · yoav@example.org",
    ]
