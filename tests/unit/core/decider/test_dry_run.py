"""A dry run decides as a run does, and orders no call that changes something."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.core.script import Script, step, writing

from tizmor.core import commands as cmd
from tizmor.core import events as ev
from tizmor.core import facts as fx
from tizmor.core.approval import needs_gate
from tizmor.core.canonical import planned_key
from tizmor.core.checkpoint import decode, encode
from tizmor.core.plan import Condition, Effect, ForEach, OnFailure, Plan, Step
from tizmor.core.plan import Test as Holds
from tizmor.core.result import result
from tizmor.core.terms import Need, Terms

TWO = Terms(needs=(Need(policy="two-eyes", quorum=2),))
EFFECTS = (Effect.IDEMPOTENT, Effect.COMPENSATABLE, Effect.IRREVERSIBLE)


def dry(*steps: Step, **more: Any) -> Script:
    script = Script(start=False)
    plan = Plan(goal="g", steps=steps)
    return script.tell(fx.Requested(query="q", plan=plan, dry_run=True, **more))


def foresee(script: Script, name: str, output: dict[str, Any] | None = None) -> Script:
    command = next(
        c for c in script.commands if isinstance(c, cmd.ForeseeCall) and c.step.id == name
    )
    return script.tell(
        fx.CallForeseen(
            step=name,
            arguments=command.arguments,
            output={"value": {"$later": f"/{name}/value", "type": "string"}, **(output or {})},
            shown={"action": f"do {name}"},
            asks=needs_gate(command.step),
        )
    )


@pytest.mark.parametrize("effect", EFFECTS)
def test_a_call_that_changes_something_is_foreseen_and_a_read_is_made(effect: Effect) -> None:
    script = dry(step("r"), writing(effect, "w"))
    assert script.starts() == ["r"]
    assert script.ordered(cmd.ForeseeCall).step.id == "w"
    foresee(script, "w")
    assert script.status("w") == "succeeded"
    assert script.state.effects == []
    script.complete("r")
    assert script.state.status == "COMPLETED"


def test_a_read_that_a_human_would_be_asked_about_is_foreseen_too() -> None:
    assert dry(step("r", critical=True)).ordered(cmd.ForeseeCall).step.id == "r"


def test_a_call_with_an_effect_may_not_begin_whatever_is_asked() -> None:
    script = dry(writing(Effect.IDEMPOTENT, "w"))
    script.tell(fx.CallStarting(step="w", key="k"))
    assert script.events == []


def test_it_opens_no_approval_and_names_each_call_that_would_ask_by_its_key() -> None:
    script = foresee(dry(writing(Effect.COMPENSATABLE, "w", critical=True)), "w")
    event = script.one(ev.StepForeseen)
    assert event.asks
    assert event.key == planned_key("Agent", {})
    assert script.state.gates == {}


def test_a_gate_of_the_policys_is_foreseen_and_not_opened() -> None:
    script = dry(step("r", given={"n": 1}))
    shown = {"action": "read it"}
    script.tell(fx.GateNeeded(step="r", key="k", arguments={"n": 1}, shown=shown))
    assert script.state.gates == {}
    assert script.ordered(cmd.ForeseeCall).arguments == {"n": 1}


def test_a_call_that_several_must_agree_to_is_not_approved_beforehand() -> None:
    script = dry(writing(Effect.COMPENSATABLE, "w", critical=True))
    several = fx.CallForeseen(
        step="w", arguments={}, output={}, shown={"action": "x"}, asks=True, terms=TWO
    )
    event = script.tell(several).one(ev.StepForeseen)
    assert (event.asks, event.key, event.terms) == (True, "", TWO)
    assert script.state.steps["w"].foreseen == script.folded().steps["w"].foreseen


def test_what_reads_from_it_takes_what_is_known_and_the_gap_for_the_rest() -> None:
    script = dry(
        writing(Effect.COMPENSATABLE, "w", critical=True),
        step("known", given={"n": {"$ref": "/w/n"}}),
        step("unknown", given={"v": {"$ref": "/w/value/deep/0"}}),
        writing(Effect.IRREVERSIBLE, "last", "w"),
    )
    foresee(script, "w", {"n": 5})
    assert script.starts() == ["known"]
    ordered = {c.step.id: c for c in script.commands if isinstance(c, cmd.ForeseeCall)}
    assert set(ordered) == {"unknown", "last"}
    assert ordered["unknown"].arguments["v"]["$later"] == "/w/value"
    commands = script.commands
    foresee(script, "last")
    event = script.one(ev.StepForeseen)
    assert (event.unknown, event.key, event.asks) == (("/w/value",), "", True)
    script.commands = commands
    foresee(script, "unknown")
    assert script.status("unknown") == "succeeded"


def test_nothing_is_prepared_of_which_not_all_is_known() -> None:
    script = dry(
        writing(Effect.COMPENSATABLE, "w"),
        writing(Effect.COMPENSATABLE, "late", "w", prepares=True),
        writing(Effect.COMPENSATABLE, "now", prepares=True),
    )
    assert script.ordered(cmd.PrepareCall).step.id == "now"
    foresee(script, "w")
    assert script.ordered(cmd.ForeseeCall).step.id == "late"


def test_a_condition_on_what_is_not_known_is_taken_to_hold_and_marked() -> None:
    when = (Condition(value={"$ref": "/w/value"}, test=Holds.EQUALS, operand="x"),)
    script = dry(writing(Effect.COMPENSATABLE, "w"), writing(Effect.IDEMPOTENT, "d", when=when))
    foresee(script, "w")
    foresee(script, "d")
    assert script.one(ev.StepForeseen).maybe


def test_a_list_that_is_not_known_is_one_call_that_may_be_made_any_number_of_times() -> None:
    each = step(
        "each",
        effect=Effect.IDEMPOTENT,
        for_each=ForEach(items={"$ref": "/w/value"}),
        given={"to": {"$item": "/email"}},
    )
    script = foresee(dry(writing(Effect.COMPENSATABLE, "w"), each), "w")
    assert script.ordered(cmd.ForeseeCall).arguments["to"]["$later"] == "/w/value"
    foresee(script, "each")
    assert script.one(ev.StepForeseen).maybe
    assert script.state.status == "COMPLETED"


def test_of_a_list_that_is_known_each_call_is_foreseen() -> None:
    each = step("each", effect=Effect.IDEMPOTENT, for_each=ForEach(items=["a", "b"]))
    script = dry(each)
    commands = script.commands
    for name in ("each.0", "each.1"):
        script.commands = commands
        foresee(script, name)
    assert script.state.status == "COMPLETED"


@pytest.mark.parametrize("policy", [OnFailure.ASK, OnFailure.ROLL_BACK])
def test_a_failure_is_told_and_nobody_is_asked_what_to_do_about_it(policy: OnFailure) -> None:
    script = dry(writing(Effect.COMPENSATABLE, "w", on_failure=policy))
    script.tell(fx.CallFailed(step="w", error="no", retryable=False))
    assert script.state.status == "FAILED"
    assert script.state.questions == {}


def test_the_result_holds_nothing_that_was_only_foreseen() -> None:
    script = foresee(dry(writing(Effect.COMPENSATABLE, "w")), "w", {"meeting": {"title": "x"}})
    assert result(script.state) == {}


def test_what_was_recorded_is_not_read_again() -> None:
    script = dry(step("r"), writing(Effect.IDEMPOTENT, "w", "r"), kept={"r": {"value": 1}})
    assert script.ordered(cmd.ForeseeCall).arguments == {"x0": 1}


def test_its_state_is_the_same_after_a_crash_and_from_a_checkpoint() -> None:
    script = foresee(dry(writing(Effect.COMPENSATABLE, "w", critical=True), step("r")), "w")
    assert script.folded().dry_run
    restored = decode(7, encode(script.state))
    assert restored is not None
    assert encode(restored) == encode(script.folded()) == encode(script.state)
    script.crash()
    assert script.starts() == ["r"]


def carried_out(*steps: Step, calls: tuple[str, ...], **more: Any) -> Script:
    given = ev.CallsApproved(dry_run="d", calls=calls, by="dana", **more)
    plan = Plan(goal="g", steps=steps)
    return Script(start=False).tell(fx.Requested(query="q", plan=plan, given_before=given))


def critical(name: str, **arguments: Any) -> Step:
    return writing(Effect.COMPENSATABLE, name, critical=True, given=arguments)


KEY = planned_key("Agent", {"to": "yoav"})


def test_a_call_that_was_approved_before_is_made_and_one_that_differs_asks() -> None:
    script = carried_out(critical("a", to="yoav"), critical("b", to="gali"), calls=(KEY,))
    script.gate("b")
    assert script.status("b") == "gated"
    script.gate("a")
    approval = script.one(ev.GateApproved)
    assert (approval.by, approval.planned) == ("dana", KEY)
    assert script.ordered(cmd.RunCall).approved_key == script.key("a")


def test_an_approval_that_was_given_before_is_used_once_also_after_a_crash() -> None:
    script = carried_out(critical("a", to="yoav"), critical("b", to="yoav"), calls=(KEY,))
    script.gate("a")
    script.crash()
    script.gate("b")
    assert script.status("b") == "gated"


def test_two_calls_alike_need_two_approvals() -> None:
    script = carried_out(critical("a", to="yoav"), critical("b", to="yoav"), calls=(KEY, KEY))
    for name in ("a", "b"):
        script.gate(name)
        assert script.status(name) == "approved"


def test_what_was_answered_in_the_dry_run_is_not_asked_again() -> None:
    answers = {"a": {"who": "cohen"}, "each.1": {"who": "levi"}}
    each = step("each", for_each=ForEach(items=[1, 2]))
    script = carried_out(step("a"), each, calls=(), answers=answers)
    assert {n: dict(c.answers) for n, c in script.ran.items()} == {
        "a": {"who": "cohen"},
        "each.0": {},
        "each.1": {"who": "levi"},
    }
