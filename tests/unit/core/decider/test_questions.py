"""Questions: what an agent or the planner can't know, answered by value, label or number."""

from __future__ import annotations

import pytest
from tests.unit.core.script import Script, step

from tizmor.core import events as ev
from tizmor.core import facts as fx
from tizmor.core.approval import chosen
from tizmor.core.plan import Choice, Question

YOAVS = (
    Choice(value="yoav.c@x.org", label="Yoav Cohen"),
    Choice(value="yoav.l@x.org", label="יואב לוי"),
    Choice(value="1", label="Neither"),
)
WHICH = Question(id="which", text="Which Yoav?", choices=YOAVS, free_text=False)


@pytest.mark.parametrize(
    ("answer", "value"),
    [
        ("yoav.l@x.org", "yoav.l@x.org"),
        (" yoav cohen ", "yoav.c@x.org"),
        ("יואב לוי", "yoav.l@x.org"),
        ("2", "yoav.l@x.org"),
        ("3", "1"),
        ("1", "1"),
        ("0", None),
        ("4", None),
        ("-1", None),
        ("", None),
        ("somebody else", None),
    ],
)
def test_a_choice_is_meant_by_its_value_its_label_or_its_number(
    answer: str, value: str | None
) -> None:
    """A value goes before a number: `1` is the value of the third."""
    assert chosen(WHICH, answer) == value


def test_free_text_is_an_answer_where_it_is_allowed() -> None:
    free = Question(id="q", text="Which?", choices=YOAVS)
    assert chosen(free, " Dana ") == "Dana"
    assert chosen(free, "  ") is None


def asked() -> Script:
    script = Script(step("a"), step("b", "a"), step("c"))
    script.begin("a")
    script.ask("a", WHICH)
    return script


def test_a_question_holds_its_step_only() -> None:
    script = asked()
    assert script.statuses() == "asked pending ready"
    assert not script.state.waits_for_human
    script.complete("c")
    assert script.state.waits_for_human


def test_the_answer_comes_to_the_step_when_it_runs_again() -> None:
    script = asked().tell(fx.Answered(question="q1", value="2", by="dana"))
    assert script.one(ev.QuestionAnswered).by == "dana"
    assert script.ran["a"].answers == {"which": "yoav.l@x.org"}
    script.complete("a")
    assert script.starts() == ["b"]


def test_what_is_no_answer_leaves_the_question_open() -> None:
    script = asked().tell(fx.Answered(question="q1", value="somebody"))
    assert script.events == []
    assert len(script.state.open_questions()) == 1


def test_a_question_is_answered_once() -> None:
    script = asked().tell(fx.Answered(question="q1", value="1"))
    assert script.tell(fx.Answered(question="q1", value="2")).events == []


def test_answers_outlive_a_crash() -> None:
    script = asked().tell(fx.Answered(question="q1", value="2")).crash()
    assert script.ran["a"].answers == {"which": "yoav.l@x.org"}


def test_answers_of_a_step_add_up() -> None:
    script = asked().tell(fx.Answered(question="q1", value="2"))
    script.begin("a")
    asked_id = script.ask("a", Question(id="room", text="Where?"))
    script.tell(fx.Answered(question=asked_id, value="here"))
    assert script.ran["a"].answers == {"which": "yoav.l@x.org", "room": "here"}


def test_a_preparation_may_ask_and_is_done_again_with_the_answer() -> None:
    script = Script(step("a", prepares=True))
    asked_id = script.ask("a", WHICH)
    script.tell(fx.Answered(question=asked_id, value="2"))
    (command,) = script.commands
    assert (type(command).__name__, command.answers) == (  # type: ignore[attr-defined]
        "PrepareCall",
        {"which": "yoav.l@x.org"},
    )
