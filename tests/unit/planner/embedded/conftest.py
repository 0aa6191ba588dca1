"""Eleven agents as their authors would declare them, and a planner over them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path as FilePath
from typing import Any

import msgspec
import pytest

from tizmor.core.agents import AgentSpec
from tizmor.core.plan import Effect, Plan, Resource, Step
from tizmor.planner.embedded import EmbeddedPlanner
from tizmor.ports.agent import AgentContext, agent
from tizmor.ports.planner import PlanRequest
from tizmor.ports.vocabulary import (
    Agenda,
    Analysis,
    CalendarEvent,
    Check,
    Contact,
    Document,
    DocumentText,
    FileName,
    Meeting,
    Minutes,
    Path,
    Period,
    PersonName,
    Point,
    RequestText,
    Slot,
    TimeWish,
    Title,
    Topic,
    Value,
)
from tizmor.ports.workspace import Workspace

Warnings = tuple[str, ...]


class DocumentsFound(Value):
    documents: tuple[Document, ...] = ()
    sources: tuple[Path, ...] = ()
    warnings: Warnings = ()


class DocumentsRead(Value):
    texts: tuple[DocumentText, ...] = ()
    sources: tuple[Path, ...] = ()
    warnings: Warnings = ()


class SummaryWritten(Value):
    summary: str = ""
    sources: tuple[Path, ...] = ()
    warnings: Warnings = ()


class QuestionAnswered(Value):
    answer: str = ""
    citations: tuple[Point, ...] = ()
    sources: tuple[Path, ...] = ()
    warnings: Warnings = ()


class AgendaWritten(Value):
    agenda: Agenda = Agenda()
    warnings: Warnings = ()


class StatusReported(Value):
    analysis: Analysis = Analysis()
    summary: str = ""
    sources: tuple[Path, ...] = ()
    warnings: Warnings = ()


class ContactsFound(Value):
    contacts: tuple[Contact, ...] = ()
    warnings: Warnings = ()


class EventsFound(Value):
    events: tuple[CalendarEvent, ...] = ()
    warnings: Warnings = ()


class SlotsFound(Value):
    slots: tuple[Slot, ...] = ()
    warnings: Warnings = ()


class MeetingCreated(Value):
    meeting: Meeting | None = None
    warnings: Warnings = ()


class SystemChecked(Value):
    checks: tuple[Check, ...] = ()
    summary: str = ""


@agent(
    name="DriveSearch",
    untrusted=True,
    phrases=("find documents", "search files", "look for a file", "חפש מסמכים", "מצא קבצים"),
)
async def drive_search(
    topics: tuple[Topic, ...] = (),
    period: Period | None = None,
    include_outputs: bool = False,
    *,
    ctx: AgentContext,
) -> DocumentsFound:
    """Find the documents of the workspace by topic and period."""
    return DocumentsFound()


@agent(
    name="DriveRead",
    untrusted=True,
    phrases=("read the file", "open the document", "read documents", "קרא את הקובץ", "פתח מסמך"),
)
async def drive_read(
    names: tuple[FileName, ...] = (), documents: tuple[Document, ...] = (), *, ctx: AgentContext
) -> DocumentsRead:
    """Read the text of documents."""
    return DocumentsRead()


@agent(
    name="Summary",
    untrusted=True,
    phrases=("summarize", "give me a summary", "sum up", "סכם", "תקציר", "סיכום"),
)
async def summary(
    documents: list[Document], topics: tuple[Topic, ...] = (), *, ctx: AgentContext
) -> SummaryWritten:
    """Summarize documents."""
    return SummaryWritten()


@agent(
    name="Question",
    untrusted=True,
    phrases=("what", "who", "how much", "when did", "why", "מה", "מי", "כמה", "למה", "מתי"),
)
async def question(
    question: RequestText, documents: list[Document], *, ctx: AgentContext
) -> QuestionAnswered:
    """Answer a question from documents, with citations."""
    return QuestionAnswered()


@agent(
    name="Editor",
    effect=Effect.IDEMPOTENT,
    accompanies=("Calendar",),
    phrases=("agenda", "prepare an agenda", "אג'נדה", "הכן סדר יום"),
)
async def editor(
    analysis: Analysis, title: Title | None = None, *, ctx: AgentContext
) -> AgendaWritten:
    """Write the agenda of a meeting from an analysis."""
    return AgendaWritten()


@agent(
    name="WeeklyStatus",
    untrusted=True,
    phrases=(
        "what did we do",
        "understand the strategy",
        "analyze",
        "status",
        "themes",
        "progress report",
        "מה עשינו",
        "תבין את האסטרטגיה",
        "נתח",
        "סטטוס",
    ),
)
async def weekly_status(
    documents: list[Document],
    period: Period | None = None,
    topics: tuple[Topic, ...] = (),
    *,
    ctx: AgentContext,
) -> StatusReported:
    """Report what was done in a period."""
    return StatusReported()


@agent(
    name="ContactSearch",
    phrases=("phone number", "e-mail address", "contact details", "מה הטלפון", "מי זה", "מה המייל"),
)
async def contact_search(names: list[PersonName], *, ctx: AgentContext) -> ContactsFound:
    """Find people in the contacts."""
    return ContactsFound()


@agent(
    name="CalendarSearch",
    untrusted=True,
    phrases=(
        "what's on my calendar",
        "my meetings",
        "what do I have",
        "when is my meeting",
        "מה יש לי ביומן",
        "אילו פגישות יש לי",
        "מתי הפגישה",
    ),
)
async def calendar_search(
    period: Period | None = None,
    topics: tuple[Topic, ...] = (),
    people: tuple[PersonName, ...] = (),
    *,
    ctx: AgentContext,
) -> EventsFound:
    """Find events in the calendar."""
    return EventsFound()


@agent(
    name="Availability",
    phrases=("free", "available", "find a time", "when can we meet", "פנוי", "מתי אפשר", "מצא זמן"),
)
async def availability(
    when: TimeWish | None = None,
    attendees: tuple[Contact, ...] = (),
    minutes: Minutes | None = None,
    *,
    ctx: AgentContext,
) -> SlotsFound:
    """Find times that are free for everyone."""
    return SlotsFound()


@agent(
    name="Calendar",
    effect=Effect.COMPENSATABLE,
    critical=True,
    control=("attendees", "start", "when"),
    resources=(Resource(name="calendar:me"),),
    timeout=dt.timedelta(seconds=60),
    phrases=("set a meeting", "meet with", "invite to a meeting", "קבע פגישה", "לתאם ישיבה"),
)
async def calendar(
    title: Title,
    attendees: list[Contact],
    when: TimeWish | None = None,
    minutes: Minutes | None = None,
    start: dt.datetime | None = None,
    location: str | None = None,
    description: str | None = None,
    *,
    ctx: AgentContext,
) -> MeetingCreated:
    """Create a meeting in the calendar."""
    return MeetingCreated()


@calendar.prepare
async def _free_slot(**arguments: Any) -> dict[str, Any]:
    return {}


@agent(name="SystemCheck", phrases=("check the system", "system health", "בדוק את המערכת"))
async def system_check(*, ctx: AgentContext) -> SystemChecked:
    """Check the parts of the system."""
    return SystemChecked()


AGENTS = (
    drive_search,
    drive_read,
    summary,
    question,
    editor,
    weekly_status,
    contact_search,
    calendar_search,
    availability,
    calendar,
    system_check,
)


@pytest.fixture(scope="session")
def specs() -> tuple[AgentSpec, ...]:
    return tuple(a.spec for a in AGENTS)


@pytest.fixture(scope="session")
def planner(specs: tuple[AgentSpec, ...]) -> EmbeddedPlanner:
    return EmbeddedPlanner(specs)


@pytest.fixture(scope="session")
def workspace() -> Workspace:
    return Workspace(root=FilePath("workspace"), timezone="Asia/Jerusalem")


@pytest.fixture(scope="session")
def now(workspace: Workspace) -> dt.datetime:
    """A Saturday morning."""
    return dt.datetime(2026, 11, 21, 9, 0, tzinfo=workspace.zone)


class Planned(msgspec.Struct, frozen=True):
    """A plan as tests look at it."""

    plan: Plan

    @property
    def agents(self) -> list[str]:
        return sorted(s.agent for s in self.plan.steps)

    def step(self, agent_name: str) -> Step:
        return next(s for s in self.plan.steps if s.agent == agent_name)

    def arguments(self, agent_name: str) -> dict[str, Any]:
        return self.step(agent_name).arguments

    @property
    def asks(self) -> list[str]:
        return [q.id for q in self.plan.questions]


Ask = Callable[..., "Planned"]


@pytest.fixture
def ask(planner: EmbeddedPlanner, workspace: Workspace, now: dt.datetime) -> Ask:
    """Plan a request and its answers, at once."""

    def ask(text: str, **answers: str) -> Planned:
        request = PlanRequest(text=text, now=now, workspace=workspace, answers=answers)
        coroutine = planner.plan(request)
        try:
            coroutine.send(None)
        except StopIteration as done:
            return Planned(done.value)
        raise AssertionError("planning waited for something")

    return ask
