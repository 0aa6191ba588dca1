"""Gates and questions decided at the terminal that watches the execution."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import pytest
from rich.console import Console
from tests.unit.cli.fake import ANCHOR, GATE, ID, QUESTION, FakeTizmor, Scripted, events_of, said

from tizmor.cli.beside import beside, first_of
from tizmor.cli.terminal.desk import Desk
from tizmor.cli.terminal.page import Page
from tizmor.cli.terminal.progress import Progress
from tizmor.cli.terminal.screen import Screen
from tizmor.core.errors import InvalidEdit
from tizmor.core.plan import Choice, Plan
from tizmor.engine.views import Waiting

pytestmark = pytest.mark.anyio

LEAVE = None


class Typist:
    """Types the next line whenever one is asked for; a callable is done first, then it thinks."""

    def __init__(self, *lines: str | Callable[[], Awaitable[object]] | None) -> None:
        self.lines = list(lines)
        self.forgotten = 0

    def forget(self) -> None:
        self.forgotten += 1

    async def next(self) -> str | None:
        if not self.lines:
            await asyncio.Event().wait()
        line = self.lines.pop(0)
        if callable(line):
            await line()
            await asyncio.Event().wait()
        assert not callable(line)
        return line


async def watch(library: FakeTizmor, typist: Typist, *, width: int = 80) -> str:
    """Follow the execution until it ends or the typist leaves; what the terminal showed."""
    console = Console(file=io.StringIO(), width=width, force_terminal=True, color_system=None)
    page = Page(console, is_terminal=True, reorder=False)
    past = await library.logs(ID)
    progress = Progress.from_events(await library.get(ID), past)
    with Screen(page, progress) as screen:
        desk = Desk(library, screen, typist)
        stream = library.stream(ID, after=progress.last_id, keep_waiting=True)
        async with beside(desk.work()) as asking:
            while not asking.done():
                async with beside(anext(stream, None)) as coming:
                    await asyncio.wait_for(first_of(coming, asking), timeout=10)
                    event = coming.result() if coming.done() else None
                if event is None:
                    break
                screen.show(event)
                desk.notice()
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


@pytest.fixture
def gated(scripted: Scripted) -> Scripted:
    scripted.coming = events_of(ANCHOR, gate=GATE)
    return scripted


async def test_the_gate_is_shown_with_its_action_time_and_participants(
    library: FakeTizmor, gated: Scripted
) -> None:
    shown = await watch(library, Typist("a"))
    for part in ("Create a meeting", "Tue 24.11.2026 15:00-15:30", "yoav@example.org", "outside"):
        assert part in shown
    assert library.given == [("approve", GATE.id, None, None)]


@pytest.mark.parametrize("word", ["a", "A", "approve", "yes"])
async def test_any_word_for_it_approves(library: FakeTizmor, gated: Scripted, word: str) -> None:
    await watch(library, Typist(word))
    assert library.given == [("approve", GATE.id, None, None)]


@pytest.mark.parametrize("word", ["א", "אשר", "a"])
async def test_a_hebrew_execution_is_decided_in_hebrew_or_english(
    library: FakeTizmor, scripted: Scripted, word: str
) -> None:
    hebrew = Plan(goal=ANCHOR.goal, steps=ANCHOR.steps, language="he")
    scripted.coming = events_of(hebrew, gate=GATE)
    shown = await watch(library, Typist(word))
    assert "דרוש אישור" in shown
    assert "משתתפים" in shown
    assert library.given == [("approve", GATE.id, None, None)]


async def test_what_follows_a_rejection_is_its_reason(library: FakeTizmor, gated: Scripted) -> None:
    await watch(library, Typist("r Yoav is abroad"))
    assert library.given == [("reject", GATE.id, "Yoav is abroad")]


async def test_what_is_no_decision_decides_nothing(library: FakeTizmor, gated: Scripted) -> None:
    shown = await watch(library, Typist("", "maybe", "approved?", "r"))
    assert shown.count("Please answer with a, e or r.") == 3
    assert library.given == [("reject", GATE.id, None)]


async def test_an_edit_is_shown_and_asked_about_before_it_is_approved(
    library: FakeTizmor, gated: Scripted
) -> None:
    lines = ("e", "minutes=45", "nobody.x=1", "attendees.0.email=new@example.org", "", "a")
    shown = await watch(library, Typist(*lines))
    assert "'nobody.x' leads nowhere" in shown
    assert "minutes = 45 (changed: 30 -> 45)" in shown
    arguments = {"minutes": 45, "attendees": [{"name": "Yoav Cohen", "email": "new@example.org"}]}
    assert library.given == [("approve", GATE.id, arguments, None)]


async def test_the_time_of_before_an_edit_is_not_shown_as_if_it_still_held(
    library: FakeTizmor, gated: Scripted
) -> None:
    shown = await watch(library, Typist("e", "minutes=45", "", "a"))
    _, _, edited = shown.partition("an empty line ends")
    assert "Tue 24.11.2026" not in edited
    assert "45 minutes" in edited


async def test_an_edit_that_the_agent_refuses_is_asked_again(
    library: FakeTizmor, gated: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(*words: object, **options: object) -> str:
        raise InvalidEdit("minutes: at least 5")

    monkeypatch.setattr(library, "preview", refuse)
    shown = await watch(library, Typist("e", "minutes=1", "", "r"))
    assert "minutes: at least 5" in shown
    assert library.given == [("reject", GATE.id, None)]


async def test_one_wrong_line_of_an_edit_leaves_the_others(
    library: FakeTizmor, gated: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = library.preview

    async def picky(execution: str, approval: str | None, arguments: dict[str, Any]) -> Any:
        if arguments["minutes"] == "abc":
            raise InvalidEdit("minutes: a number")
        return await real(execution, approval, arguments)

    monkeypatch.setattr(library, "preview", picky)
    shown = await watch(library, Typist("e", "minutes=45", "minutes=abc", "", "a"))
    assert "minutes: a number" in shown
    assert library.given[0][2]["minutes"] == 45


async def test_a_question_that_an_answer_left_as_it_was_says_so_before_it_is_asked_again(
    library: FakeTizmor, scripted: Scripted
) -> None:
    again = msgspec.structs.replace(QUESTION, id="who.2")
    asked = [said("question", state="open", step=q.step, waiting=q) for q in (QUESTION, again)]
    scripted.coming = [events_of(ANCHOR)[0], *asked]
    shown = await watch(library, Typist("perhaps", "1"))
    first, complaint, second = shown.partition("The answer 'perhaps' was not understood")
    assert complaint
    assert QUESTION.text in first
    assert QUESTION.text in second


async def test_a_question_shows_its_choices_and_passes_on_what_is_typed(
    library: FakeTizmor, scripted: Scripted
) -> None:
    scripted.coming = events_of(ANCHOR, gate=QUESTION)
    shown = await watch(library, Typist("2"))
    assert "2) Yoav Levi" in shown
    assert library.given == [("answer", "who", "2")]


async def test_to_try_again_with_other_arguments_they_are_asked_for(
    library: FakeTizmor, scripted: Scripted
) -> None:
    failed = msgspec.structs.replace(
        QUESTION,
        arguments={"title": "Talk", "minutes": 30},
        choices=(Choice(value="again", label="try again"), Choice(value="edit", label="change")),
    )
    scripted.coming = events_of(ANCHOR, gate=failed)
    shown = await watch(library, Typist("2", "minutes=45", ""))
    assert "minutes" in shown
    assert library.given == [("answer", "who", "2", {"title": "Talk", "minutes": 45})]


async def test_what_was_typed_before_a_gate_opened_does_not_decide_it(
    library: FakeTizmor, gated: Scripted
) -> None:
    typist = Typist("a")
    await watch(library, typist)
    assert typist.forgotten == 1


async def test_the_prompt_goes_when_somebody_else_decides(
    library: FakeTizmor, gated: Scripted
) -> None:
    async def elsewhere() -> None:
        gated.close(GATE.id, "approved")

    typist = Typist(elsewhere)
    shown = await watch(library, typist)
    assert library.given == []
    assert typist.forgotten == 2
    assert "completed" in shown


async def test_who_leaves_decides_later_and_nothing_is_decided(
    library: FakeTizmor, gated: Scripted
) -> None:
    await watch(library, Typist(LEAVE))
    assert library.given == []
    assert GATE.id in gated.open


async def test_two_open_gates_are_asked_one_after_the_other(
    library: FakeTizmor, scripted: Scripted
) -> None:
    second = Waiting(id="mail.1", kind="approval", step="agenda", text="Send a mail")
    scripted.coming = [
        *events_of(ANCHOR, gate=GATE),
        *events_of(ANCHOR, gate=second)[1:],
    ]
    await watch(library, Typist("a", "r"))
    assert library.given == [("approve", GATE.id, None, None), ("reject", "mail.1", None)]


async def test_what_was_open_before_is_asked_when_it_still_is(
    library: FakeTizmor, gated: Scripted
) -> None:
    await watch(library, Typist(LEAVE))
    await watch(library, Typist("a"))
    assert library.given == [("approve", GATE.id, None, None)]


async def test_what_was_decided_since_is_not_asked_again(
    library: FakeTizmor, gated: Scripted
) -> None:
    """Whoever decides in one command and goes on in it is asked only what is open now."""
    await watch(library, Typist(LEAVE))
    past = await library.logs(ID)
    gated.close(GATE.id, "approved")
    assert Progress.from_events(await library.get(ID), past).open == {}


async def test_on_a_narrow_terminal_only_a_short_prompt_is_written_again(
    library: FakeTizmor, gated: Scripted
) -> None:
    async def elsewhere() -> None:
        gated.happen(said("log", step="search", message="found more"))
        gated.close(GATE.id, "approved")

    shown = await watch(library, Typist(elsewhere), width=40)
    assert "found more" in shown
    assert shown.count("[a]pprove") == 1
    assert "> " in shown
