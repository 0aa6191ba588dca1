"""Clauses that hang on another, hours that fix a meeting, and who is meant by "us"."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Ask = Callable[..., Any]
CHAIN = {"DriveSearch", "WeeklyStatus", "ContactSearch", "Calendar", "Editor"}


@pytest.mark.parametrize(
    ("text", "start", "minutes"),
    [
        ("Set up a call with Dana Levi on Sunday from 10:15 to 11:00", "2026-11-22T10:15", 45),
        (
            "Schedule a meeting with Omer Sabag on 3 December between 14:00 and 15:30",
            "2026-12-03T14:00",
            90,
        ),
        ("Book a meeting with Dana Levi tomorrow 9:00-10:30", "2026-11-22T09:00", 90),
        ("Set a meeting with Dana Levi on Monday from 2 to 4", "2026-11-23T14:00", 120),
        ("קבע פגישה עם דנה לוי ביום שני מ-9 עד 10", "2026-11-23T09:00", 60),
        ("תזמן ישיבה עם עומר סבג ב-3 בדצמבר בין 14:00 ל-15:30", "2026-12-03T14:00", 90),
        ("קבעי פגישה עם דנה לוי מחר 13:00-14:30", "2026-11-22T13:00", 90),
    ],
)
def test_hours_from_and_to_on_a_day_are_the_meeting_s_own(
    text: str, start: str, minutes: int, ask: Ask
) -> None:
    arguments = ask(text).arguments("Calendar")
    assert arguments["when"]["start"].startswith(start)
    assert arguments["minutes"] == minutes


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("Book a meeting with Dana Levi for 30 minutes tomorrow between 9 and 11", 30),
        ("Set an hour with Dana Levi on Monday between 14:00 and 17:00", 60),
        ("תקבע פגישה של שעה עם דנה לוי ביום שני בין 14:00 ל-17:00", 60),
        ("קבע פגישה של 20 דקות עם עומר סבג מחר מ-9 עד 12", 20),
        ("Set up a meeting with Dana Levi tomorrow between 9 and 17", 30),
    ],
)
def test_hours_beside_a_length_are_those_to_look_in(text: str, minutes: int, ask: Ask) -> None:
    arguments = ask(text).arguments("Calendar")
    assert "start" not in arguments["when"]
    assert {"earliest", "latest"} <= set(arguments["when"])
    assert arguments["minutes"] == minutes


def test_hours_that_are_asked_about_are_those_to_look_in(ask: Ask) -> None:
    when = ask("When is Dana Levi free tomorrow between 9 and 11?").arguments("Availability")[
        "when"
    ]
    assert (when["earliest"], when["latest"]) == ("09:00:00", "11:00:00")


@pytest.mark.parametrize(
    ("text", "period", "day"),
    [
        (
            "Book an hour with Omer Sabag on Tuesday, once you've gone over everything we did in "
            "August on the pier",
            ("2026-08-01", "2026-08-31"),
            "2026-11-24",
        ),
        (
            "Set a meeting with Dana Levi after you read what we wrote in the second quarter on "
            "the roof",
            ("2026-04-01", "2026-06-30"),
            None,
        ),
        (
            "Set a meeting with Dana Levi after going over what was done in December on the pier",
            ("2025-12-01", "2025-12-31"),
            None,
        ),
        (
            "תקבע פגישה עם דנה לוי אחרי שתקרא את מה שנכתב במרץ על הגג",
            ("2026-03-01", "2026-03-31"),
            None,
        ),
        (
            "קבעי שיחה עם עומר סבג ביום שלישי אחרי שתעברי על כל מה שעשינו באוגוסט במזח",
            ("2026-08-01", "2026-08-31"),
            "2026-11-24",
        ),
    ],
)
def test_when_something_was_written_is_no_time_of_the_meeting(
    text: str, period: tuple[str, str], day: str | None, ask: Ask
) -> None:
    planned = ask(text)
    found = planned.arguments("DriveSearch")["period"]
    assert (found["start"], found["end"]) == period
    when: dict[str, Any] = planned.arguments("Calendar").get("when", {})
    assert when.get("firstDay") == day


@pytest.mark.parametrize(
    "text",
    [
        "Set a meeting with Dana Levi on Tuesday about what we wrote in June",
        "תקבע פגישה עם דנה לוי ביום שלישי על מה שכתבנו ביוני",
    ],
)
def test_a_meeting_about_what_was_written_is_on_its_own_day(text: str, ask: Ask) -> None:
    assert ask(text).arguments("Calendar")["when"]["firstDay"] == "2026-11-24"


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("Get me 25 minutes with Dana Levi tomorrow", 25),
        ("Grab 20 minutes with Dana Levi on Monday", 20),
        ("Could you steal half an hour with Dana Levi tomorrow?", 30),
        ("Find an hour with Dana Levi next week", 60),
        ("תשיג לי חצי שעה עם דנה לוי ביום שני", 30),
        ("תמצאי לי שעה עם דנה לוי בשבוע הבא", 60),
        ("תחטוף לי רבע שעה עם דנה לוי מחר", 15),
    ],
)
def test_time_with_somebody_is_a_meeting(text: str, minutes: int, ask: Ask) -> None:
    planned = ask(text)
    assert planned.agents == ["Calendar", "ContactSearch"]
    assert planned.arguments("Calendar")["minutes"] == minutes


@pytest.mark.parametrize(
    "text",
    [
        "Read what we have from March and April on the pier and summarize it",
        "Summarize all we have from March and April on the pier",
        "What do we have from March and April on the pier?",
        "תעבור על מה שיש לנו ממרץ ואפריל על המזח ותסכם",
    ],
)
def test_what_we_have_from_a_month_is_written_not_in_the_calendar(text: str, ask: Ask) -> None:
    planned = ask(text)
    assert "CalendarSearch" not in planned.agents
    period = planned.arguments("DriveSearch")["period"]
    assert (period["start"], period["end"]) == ("2026-03-01", "2026-04-30")


def test_what_i_have_on_a_day_is_in_the_calendar(ask: Ask) -> None:
    assert ask("What do I have on Tuesday?").agents == ["CalendarSearch"]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (
            "Before I sit down with Omer Sabag, go over what we did in May on the roof and set us "
            "a meeting",
            "Omer Sabag",
        ),
        (
            "Go over what we did in May on the roof before I meet Dana Levi, understand the "
            "strategy and book us 30 minutes",
            "Dana Levi",
        ),
        (
            "Before meeting Omer Sabag, analyze what we did in May on the roof and schedule a "
            "meeting with him",
            "Omer Sabag",
        ),
        (
            "לפני שאני נפגש עם עומר סבג אני רוצה להבין מה עבר על הגג במאי. תקרא את החומר "
            "ותקבע לנו פגישה",
            "עומר סבג",
        ),
        (
            "לפני שאשב עם דנה לוי, תעבור על מה שעשינו במאי על הגג, תנתח ותקבע איתה פגישה",
            "דנה לוי",
        ),
    ],
)
def test_a_meeting_for_us_is_with_whom_an_aside_names(text: str, name: str, ask: Ask) -> None:
    planned = ask(text)
    assert set(planned.agents) == CHAIN
    assert planned.asks == []
    assert planned.arguments("ContactSearch")["names"] == [name]
    search = planned.arguments("DriveSearch")
    assert search["topics"] in (["roof"], ["הגג"], ["גג"])
    assert search["period"]["start"] == "2026-05-01"


@pytest.mark.parametrize("text", ["Set us a meeting on Monday", "תקבע לנו פגישה ביום שני"])
def test_us_alone_leaves_open_with_whom(text: str, ask: Ask) -> None:
    assert ask(text).asks == ["people"]


def test_a_verb_of_a_question_is_no_topic(ask: Ask) -> None:
    found = ask("When did the roof offer go up?").arguments("DriveSearch")
    assert found["topics"] == ["roof offer"]
