"""Requests in both languages, and what their plans must contain."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Struct

from tizmor.core.agents import AgentSpec
from tizmor.core.plan import Effect, Plan
from tizmor.planner.embedded import EmbeddedPlanner
from tizmor.ports.agent import AgentContext, agent
from tizmor.ports.planner import PlanRequest
from tizmor.ports.secrets import Secret
from tizmor.ports.workspace import Workspace

ANCHOR = "תקרא מה עשינו בדצמבר בתבואות, תבין את האסטרטגיה ותקבע פגישה עם יואב"
ANCHOR_EN = (
    "Read what we did in December at Tevuot, understand the strategy, and set a meeting with Yoav."
)

Ask = Callable[..., Any]


def _references(value: object) -> list[str]:
    if isinstance(value, dict):
        if set(value) == {"$ref"}:
            return [str(value["$ref"])]
        return [r for v in value.values() for r in _references(v)]
    return [r for v in value for r in _references(v)] if isinstance(value, list) else []


def _depends_on(plan: Plan, step: str) -> set[str]:
    arguments = next(s.arguments for s in plan.steps if s.id == step)
    return {r.split("/")[1] for r in _references(arguments)}


@pytest.mark.parametrize(
    ("request_text", "topic", "person"),
    [(ANCHOR, "תבואות", "יואב"), (ANCHOR_EN, "Tevuot", "Yoav")],
)
def test_the_anchor_request_makes_five_steps(
    request_text: str, topic: str, person: str, ask: Ask
) -> None:
    """Search and contact search start together; each later step waits only for what it needs."""
    found = ask(request_text)
    assert found.agents == ["Calendar", "ContactSearch", "DriveSearch", "Editor", "WeeklyStatus"]
    assert found.asks == []
    search = found.arguments("DriveSearch")
    assert search["topics"] == [topic]
    assert (search["period"]["start"], search["period"]["end"]) == ("2025-12-01", "2025-12-31")
    assert found.arguments("ContactSearch") == {"names": [person]}
    assert topic in found.arguments("Calendar")["title"]
    assert found.arguments("Calendar")["attendees"] == {"$ref": "/contact_search/contacts"}
    depends = {s.agent: _depends_on(found.plan, s.id) for s in found.plan.steps}
    assert depends == {
        "DriveSearch": set(),
        "ContactSearch": set(),
        "WeeklyStatus": {"drive_search"},
        "Calendar": {"contact_search"},
        "Editor": {"weekly_status"},
    }


def test_what_a_spec_declares_is_copied_into_its_step(
    ask: Ask, specs: tuple[AgentSpec, ...]
) -> None:
    """A plan, once made, means the same for ever."""
    step = ask(ANCHOR).step("Calendar")
    spec = next(s for s in specs if s.name == "Calendar")
    assert (step.effect, step.critical, step.prepares) == (Effect.COMPENSATABLE, True, True)
    assert (step.control, step.resources) == (spec.control, spec.resources)
    assert (step.retry, step.timeout_s) == (spec.retry, 60.0)
    assert ask(ANCHOR).step("DriveSearch").untrusted


def test_conventions_are_said_in_the_request_s_language(ask: Ask) -> None:
    hebrew, english = ask(ANCHOR).plan, ask(ANCHOR_EN).plan
    assert (hebrew.language, english.language) == ("he", "en")
    for words in ("1.12.2025", "30 דקות", "עשרת ימי העבודה"):
        assert any(words in a for a in hebrew.assumptions), words
    for words in ("1.12.2025", "30 minutes", "ten working days"):
        assert any(words in a for a in english.assumptions), words
    assert all(s.title for s in (*hebrew.steps, *english.steps))


READS = [
    ("מה הטלפון של דנה לוי?", {"ContactSearch"}),
    ("what is the phone number of Ms. Noa Levi", {"ContactSearch"}),
    ("find Yoav's email address", {"ContactSearch"}),
    ("תשיג לי את המייל של רון ברק", {"ContactSearch"}),
    ("Who is Dana Levi?", {"ContactSearch"}),
    ("what did we decide about the Lotus contract?", {"DriveSearch", "Question"}),
    ("כמה עלה השיפוץ במשרד?", {"DriveSearch", "Question"}),
    ("מי חתם על החוזה עם לוטוס?", {"DriveSearch", "Question"}),
    ("who is responsible for hiring?", {"DriveSearch", "Question"}),
    ("When did we sign the contract with Lotus?", {"DriveSearch", "Question"}),
    ("how much did we spend on marketing in 2025?", {"DriveSearch", "Question"}),
    ("מה סוכם בישיבת ההנהלה ב-12/11?", {"DriveSearch", "Question"}),
    ("ספר לי על לוטוס", {"DriveSearch", "Question"}),
    ("when am I free with Dana next week", {"ContactSearch", "Availability"}),
    ("מתי יואב ואני פנויים מחר?", {"ContactSearch", "Availability"}),
    ("Are Dana and Yoav available on Thursday morning?", {"ContactSearch", "Availability"}),
    ("תבדוק מתי אני פנוי מחר אחר הצהריים", {"Availability"}),
    ("מצא זמן לפגישה של שעה עם דנה ורון בשבוע הבא", {"ContactSearch", "Availability"}),
    ("מה יש לי ביומן מחר?", {"CalendarSearch"}),
    ("what's on my calendar next week?", {"CalendarSearch"}),
    ("אילו פגישות היו לי בנובמבר?", {"CalendarSearch"}),
    ("האם יש לי פגישה עם יואב השבוע?", {"CalendarSearch"}),
    ("Show me my meetings this week", {"CalendarSearch"}),
    ("תסכם לי את המסמכים של לוטוס מהחודש שעבר", {"DriveSearch", "Summary"}),
    ("give me an overview of what was done in Q3", {"DriveSearch", "Summary"}),
    ("סכם את החוזה עם לוטוס", {"DriveSearch", "Summary"}),
    ("מה הסטטוס של פרויקט לוטוס?", {"DriveSearch", "WeeklyStatus"}),
    ("נתח את ההתקדמות של פרויקט גן ירוק ברבעון הקודם", {"DriveSearch", "WeeklyStatus"}),
    ("I'd like to understand what happened last week", {"DriveSearch", "WeeklyStatus"}),
    ("חפש מסמכים על שיווק מהשנה שעברה", {"DriveSearch"}),
    ("find all files from 2024 about marketing", {"DriveSearch"}),
    ("Read plan.pdf", {"DriveRead"}),
    ("בדוק את המערכת", {"SystemCheck"}),
    ("Could you please check the system?", {"SystemCheck"}),
]


@pytest.mark.parametrize(("request_text", "agents"), READS)
def test_a_request_that_only_reads_writes_nothing(
    request_text: str, agents: set[str], ask: Ask
) -> None:
    found = ask(request_text)
    assert set(found.agents) == agents
    assert found.asks == []


@pytest.mark.parametrize(
    ("request_text", "people", "start", "minutes", "about"),
    [
        (
            "meet Dana and Yoav on Tuesday at 10 for an hour about the budget",
            ["Dana", "Yoav"],
            "2026-11-24T10:00:00+02:00",
            60,
            "budget",
        ),
        (
            'אני צריך שתקבע לי ישיבה עם ד"ר רון כהן ועם דנה ביום שלישי הבא בשלוש לחצי שעה '
            "בנושא התקציב",
            ["רון כהן", "דנה"],
            "2026-11-24T15:00:00+02:00",
            30,
            "תקציב",
        ),
        (
            "invite Dana and Ron to a meeting on 1.12 at 16:00, 90 minutes, about hiring",
            ["Dana", "Ron"],
            "2026-12-01T16:00:00+02:00",
            90,
            "hiring",
        ),
        (
            "תזמין את דנה ואת רון לפגישה ב-1.12 בשעה 16:00 למשך שעה וחצי על הגיוס",
            ["דנה", "רון"],
            "2026-12-01T16:00:00+02:00",
            90,
            "גיוס",
        ),
        (
            "זמן פגישה עם נועה ורון מחר בעשר וחצי לעשרים דקות על הגיוס",
            ["נועה", "רון"],
            "2026-11-22T10:30:00+02:00",
            20,
            "גיוס",
        ),
        ("Book Dana for Tuesday 3pm", ["Dana"], "2026-11-24T15:00:00+02:00", 30, "Dana"),
        ("פגישה עם יואב מחר ב-10", ["יואב"], "2026-11-22T10:00:00+02:00", 30, "יואב"),
        ("מחר ב-10 תקבע לי פגישה עם דנה", ["דנה"], "2026-11-22T10:00:00+02:00", 30, "דנה"),
        (
            "קבע לי פגישה with Yoav מחר at 10:00 about the תקציב",
            ["Yoav"],
            "2026-11-22T10:00:00+02:00",
            30,
            "תקציב",
        ),
        (
            "set a meeting with Mr. Avi Cohen, Noa Levi and Ron on 3/12 at 9:30 to discuss hiring",
            ["Avi Cohen", "Noa Levi", "Ron"],
            "2026-12-03T09:30:00+02:00",
            30,
            "hiring",
        ),
    ],
)
def test_a_meeting_has_who_when_how_long_and_about_what(
    request_text: str, people: list[str], start: str, minutes: int, about: str, ask: Ask
) -> None:
    found = ask(request_text)
    assert set(found.agents) == {"ContactSearch", "Calendar"}
    assert found.arguments("ContactSearch")["names"] == people
    meeting = found.arguments("Calendar")
    assert meeting["when"]["start"] == start
    assert meeting["minutes"] == minutes
    assert about in meeting["title"]


@pytest.mark.parametrize(
    "request_text",
    [
        "קבע פגישה עם יואב",
        "תקבע פגישה עם יואב",
        "תקבעי לי בבקשה פגישה עם יואב",
        "לקבוע פגישה עם יואב",
        "נקבע פגישה עם יואב",
        "אני רוצה שתקבע פגישה עם יואב",
        "אפשר לקבוע פגישה עם יואב?",
        "תוכל בבקשה לתאם ישיבה עם יואב?",
        "תְּקַבַּע פגישה עם יואב",
        "עם יואב תקבע פגישה",
        "נא לזמן פגישה עם יואב",
    ],
)
def test_every_form_of_the_verb_asks_for_the_same(request_text: str, ask: Ask) -> None:
    """Person, gender, tense, politeness and points change nothing."""
    found = ask(request_text)
    assert set(found.agents) == {"ContactSearch", "Calendar"}
    assert found.arguments("ContactSearch") == {"names": ["יואב"]}


@pytest.mark.parametrize(
    ("request_text", "agents"),
    [
        ("prepare an agenda about the budget, without a meeting", {"Editor"}),
        ("תכין אג'נדה על התקציב, בלי פגישה", {"Editor"}),
        ("אל תקבע שום דבר, רק תסכם מה עשינו בנובמבר", {"Summary"}),
        ("don't schedule anything, just summarize what we did last month", {"Summary"}),
        ("summarize the Lotus contract, but do not set up any meeting", {"Summary"}),
        ("without scheduling a meeting, analyze what we did last month", {"WeeklyStatus"}),
        ("לא לקבוע פגישה. רק תגיד לי מתי דנה פנויה מחר", {"Availability"}),
        ("תסכם את מסמכי הגיוס, ואל תקבע פגישה עם דנה", {"Summary"}),
        ("בלי לקבוע פגישה, תבין מה הסטטוס של פרויקט לוטוס", {"WeeklyStatus"}),
    ],
)
def test_what_is_negated_is_left_out_and_said(
    request_text: str, agents: set[str], ask: Ask
) -> None:
    found = ask(request_text)
    assert agents <= set(found.agents)
    assert "Calendar" not in found.agents
    assert any(a.startswith(("Left out", "לא ייעשה")) for a in found.plan.assumptions)


@pytest.mark.parametrize(
    "request_text",
    [
        "cancel my meeting with Yoav tomorrow",
        "תבטל את הפגישה עם יואב",
        "Move my meeting with Dana to Thursday",
        "Send an email to Dana",
        "תשלח מייל לדנה",
        "Order me a pizza",
        "Delete all files",
        "translate the contract to English",
        "xyzzy",
        "",
    ],
)
def test_what_no_agent_can_do_becomes_a_question(request_text: str, ask: Ask) -> None:
    """Above all, nobody who asks to cancel a meeting gets one set."""
    found = ask(request_text)
    assert found.agents == []
    assert found.asks == ["goal"]
    assert found.plan.questions[0].free_text


def test_the_answer_to_what_to_do_is_planned_in_place_of_the_request(ask: Ask) -> None:
    found = ask("xyzzy", goal="check the system")
    assert found.agents == ["SystemCheck"]
    assert found.plan.goal == "xyzzy"


def test_a_part_that_no_agent_can_do_is_said(ask: Ask) -> None:
    found = ask("find documents about Lotus and translate them")
    assert found.agents == ["DriveSearch"]
    assert any("translate them" in a for a in found.plan.assumptions)


@pytest.mark.parametrize(
    ("request_text", "answer", "names"),
    [
        ("set a meeting", "Dana", ["Dana"]),
        ("set a meeting tomorrow at 10", "with Dana and Yoav", ["Dana", "Yoav"]),
        ("קבע פגישה", "דנה לוי ויואב", ["דנה לוי", "יואב"]),
    ],
)
def test_whom_to_meet_is_asked_and_the_answer_completes_the_plan(
    request_text: str, answer: str, names: list[str], ask: Ask
) -> None:
    assert ask(request_text).asks == ["people"]
    found = ask(request_text, people=answer)
    assert found.asks == []
    assert found.arguments("ContactSearch") == {"names": names}
    assert names[0] in found.arguments("Calendar")["title"]


def test_a_time_that_has_passed_is_asked_about_and_every_answer_resolves_it(ask: Ask) -> None:
    request = "set a meeting with Dana yesterday at 10"
    question = ask(request).plan.questions[0]
    assert question.id == "time"
    assert "Calendar" not in ask(request).agents
    for choice in question.choices:
        assert ask(request, time=choice.value).asks == []
    said = ask(request, time="tomorrow at 11")
    assert said.arguments("Calendar")["when"]["start"] == "2026-11-22T11:00:00+02:00"
    assert "when" not in ask(request, time="first-free").arguments("Calendar")
    assert ask(request, time="yesterday at 9").asks == ["time"]


def test_pronouns_mean_who_was_named_before(ask: Ask) -> None:
    english = ask("Find what we agreed with Lotus and schedule a meeting with them tomorrow")
    hebrew = ask("מה סיכמנו עם דנה בנובמבר? ותקבע איתה פגישה מחר ב-10")
    assert english.arguments("ContactSearch") == {"names": ["Lotus"]}
    assert hebrew.arguments("ContactSearch") == {"names": ["דנה"]}
    assert "Question" in hebrew.agents


def test_each_verb_has_its_own_time(ask: Ask) -> None:
    """The period belongs to what is read, the time to the meeting."""
    found = ask(
        "Go over last quarter's files about hiring, give me a summary, "
        "and book 45 minutes with Noa on 3/12 at 10:00"
    )
    assert found.arguments("DriveSearch")["topics"] == ["hiring"]
    assert found.arguments("DriveSearch")["period"]["start"] == "2026-07-01"
    assert found.arguments("Calendar")["when"]["start"] == "2026-12-03T10:00:00+02:00"
    assert found.arguments("Calendar")["minutes"] == 45
    assert "DriveRead" not in found.agents


def test_two_meetings_are_two_steps(ask: Ask) -> None:
    found = ask("Set a meeting with Dana on Monday at 9 and with Yoav on Tuesday at 11")
    assert found.agents == ["Calendar", "Calendar", "ContactSearch", "ContactSearch"]
    starts = [s.arguments["when"]["start"][:16] for s in found.plan.steps if s.agent == "Calendar"]
    assert starts == ["2026-11-23T09:00", "2026-11-24T11:00"]
    assert len({s.id for s in found.plan.steps}) == 4


def test_an_agenda_for_a_meeting_sets_no_meeting(ask: Ask) -> None:
    """Who and when are the meeting's then; what it is about is what is read."""
    found = ask("תעבור על המסמכים של נובמבר בלוטוס ותכין אג'נדה לפגישה עם דנה ביום חמישי ב-11")
    assert set(found.agents) == {"DriveSearch", "WeeklyStatus", "Editor"}
    assert found.arguments("DriveSearch")["topics"] == ["לוטוס"]
    assert found.arguments("DriveSearch")["period"]["start"] == "2026-11-01"
    assert "דנה" in found.arguments("Editor")["title"]


def test_an_agenda_goes_with_a_meeting_only_where_there_is_an_analysis(ask: Ask) -> None:
    assert "Editor" not in ask("set a meeting with Dana").agents
    beside = ask("analyze what we did at Lotus last month and meet with Dana").plan
    assert any(s.agent == "Editor" for s in beside.steps)
    assert any(a.startswith("Beside") for a in beside.assumptions)


def test_a_month_of_a_topic_is_no_time_of_the_meeting(ask: Ask) -> None:
    found = ask("set a meeting with Yoav about the Q4 budget")
    assert "when" not in found.arguments("Calendar")
    assert "Q4" in found.arguments("Calendar")["title"]


def test_an_agent_that_nobody_knew_is_planned_by_its_own_words(
    specs: tuple[AgentSpec, ...], workspace: Workspace, now: Any
) -> None:
    """A plugin's phrases and description are all that the planner goes by."""
    forecast = AgentSpec(
        name="Forecast",
        description="Weather forecast for a city.",
        parameters=(),
        output={"type": "object", "properties": {"text": {"type": "string"}}},
    )
    planner = EmbeddedPlanner((*specs, forecast))
    plan = _plan(planner, "show me the weather forecast", now, workspace)
    assert [s.agent for s in plan.steps] == ["Forecast"]


def _plan(planner: EmbeddedPlanner, text: str, now: Any, workspace: Workspace) -> Plan:
    try:
        planner.plan(PlanRequest(text=text, now=now, workspace=workspace)).send(None)
    except StopIteration as done:
        plan: Plan = done.value
        return plan
    raise AssertionError("planning waited for something")


_ODD = ("31/2", "99:99", "999999999", "ב-", "ול-", "'", '"', ",", "and", "ו", "in", "weeks", "?")
_PIECES = st.sampled_from([*f"{ANCHOR} {ANCHOR_EN} {READS}".split(), *_ODD])


@settings(max_examples=300, deadline=None)
@given(text=st.one_of(st.text(max_size=300), st.lists(_PIECES, max_size=25).map(" ".join)))
def test_any_text_gives_a_plan_whose_references_resolve(
    text: str,
    specs: tuple[AgentSpec, ...],
    planner: EmbeddedPlanner,
    workspace: Workspace,
    now: Any,
) -> None:
    plan = _plan(planner, text, now, workspace)
    outputs = {s.name: set(s.output and _fields(s)) for s in specs}
    agents = {s.id: s.agent for s in plan.steps}
    assert len(agents) == len(plan.steps)
    earlier: set[str] = set()
    for step in plan.steps:
        for reference in _references(step.arguments):
            _, source, field = reference.split("/")
            assert source in earlier
            assert field in outputs[agents[source]]
        earlier.add(step.id)
    assert plan.steps or plan.questions
    assert plan == _plan(planner, text, now, workspace)


def _fields(spec: AgentSpec) -> list[str]:
    name = spec.output["$ref"].rpartition("/")[2]
    return list(spec.defs[name]["properties"])


@pytest.mark.parametrize(
    "unit", ["a", "ב", "ו ", "and ", '"', "with Dana, ", "1/", "@.", "a.", "תקבע ", "לא ", "('"]
)
def test_the_longest_garbage_takes_time_in_proportion_to_its_length(
    unit: str, planner: EmbeddedPlanner, workspace: Workspace, now: Any
) -> None:
    """Some 0.5 s on a quiet machine; four times the text takes four times as long, not sixteen."""
    short = min(_takes(planner, unit * (5_000 // len(unit)), now, workspace) for _ in "123")
    allowed_s = min(2.0, max(8 * short, 0.2))
    text = unit * (20_000 // len(unit))
    assert any(_takes(planner, text, now, workspace) < allowed_s for _ in "123")


def _takes(planner: EmbeddedPlanner, text: str, now: Any, workspace: Workspace) -> float:
    """CPU seconds of one go; a busy machine may stretch one of three, and not all."""
    began = time.process_time()
    _plan(planner, text, now, workspace)
    return time.process_time() - began


def test_the_anchor_is_planned_within_50_ms(
    planner: EmbeddedPlanner, workspace: Workspace, now: Any
) -> None:
    began = time.process_time()
    for _ in range(10):
        _plan(planner, ANCHOR, now, workspace)
    assert (time.process_time() - began) / 10 < 0.05


class Found(Struct):
    found: int = 0


@agent(name="Offers", phrases=("search offers", "find offers"))
async def offers(
    token: Secret, about: str, other: Secret | None = None, *, ctx: AgentContext
) -> Found:
    """Search for offers."""
    return Found()


@pytest.mark.parametrize("answers", [{}, {"token": "hunter2"}, {"token": "secret:A B"}])
async def test_a_secret_is_never_filled_with_words_and_is_asked_for_by_its_name(
    answers: dict[str, str], now: dt.datetime, workspace: Workspace
) -> None:
    """Words of the request would be in the journal, and be no secret."""
    text = "search offers about Lotus"
    planner = EmbeddedPlanner([offers.spec])
    request = PlanRequest(text=text, now=now, workspace=workspace, answers=answers)
    made = await planner.plan(request)
    assert [q.id for q in made.questions] == ["token"]
    assert "secret:NAME" in made.questions[0].text
    assert made.steps == ()


async def test_a_secret_that_was_answered_by_its_name_is_taken(
    now: dt.datetime, workspace: Workspace
) -> None:
    answers = {"token": "secret:OFFERS"}
    request = PlanRequest(
        text="search offers about Lotus", now=now, workspace=workspace, answers=answers
    )
    (step,) = (await EmbeddedPlanner([offers.spec]).plan(request)).steps
    assert step.arguments == {"token": "secret:OFFERS", "about": "offers about Lotus"}
