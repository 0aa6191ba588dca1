"""The agents that come with Tizmor, asked in other words than their phrases."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from tizmor.agents.builtin import builtin
from tizmor.agents.system.system_check import system_check
from tizmor.core.plan import Plan
from tizmor.planner.embedded import EmbeddedPlanner
from tizmor.ports.planner import PlanRequest
from tizmor.ports.workspace import Workspace

ASKED_FOR: dict[str, tuple[str, ...]] = {
    "Calendar ContactSearch": (
        "שרייני לי פגישה עם גלית מחר בתשע",
        "תשבצי ישיבה עם עומר ביום רביעי בשתיים",
        "תארגני מפגש של חצי שעה עם שירן ביום חמישי בבוקר",
        "תסגור לי פגישה עם אורית לשבוע הבא",
        "אפשר לסדר לי שיחה עם אבנר מחרתיים בארבע אחר הצהריים?",
        "הייתי רוצה שתתאמו פגישה עם גיל סבן",
        "תואיל בטובך לתאם ישיבה עם מר אברהם דיין ביום ראשון",
        "תכניס לי ליומן פגישה עם רונית ביום שני בעשר",
        "אני צריכה להיפגש עם טליה בשבוע הבא, אפשר לסדר?",
        "תזמני את אורי ואת יעל לשיחה ביום חמישי בשלוש",
        "תדאגי לי לפגישה עם עופר ביום רביעי",
        "שבצי אותי לפגישה עם נטע מחר אחרי ארבע",
        "Pencil in a chat with Omer for Wednesday at 4pm",
        "Could you get something in the diary with Ronit next Tuesday at 9:30?",
        "Set something up with Talia for Thursday afternoon",
        "Line up a call with Shiran and Ofer tomorrow at noon",
        "Sort out a meeting with Neta on 7 December at 3pm",
        "I need to sit down with Avner next week",
        "Fix a time with Galit for Monday 7 Dec at quarter past nine, 25 minutes",
        "Can we get Omer Sabag on a call on Friday 4 December at 10?",
        "organise a catch-up with Ronit Bar and Neta Shaul tomorrow at half past one",
        "Would you kindly arrange for me to meet Ofer on Sunday at 2pm?",
        "Let's have a meeting with Talia on Tuesday at 11",
        "Invite Omer, Galit and Neta Shaul to a sync on Thursday at 15:30",
        "Find the phone of Ronit Bar and set up a call with her tomorrow at 9",
        "Set up a meeting with Omer every Monday at 10",
        "קבע פגישה עם נטע כל יום שלישי בתשע",
        "Book an hour with Ronit on Wednesday at 2pm in Zoom",
        "תקבע פגישה עם עומר מחר בעשר במשרד",
        "schedule a meeting with Talia at the office on Tuesday at 10",
        "set a meeting with omer sabag tomorrow at 10",
        "תקבע פגישת היכרות עם הדר מחר בעשר",
        "Could you organise a quick call between me and Shira Tal on Monday at 9?",
        "Get together with Omer and Neta on Sunday at 4pm for half an hour re the roof",
        "תקבעי לי קפה עם הילה ביום שני בתשע וחצי",
        "תיאום ישיבה עם שמעון לוי ליום רביעי בשעה 13:00",
        "אבקש לתאם עבורי פגישה עם הגב' נורית שלו בשבוע הבא",
        "תתאמי ישיבה של שעתיים עם רמי, שוש וליאת ל-3.12 בצהריים",
        "put in a call with Dr. Amos Gil, Friday 11 Dec, 9:15am, 20 min, regarding permits",
        "We need to meet Shlomi on the 30th at 4",
        "Would be great if you could schedule a Zoom with Shira for tomorrow at 5pm",
        "תזיזי הכל הצידה ותקבעי ישיבה דחופה עם רמי עוד היום בארבע",
    ),
    "Calendar": (
        "תחסום לי ביומן שעה וחצי מחר בבוקר",
        "Block two hours on Thursday morning so that I can finish the report",
        "שריין לי שעתיים ביום רביעי אחרי שלוש כדי להתכונן",
        "Reserve an hour in my calendar tomorrow at 4pm for reviewing the drawings",
        "Put 90 minutes of focus time in my diary on Tuesday after 2pm",
        "תוסיפי ליומן שלי שעה של הכנה ביום חמישי בשמונה וחצי",
        "Keep Friday morning free for me so I can write",
        "Block my calendar on Wednesday from 2pm to 4pm",
        "Please put an hour in my calendar tomorrow at 8 to prepare the offer",
        "שמרי לי שעה ביומן ביום ראשון בשמונה בבוקר להכנת ההצעה",
        'תכניסי לי ליומן "רופא שיניים" ביום שני בשבע',
        "Block out Thursday afternoon for deep work",
    ),
    "DriveSearch WeeklyStatus": (
        "תעברי על מה שכתבנו באוקטובר בפרויקט הגשר ותגידי לי מה המצב",
        "תעדכני אותי מה קרה במלון הים החודש",
        "מה התקדם בשכונת הגנים מאז ספטמבר?",
        "תעשי לי סדר בכל מה שנעשה בגשר בשלושת השבועות האחרונים",
        "תני לי תמונת מצב על מגדל התיכון",
        "מה קורה עם פרויקט המזח?",
        "תשלים אותי על פרויקט המזח בין אפריל ליוני",
        "איפה זה עומד עם המזח?",
        "איך התקדמנו בגשר ברבעון שעבר?",
        "Bring me up to speed on the Harbour Bridge between March and May",
        "Fill me in on the Marina Tower since the beginning of October",
        "Get me up to date on Marina Tower",
        "How are we doing on Marina Tower this month?",
        "What's been happening with the Harbour Bridge over the last three weeks?",
        "what got done on the pier in the first half of October",
        "What's the latest on the pier?",
        "Run through everything we did at Marina Tower in August and work out where it's heading",
        "What progress did we make on the bridge last quarter?",
        "רק תעדכן אותי מה קרה במזח השבוע, בלי פגישות",
        "What happened with the roof in the second half of September?",
        "What did Rami's team achieve on the roof in the past couple of months?",
        "סקרי את מה שנעשה בגג מתחילת השנה",
        "status of the roof?",
    ),
    "DriveSearch Summary": (
        "Give me the short version of the notes on the pier from last month",
        "Boil down the pier minutes of September for me",
        "I'd love a quick rundown of the Marina Tower documents",
        "תכתבי לי תקציר של הפרוטוקולים של המזח מאוגוסט",
        "אשמח לסקירה קצרה של המסמכים על המזח",
        "תמצתי לי את מה שנכתב על הגשר בקיץ",
        "Summarize the bridge notes from May; I don't need a meeting",
        "תסכם בבקשה את כל מה שהיה בפרויקט הגג בשבוע שעבר",
        "תקציר מנהלים על הגג מהחודשיים האחרונים",
        "sum up last week's roof notes for me in a few lines",
    ),
    "DriveRead Summary": (
        "תקרא את הקובץ pier-notes.md ותסכם אותו בשלוש נקודות",
        "open budget-2026.xlsx and give me the main points",
        "Please summarise pier-notes.md",
        "תסכם לי את הקובץ pier-notes.md",
    ),
    "DriveRead Question": (
        "מה כתוב בקובץ pier-notes.md?",
        "Show me what meeting-0311.md says",
        "open roof.txt and tell me who signed it",
        "תפתח את roof.txt ותגיד לי כמה עולה האיטום",
    ),
    "DriveSearch Question": (
        "Which contractor won the pier tender, and what did they offer?",
        "Who approved the budget for the bridge and when?",
        "מי זכה במכרז של המזח ולמה נבחר דווקא הוא?",
        "באיזה תאריך הוגשה התוכנית של הגשר, וכמה היא עלתה?",
        "What did Talia Regev say about the railing, and who is going to replace it?",
        "Why was the pier delayed?",
        "כמה קומות יש במגדל התיכון?",
        "למה נדחתה ההגשה של הגשר?",
        "איזה סוג אבן בחר האדריכל לחזית של המזח?",
        "How many parking places does the Marina Tower have?",
        "What is the deadline for the pier submission?",
        "Do we know which supplier delivers the steel for the bridge?",
        "What does Section 4 of the roof contract say about delays?",
        "When was the roof contract signed and by whom?",
        "מה אמרה הילה על האיטום, ומי אחראי לתקן אותו?",
        "Is the roof permit still valid?",
        "האם אושר ההיתר לגג?",
        "Explain why the budget for the roof went up",
    ),
    "ContactSearch": (
        "Could you dig up Omer Sabag's email for me?",
        "What's the best number for Ronit Bar?",
        "How can I reach Neta Shaul?",
        "איך אני משיג את נטע שאול?",
        "תני לי את הפרטים של עומר סבג",
        "מה המספר של רונית בר?",
        "יש לך את הטלפון של שירן?",
        "אני צריך את הכתובת של אבנר כהן במייל",
        "do we have a phone number for Galit Peretz",
        "whats the phone of ronit bar",
        "Give me Rami Levy's mobile and email",
        "אני צריכה את המייל של הילה כהן ואת הטלפון של רמי",
        "who's Shira Tal and how do I reach her?",
    ),
    "CalendarSearch": (
        "What have I got on Tuesday?",
        "מה מתוכנן לי ביום רביעי?",
        "Do I have anything with Omer this week?",
        "מתי הפגישה הבאה שלי עם נטע?",
        "When am I seeing Talia next?",
        "איזה ישיבות יש לי עד סוף השבוע?",
        "Anything in my diary tomorrow morning?",
        "Check what appointments I have with Ronit Bar from tomorrow until the end of next week",
        "איך נראה היומן שלי מחר?",
        "What does my week look like?",
        "Walk me through my calendar for Monday",
        "Which meetings do I have with Shira in December?",
        "מה יש לי ביומן בין יום ראשון ליום רביעי?",
        "מתי אני נפגש עם הילה?",
        "What's happening on my calendar on 3 December?",
    ),
    "Availability ContactSearch": (
        "When could Omer, Ronit Bar and I find 45 minutes before the end of next week?",
        "מתי עומר, נטע ואני יכולים לשבת לשעה בשבוע הבא?",
        "Find a gap of an hour for me and Talia on Wednesday",
        "תמצאי חלון של חצי שעה שמתאים גם לי וגם לגלית וגם לעופר ביום ראשון",
        "When's everyone free next week: Omer, Galit and Ofer?",
        "What times would work for me and Neta on Tuesday?",
        "מתי נוח גם להילה וגם לרמי לשעה בשבוע הבא?",
        "When are Shira, Rami and I all free for 90 minutes in the first week of December?",
        "Check if Rami is available on Monday morning",
        "תבדקי אם רמי פנוי ביום שני בבוקר",
        "Is there a slot of 45 minutes that suits Hila and me before Friday?",
        "What is Shira Tal's phone number, and am I free tomorrow at 3?",
    ),
    "Availability": (
        "יש לי חור ביומן מחר אחר הצהריים?",
        "Am I free on Thursday at 3?",
    ),
    "DriveSearch Editor WeeklyStatus": (
        "Put together an agenda for my meeting with Omer from the September notes on the "
        "pier, but don't book anything",
        "תכיני לי סדר יום לישיבה עם נטע מתוך הסיכומים של הגשר מאוגוסט, אבל אל תקבעי כלום",
        "Draft talking points about the pier for my call with Ronit, no need to invite her",
        "תכין נקודות לשיחה על המזח. אין צורך לזמן אף אחד",
        "Prepare an agenda about the roof for Thursday's meeting with Shira",
        "תכתבי אג'נדה לפגישה עם הילה על סמך המסמכים של הגג מאוקטובר",
        "I need talking points on the roof based on last month's minutes",
    ),
    "SystemCheck": (
        "Is everything working properly?",
        "האם הכל תקין אצלך?",
        "Run a quick self-test and let me know if anything is wrong",
        "תריץ בדיקה שהכל עובד",
        "תבדקי שהכול עובד אצלך כמו שצריך ותגידי לי אם משהו לא תקין",
        "Are all your parts healthy?",
        "הכול עובד?",
        "Please verify that everything is in order",
        "Do a health check",
        "תעשי בדיקת מערכת",
    ),
    "Calendar ContactSearch DriveSearch Editor WeeklyStatus": (
        "Go through what we did in August on the pier, figure out the strategy and book a "
        "meeting with Omer Sabag",
        "שלום, תסתכלי בבקשה על מה שעשינו ביולי במזח, תביני את הכיוון ותזמני פגישה עם נטע שאול",
        "Hi! I want to get on top of the bridge before Sunday: look over what we did there "
        "in June, work out what the plan is, and then get something in the diary with Omer "
        "Sabag on 9 December at 10am - 45 minutes",
        "Analyze the pier project's status for the past two months, then schedule a meeting "
        "with Neta about it",
    ),
    "CalendarSearch DriveSearch WeeklyStatus": (
        "Tell me how the pier is going and what I have on tomorrow",
    ),
    "CalendarSearch ContactSearch": ("תגיד לי מה הטלפון של עומר סבג ומה יש לי מחר ביומן",),
    "Calendar DriveSearch WeeklyStatus": (
        "Brief me on the pier in September, and block an hour on Sunday at 10 so I can think "
        "about it",
    ),
    "DriveSearch": (
        "Find me everything we have about waterproofing from 2025",
        "תמצאי לי את הפרוטוקולים של ועדת התכנון מספטמבר",
        "Look for the minutes of the planning committee in June",
    ),
    "DriveRead": ("Read me the file roof.txt",),
}

WITHOUT_A_GOAL = (
    "Thursday with Omer might be nice",
    "maybe I should see Talia at some point",
    "אולי כדאי פעם להיפגש עם נטע",
    "מה נשמע?",
    "מה שלומך היום?",
    "hi there, how are you?",
    "who are you?",
    "Book me a flight to Paris on Tuesday",
    "תזמין לי מונית לשדה התעופה מחר בשש",
    "Send Omer the summary by email",
    "Remind me to call Omer tomorrow",
    "תמחק את כל הפגישות של מחר",
    "Reschedule my Tuesday meeting with Neta to Thursday",
    "Book a table for four at the Italian place tomorrow at 8",
    "תזכירי לי מחר להתקשר לנטע",
    "Translate the pier contract into French",
    "תזיז את הפגישה עם עומר לשבוע הבא",
    "Buy two tickets for the concert on Monday",
    "שלחי לגלית הודעה שאני מאחרת",
    "turn off the lights in the office",
)

NO_WISH_FOR_A_MEETING = (
    "I have a meeting with Yoav tomorrow at 10",
    "יש לי פגישה עם עומר מחר בעשר",
    "I met Dana on Tuesday about the budget",
    "Omer wants to meet on Tuesday",
    "The meeting with Omer tomorrow is important",
    "עומר רוצה להיפגש ביום שלישי",
    "Skip my call with Dana tomorrow",
    "Scrap the meeting with Omer on Tuesday",
    "Call Omer tomorrow at 10",
    "האם כדאי לקבוע פגישה עם עומר?",
    "Should I set a meeting with Omer?",
    "Did you set the meeting with Omer?",
    "Add milk to my shopping list tomorrow",
    "Reserve a table for four tomorrow at 8",
    "Book a room for Tuesday at 10",
    "תזמין שולחן לשניים מחר בשמונה",
    "תשמור את הקובץ בתיקייה",
    "organize my files by date",
    "Put the report in the archive folder",
)


@pytest.fixture(scope="module")
def agents() -> EmbeddedPlanner:
    check = system_check(storage=lambda: (), agents=lambda: ())
    return EmbeddedPlanner(tuple(a.spec for a in (*builtin(), check)))


def _plan(planner: EmbeddedPlanner, text: str, workspace: Workspace) -> Plan:
    now = dt.datetime(2026, 11, 22, 9, 0, tzinfo=workspace.zone)
    try:
        planner.plan(PlanRequest(text=text, now=now, workspace=workspace)).send(None)
    except StopIteration as done:
        plan: Plan = done.value
        return plan
    raise AssertionError("planning waited for something")


def _arguments(plan: Plan, agent: str) -> dict[str, Any]:
    return next(s.arguments for s in plan.steps if s.agent == agent)


@pytest.mark.parametrize(
    ("request_text", "names"),
    [(text, names) for names, texts in ASKED_FOR.items() for text in texts],
)
def test_a_request_reaches_just_the_agents_that_it_is_about(
    request_text: str, names: str, agents: EmbeddedPlanner, workspace: Workspace
) -> None:
    plan = _plan(agents, request_text, workspace)
    assert sorted(s.agent for s in plan.steps) == sorted(names.split())
    assert plan.questions == ()


@pytest.mark.parametrize("request_text", WITHOUT_A_GOAL)
def test_what_is_no_request_or_has_no_agent_is_asked_about(
    request_text: str, agents: EmbeddedPlanner, workspace: Workspace
) -> None:
    plan = _plan(agents, request_text, workspace)
    assert plan.questions
    assert not any(s.critical for s in plan.steps)


@pytest.mark.parametrize("request_text", NO_WISH_FOR_A_MEETING)
def test_nobody_who_only_speaks_of_a_meeting_gets_one(
    request_text: str, agents: EmbeddedPlanner, workspace: Workspace
) -> None:
    assert not any(s.critical for s in _plan(agents, request_text, workspace).steps)


@pytest.mark.parametrize(
    ("request_text", "agent", "argument", "value"),
    [
        ("set up a call with Neta at the office tomorrow at 9", "Calendar", "location", "office"),
        ("תקבע פגישה עם עומר מחר בעשר במשרד", "Calendar", "location", "משרד"),
        ("Book an hour with Ronit on Wednesday at 2pm in Zoom", "Calendar", "location", "Zoom"),
        ("תקבע פגישה עם איתי בר מחר", "ContactSearch", "names", ["איתי בר"]),
        ("תקבע פגישת היכרות עם הדר מחר", "ContactSearch", "names", ["הדר"]),
        ("set a meeting with omer sabag tomorrow", "ContactSearch", "names", ["omer sabag"]),
        ("What is Shira Tal's mobile?", "ContactSearch", "names", ["Shira Tal"]),
        ("When are Gal, Rami and I all free on Monday?", "ContactSearch", "names", ["Gal", "Rami"]),
        ("מתי נוח גם להילה וגם לרמי מחר?", "ContactSearch", "names", ["הילה", "רמי"]),
        ("מה התקדם בגשר השבוע?", "DriveSearch", "topics", ["גשר"]),
        ("Block two hours tomorrow so I can rest", "Calendar", "attendees", []),
        ("Block my calendar tomorrow from 2pm to 4pm", "Calendar", "minutes", 120),
        ("read pier.md and sum it up in three points", "DriveRead", "names", ["pier.md"]),
        (
            "Summarize pier.md",
            "Summary",
            "documents",
            {"$ref": "/drive_read/documents"},
        ),
        (
            "I want to get on top of the pier before Sunday: go through what we did there in May",
            "DriveSearch",
            "topics",
            ["pier"],
        ),
        (
            "Who won the pier tender, and why was the other one turned down?",
            "Question",
            "question",
            "Who won the pier tender, why was the other one turned down?",
        ),
    ],
)
def test_what_is_said_becomes_the_argument_that_it_is(
    request_text: str,
    agent: str,
    argument: str,
    value: object,
    agents: EmbeddedPlanner,
    workspace: Workspace,
) -> None:
    assert _arguments(_plan(agents, request_text, workspace), agent)[argument] == value


@pytest.mark.parametrize(
    "request_text",
    ["Set up a meeting with Omer every Monday at 10", "קבע פגישה עם נטע כל יום שלישי בתשע"],
)
def test_of_meetings_that_recur_one_is_made_and_that_is_said(
    request_text: str, agents: EmbeddedPlanner, workspace: Workspace
) -> None:
    plan = _plan(agents, request_text, workspace)
    assert any(a.startswith(("Recurring", "פגישה חוזרת")) for a in plan.assumptions)


def test_a_workspace_s_language_goes_before_the_request_s(agents: EmbeddedPlanner) -> None:
    hebrew = Workspace(root=Path("workspace"), timezone="Asia/Jerusalem", language="he")
    free = Workspace(root=Path("workspace"), timezone="Asia/Jerusalem")
    assert _plan(agents, "check the system", hebrew).language == "he"
    assert _plan(agents, "check the system", free).language == "en"
