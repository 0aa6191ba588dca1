"""A call that needs what others use is held: it waits its turn, once, and goes on from there."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.core.script import Script, step, writing

from tizmor.core import commands as cmd
from tizmor.core import events as ev
from tizmor.core import facts as fx
from tizmor.core.plan import Effect, ForEach, Plan, Resource, RetryPolicy, Step

LOCK = "lock:calendar:me"
QUOTA = "limit:api:mail"


def held(script: Script, name: str = "a", on: str = LOCK, until_ms: int | None = None) -> Script:
    return script.tell(fx.CallMustWait(step=name, on=on, until_ms=until_ms))


def test_a_held_step_stands_in_line_and_goes_on_when_it_is_its_turn() -> None:
    script = held(Script(step("a")), until_ms=9_000)
    assert script.one(ev.StepHeld) == ev.StepHeld(step="a", on=LOCK, until_ms=9_000)
    assert script.ordered(cmd.StandInLine).step == "a"
    assert (script.status("a"), script.state.steps["a"].held_on) == ("held", LOCK)
    assert script.tell(fx.WaitOver(step="a")).starts() == ["a"]
    script.complete("a")
    assert script.state.status == "COMPLETED"


def test_that_it_still_has_to_wait_for_the_same_is_no_news() -> None:
    script = held(Script(step("a")))
    held(script.tell(fx.WaitOver(step="a")))
    assert (script.kinds(), script.ordered(cmd.StandInLine).step) == ([], "a")
    held(script.tell(fx.WaitOver(step="a")), on="limit:api:mail")
    assert script.kinds() == ["StepHeld"]


def test_how_long_it_was_held_is_known() -> None:
    script = held(Script(step("a")))
    held(script.tell(fx.WaitOver(step="a"), later_ms=100), on="limit:api:mail")
    script.tell(fx.WaitOver(step="a"), later_ms=50)
    script.complete("a")
    assert script.state.steps["a"].waited_ms == 152
    assert script.folded().steps["a"].waited_ms == 152


def test_a_word_that_comes_too_early_or_too_late_starts_nothing() -> None:
    script = Script(step("a"), step("b"))
    assert script.tell(fx.WaitOver(step="a")).starts() == []
    held(script)
    script.tell(fx.WaitOver(step="a"))
    assert script.tell(fx.WaitOver(step="a")).starts() == []
    script.complete("a")
    assert script.tell(fx.WaitOver(step="a")).starts() == []


def test_after_a_crash_it_asks_again_for_what_it_needs() -> None:
    script = held(Script(step("a"))).crash()
    assert (script.status("a"), script.starts()) == ("held", ["a"])


def test_what_is_paused_takes_no_turn_and_asks_again_when_it_is_resumed() -> None:
    script = held(Script(step("a")))
    script.tell(fx.PauseAsked())
    assert script.tell(fx.WaitOver(step="a")).starts() == []
    assert script.tell(fx.ResumeAsked()).starts() == ["a"]


@pytest.mark.parametrize("ending", ["cancelled", "failed"])
def test_what_ends_while_it_is_held_gives_its_place_back(ending: str) -> None:
    script = held(Script(step("a", deadline_s=60)))
    if ending == "cancelled":
        script.tell(fx.CancelAsked())
    else:
        script.tell(fx.TimerFired(step="a", timer=cmd.Timer.DEADLINE), later_ms=60_000)
    assert script.ordered(cmd.Release).step == "a"
    assert script.status("a") == ending


def test_what_was_told_to_end_while_it_asked_isnt_held() -> None:
    script = Script(step("a"))
    script.begin("a")
    script.crash()
    script.tell(fx.CancelAsked())
    assert held(script).events == []
    assert script.state.status == "CANCELLED"


def test_a_step_with_resources_gives_them_back_when_it_has_ended() -> None:
    script = Script(writing(Effect.IDEMPOTENT, resources=(Resource(name="calendar:me"),)))
    script.begin("a")
    assert not [c for c in script.commands if isinstance(c, cmd.Release)]
    script.complete("a")
    assert script.ordered(cmd.Release).step == "a"


def test_nobody_waits_for_a_human_to_say_what_became_of_a_call() -> None:
    resources = (Resource(name="calendar:me"),)
    script = Script(writing(Effect.IRREVERSIBLE, resources=resources), approve_all=True)
    script.approved("a")
    script.lose("a")
    assert script.ordered(cmd.Release).step == "a"
    assert script.status("a") == "asked"


def test_a_call_that_may_have_happened_is_still_in_doubt_when_it_was_held() -> None:
    script = Script(writing(Effect.IDEMPOTENT, retry=RetryPolicy(attempts=5)))
    script.lose("a")
    assert script.starts() == ["a"]
    held(script)
    assert script.state.steps["a"].lost
    script.tell(fx.CancelAsked())
    assert script.status("a") == "failed"
    assert "may have happened" in (script.state.steps["a"].error or "")


def test_an_execution_whose_steps_are_held_waits_for_nobody() -> None:
    script = held(Script(step("a"), writing(Effect.IRREVERSIBLE, "b")))
    script.gate("b")
    assert not script.state.waits_for_human


def test_who_waits_for_a_word_gives_back_what_it_has() -> None:
    script = Script(step("a", resources=(Resource(name="calendar:me"),)), step("b"))
    script.begin("a")
    held(script, on="message:m1")
    assert script.ordered(cmd.Release).step == "a"


def replanned(script: Script, *steps: Step) -> Script:
    plan = Plan(goal="g", steps=steps, planner="test/1")
    return script.tell(fx.ReplanMade(step="fails", plan=plan))


def given_back(script: Script) -> list[str]:
    return [command.step for command in script.commands if isinstance(command, cmd.Release)]


def test_what_another_plan_keeps_stays_in_its_line_and_what_it_leaves_out_makes_room() -> None:
    script = Script(step("a"), step("b"), step("fails"), planner="test/1")
    held(held(script), "b").fail("fails")
    replanned(script, step("a"), step("new"))
    assert (script.status("a"), script.status("b")) == ("held", "replaced")
    assert given_back(script) == ["b"], "who has lost its place is told of no turn"
    assert script.tell(fx.WaitOver(step="a")).starts() == ["a"]
    script.complete("a").complete("new")
    assert script.state.status == "COMPLETED"


def test_the_held_calls_of_a_list_that_another_plan_leaves_out_stay_in_their_line() -> None:
    """The list is under way, so it comes to its end; its calls must come to theirs."""
    script = Script(step("a", for_each=ForEach(items=[1, 2])), step("fails"), planner="test/1")
    held(held(script, "a.0"), "a.1").fail("fails")
    replanned(script, step("new"))
    assert given_back(script) == []
    script.complete("new")
    for call in ("a.0", "a.1"):
        assert script.tell(fx.WaitOver(step=call)).starts() == [call]
        script.complete(call)
    assert script.state.status == "COMPLETED"


PREPARED = {"at": 10}


def preparing(**more: Any) -> Script:
    return Script(step("a", prepares=True, **more))


def prepared(script: Script) -> Script:
    return script.tell(fx.CallPrepared(step="a", arguments=PREPARED))


def test_a_preparation_that_is_held_is_asked_for_again_in_its_turn_and_then_called() -> None:
    script = held(preparing(), on=QUOTA)
    assert script.ordered(cmd.StandInLine).step == "a"
    script.tell(fx.WaitOver(step="a"))
    assert script.ordered(cmd.PrepareCall).step.id == "a"
    assert prepared(script).ordered(cmd.RunCall).arguments == PREPARED
    script.complete("a")
    assert script.state.status == "COMPLETED"
    assert script.folded().steps["a"].arguments == PREPARED


def test_what_was_prepared_is_kept_while_its_call_is_held() -> None:
    script = held(prepared(held(preparing(), on=QUOTA).tell(fx.WaitOver(step="a"))), on=QUOTA)
    assert script.one(ev.StepHeld).on == QUOTA
    for go_on in (script.tell(fx.WaitOver(step="a")), held(script, on=QUOTA).crash()):
        assert go_on.ordered(cmd.RunCall).arguments == PREPARED


def test_after_a_crash_a_held_preparation_asks_again() -> None:
    assert held(preparing(), on=QUOTA).crash().ordered(cmd.PrepareCall)


def test_what_is_prepared_anew_after_a_failure_may_be_held_too() -> None:
    script = preparing(retry=RetryPolicy(attempts=3)).fail("a", retryable=True)
    held(script.tell(fx.TimerFired(step="a"), later_ms=60_000), on=QUOTA)
    script.tell(fx.WaitOver(step="a"))
    assert prepared(script).ordered(cmd.RunCall).arguments == PREPARED
