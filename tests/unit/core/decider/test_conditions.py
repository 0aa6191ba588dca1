"""Steps with conditions, and references that can do without."""

from __future__ import annotations

import pytest
from tests.unit.core.script import Script, step

from tizmor.core import events as ev
from tizmor.core import facts as fx
from tizmor.core.plan import Condition, Effect
from tizmor.core.plan import Test as Check

FOUND = Condition(value={"$ref": "/s/value"}, test=Check.EQUALS, operand="yes")


def conditional(value: str) -> Script:
    """`a` runs when `s` says yes; `reads` takes from it, `follows` comes after it, `soft` takes
    from it what there is."""
    soft = {"x": {"$ref": "/a/value", "default": "none"}}
    script = Script(
        step("s"),
        step("a", when=(FOUND,)),
        step("reads", "a"),
        step("follows", after=("a",)),
        step("soft", given=soft),
        step("deep", "reads"),
    )
    return script.complete("s", {"value": value})


def test_a_step_whose_condition_holds_runs() -> None:
    assert conditional("yes").starts() == ["a"]


def test_a_condition_waits_for_what_it_looks_at() -> None:
    script = Script(step("s"), step("a", when=(FOUND,)))
    assert script.starts() == ["s"]


def test_a_step_whose_condition_does_not_hold_is_passed_over_with_all_that_reads_it() -> None:
    script = conditional("no")
    assert script.statuses() == "succeeded bypassed bypassed ready ready bypassed"
    because = {e.step: e.because for e in script.events if isinstance(e, ev.StepBypassed)}
    assert because == {"a": None, "reads": "a", "deep": "reads"}


def test_what_only_comes_after_it_goes_on_and_a_soft_reference_takes_its_default() -> None:
    script = conditional("no")
    assert script.starts() == ["follows", "soft"]
    assert script.ran["soft"].arguments == {"x": "none"}
    script.complete("follows").complete("soft")
    assert script.state.status == "COMPLETED"


def test_a_soft_reference_takes_what_there_is() -> None:
    script = conditional("yes").complete("a")
    assert script.ran["soft"].arguments == {"x": "a"}


@pytest.mark.parametrize("ending", ["fail", "reject", "succeed without it"])
def test_a_soft_reference_waits_for_the_end_however_it_ends(ending: str) -> None:
    script = Script(
        step("a", critical=ending == "reject"),
        step("b", given={"x": {"$ref": "/a/value", "default": 7}}),
    )
    assert "b" not in script.starts()
    match ending:
        case "fail":
            script.fail("a")
        case "reject":
            script.tell(fx.Rejected(approval=script.gate("a")))
        case _:
            script.complete("a", {"other": 1})
    assert script.ran["b"].arguments == {"x": 7}


def test_all_conditions_must_hold() -> None:
    script = Script(step("s"), step("a", when=(FOUND, Condition(value=[]))))
    script.complete("s", {"value": "yes"})
    assert script.status("a") == "bypassed"


def test_a_condition_on_a_step_that_failed_sees_nothing() -> None:
    """A step may be there for the case that another one fails."""
    otherwise = Condition(value={"$ref": "/s/value"}, test=Check.EMPTY)
    script = Script(step("s"), step("plan_b", when=(otherwise,)))
    assert script.fail("s").starts() == ["plan_b"]


def test_a_condition_is_looked_at_once_and_not_again_by_a_retry() -> None:
    script = conditional("yes")
    script.begin("a")
    script.fail("a", retryable=True)
    script.tell(fx.TimerFired(step="a"), later_ms=9000)
    assert script.starts() == ["a"]


def test_what_is_passed_over_asks_nobody() -> None:
    script = Script(
        step("a", when=(Condition(value=""),), critical=True, effect=Effect.IRREVERSIBLE)
    )
    assert script.kinds() == ["Created", "Planned", "StepBypassed", "Ended"]


def test_a_follower_of_what_failed_is_skipped_even_if_another_was_passed_over() -> None:
    script = Script(step("a", when=(Condition(value=""),)), step("b"), step("c", after=("a", "b")))
    script.fail("b")
    assert script.statuses() == "bypassed failed skipped"


def test_a_condition_that_did_not_hold_is_not_asked_again_after_a_crash() -> None:
    script = conditional("no").crash()
    assert script.statuses() == "succeeded bypassed bypassed ready ready bypassed"
    assert script.starts() == ["follows", "soft"]
