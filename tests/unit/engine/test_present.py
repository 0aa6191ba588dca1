"""What users see: JSON in camelCase as the contract names it, times in their own zone."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from tests.unit.core.script import Script, step

from tizmor.core import events as ev
from tizmor.core import facts as fx
from tizmor.core.plan import Choice, Effect, Question
from tizmor.engine.present import Presenter, end_type
from tizmor.engine.views import Status

PRESENTER = Presenter(zone=ZoneInfo("Asia/Jerusalem"), folder=Path("/my files/ws"))
CRITICAL = {"effect": Effect.COMPENSATABLE, "critical": True}
WHO = Question(id="who", text="Who?", choices=(Choice(value="d", label="Dana"),))


def waiting() -> Script:
    """A step that succeeded, one at its gate, one that asks, one that waits for the gate."""
    script = Script(
        step("found", title="Find"),
        step("a", given={"title": "talk"}, control=("title",), **CRITICAL),
        step("q"),
        step("last", "a"),
    )
    script.tell(fx.Reported(step="found", message="found 15 documents"))
    script.complete("found", {"summary": "s", "sources": ["a.txt"]})
    script.begin("q")
    script.ask("q", WHO)
    script.gate("a", action="Meet", time="10:00", participants=["Dana", "Yoav"])
    return script


def as_json(view: Any) -> Any:
    return msgspec.json.decode(msgspec.json.encode(view))


def names_in(value: Any, *, free: tuple[str, ...]) -> Iterator[str]:
    """All field names at any depth; under `free` ones the names are the user's."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield name
            if name not in free:
                yield from names_in(inner, free=free)
    elif isinstance(value, list):
        for inner in value:
            yield from names_in(inner, free=free)


def test_every_field_is_camel_case() -> None:
    shown = as_json(PRESENTER.execution(waiting().state, interrupted=False))
    names = set(names_in(shown, free=("arguments", "output", "result", "details")))
    assert all(re.fullmatch("[a-z]+([A-Z][a-z]+)*", name) for name in names), names
    assert {"executionId", "waitingFor", "durationMs", "tokens", "costUsd", "createdAt"} <= names


def test_an_execution_has_what_the_contract_promises() -> None:
    shown = as_json(PRESENTER.execution(waiting().state, interrupted=False))
    assert shown["status"] == "WAITING"
    assert shown["query"] == "q"
    assert shown["result"] == {"summary": "s", "sources": ["a.txt"]}
    states = {s["id"]: s["state"] for s in shown["steps"]}
    assert states == {"found": "succeeded", "a": "waiting", "q": "waiting", "last": "pending"}
    (found, *_) = shown["steps"]
    assert found["messages"] == ["found 15 documents"]
    assert shown["steps"][3]["dependsOn"] == ["a"]


def test_what_is_waited_for_stands_in_the_order_in_which_it_was_asked() -> None:
    question, gate = PRESENTER.waiting(waiting().state)
    assert (question.kind, question.id, question.step) == ("question", "q1", "q")
    assert (gate.kind, gate.id, gate.step) == ("approval", "a1", "a")
    assert gate.text == "Meet · 10:00 · Dana, Yoav"
    assert gate.arguments == {"title": "talk"}
    assert [c.value for c in question.choices] == ["d"]


def test_the_command_that_decides_is_ready_to_paste() -> None:
    question, gate = PRESENTER.waiting(waiting().state)
    assert shlex.split(gate.command)[-2:] == ["--workspace", "/my files/ws"]
    assert shlex.split(gate.command)[:2] == ["tizmor", "approve"]
    assert shlex.split(gate.command)[3] == "a1"
    assert shlex.split(question.command)[3:5] == ["q1", "CHOICE"]


def test_times_are_in_the_workspaces_zone_with_its_offset() -> None:
    assert PRESENTER.time(0) == "1970-01-01T02:00:00.000+02:00"
    assert PRESENTER.time(1_782_864_000_123).endswith("+03:00"), "summer time"


def test_an_execution_whose_process_is_gone_is_said_to_be_interrupted() -> None:
    assert PRESENTER.execution(waiting().state, interrupted=True).status is Status.INTERRUPTED


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (Status.COMPLETED, "complete"),
        (Status.FAILED, "failed"),
        (Status.CANCELLED, "cancelled"),
        (Status.REJECTED, "rejected"),
        (Status.WAITING, "waiting"),
        (Status.PAUSED, "paused"),
    ],
)
def test_the_last_line_is_named_as_the_contract_says(status: Status, kind: str) -> None:
    assert end_type(status) == kind


def shown(script: Script) -> list[dict[str, Any]]:
    events = (PRESENTER.event(script.state, 9, 1, e) for e in script.events)
    return [as_json(e) for e in events if e is not None]


def test_every_event_can_be_shown_or_is_left_out_on_purpose() -> None:
    script = Script(step("a", given={"x": 1}, prepares=True, **CRITICAL), start=False)
    seen = {}

    def note() -> None:
        for event in script.events:
            view = PRESENTER.event(script.state, 9, 1, event)
            seen[type(event).__name__] = view and view.type

    for fact in [
        fx.Requested(query="q", plan=script.plan),
        fx.CallPrepared(step="a", arguments={"x": 1}),
        fx.GateNeeded(step="a", key="k", arguments={"x": 1}, shown={"action": "act"}),
        fx.PauseAsked(),
        fx.ResumeAsked(),
        fx.OwnerChanged(epoch=2),
        fx.Rejected(approval="a1"),
    ]:
        script.tell(fact)
        note()
    assert seen == {
        "Created": "progress",
        "Planned": "progress",
        "Prepared": None,
        "GateOpened": "approval",
        "Paused": "progress",
        "Resumed": "progress",
        "Adopted": "progress",
        "GateRejected": "approval",
        "Ended": "rejected",
    }


def test_a_finding_is_a_log_line_of_its_step() -> None:
    script = Script(step("a"), step("b")).tell(fx.Reported(step="a", message="found it"))
    (line,) = shown(script)
    assert (line["type"], line["step"], line["message"]) == ("log", "a", "found it")
    assert (line["done"], line["total"], line["id"]) == (0, 2, 9)


def test_an_approval_says_who_decided() -> None:
    script = Script(step("a", **CRITICAL))
    script.gate("a")
    (line,) = shown(script)
    assert (line["state"], line["waiting"]["action"]) == ("open", "do it")
    script.tell(fx.Approved(approval="a1", by="dana"))
    (line,) = shown(script)
    assert (line["state"], line["message"]) == ("approved", "dana")


def test_a_step_line_names_its_agent_and_state() -> None:
    script = Script(step("a", title="Read it"))
    script.fail("a", "no such file")
    failed, end = shown(script)
    assert (failed["type"], failed["agent"], failed["title"]) == ("step", "Agent", "Read it")
    assert (failed["state"], failed["error"]) == ("failed", "no such file")
    assert (end["type"], end["status"]) == ("failed", "FAILED")


def test_a_plan_is_shown_once_when_it_is_made() -> None:
    script = Script(step("a"))
    lines = shown(script)
    assert [("plan" in line) for line in lines] == [False, True]
    assert isinstance(script.events[1], ev.Planned)


def test_what_a_call_gave_that_may_have_happened_can_be_written_beside_the_answer() -> None:
    script = Script(step("pay", effect=Effect.IRREVERSIBLE))
    script.approved("pay")
    script.lose("pay")
    (asked,) = PRESENTER.waiting(script.state)
    assert (asked.kind, asked.arguments) == ("question", {})


def test_beside_an_answer_to_an_agents_own_question_nothing_can_be_written() -> None:
    question, _ = PRESENTER.waiting(waiting().state)
    assert question.arguments is None


def test_what_is_known_of_a_call_can_be_changed_when_its_compensation_failed() -> None:
    script = Script(step("pay", effect=Effect.COMPENSATABLE, compensates=True), step("open"))
    script.complete("pay", {"value": "7"}).tell(fx.CancelAsked(roll_back=True))
    script.tell(fx.CompensationStarting(step="pay"))
    script.tell(fx.CompensationFailed(step="pay", error="no", retryable=False))
    (asked,) = PRESENTER.waiting(script.state)
    assert asked.arguments == {"value": "7"}
