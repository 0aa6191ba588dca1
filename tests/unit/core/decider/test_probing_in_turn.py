"""A probe that has to wait for a quota: what may have happened stays so until it is known."""

from __future__ import annotations

import pytest
from tests.unit.core.script import Script, step, writing

from tizmor.core import commands as cmd
from tizmor.core import events as ev
from tizmor.core import facts as fx
from tizmor.core.approval import HAPPENED
from tizmor.core.plan import Effect, OnFailure, Resource, RetryPolicy

QUOTA = "limit:api:mail"
LOCKED = (Resource(name="calendar:me"),)


def probing(**more: object) -> Script:
    """A call may have happened, and its agent is asked whether it did."""
    options = {"probes": True, "retry": RetryPolicy(attempts=3), **more}
    script = Script(writing(Effect.COMPENSATABLE, **options))
    script.lose("a")
    assert script.ordered(cmd.ProbeCall)
    return script


def held(script: Script, on: str = QUOTA, until_ms: int | None = None) -> Script:
    return script.tell(fx.ProbeMustWait(step="a", on=on, until_ms=until_ms))


def in_turn(script: Script) -> Script:
    script.tell(fx.WaitOver(step="a"))
    assert script.ordered(cmd.ProbeCall).key == script.key("a")
    return script


def test_a_probe_stands_in_line_while_its_step_stays_unsettled_and_is_made_in_its_turn() -> None:
    script = held(probing(), until_ms=9_000)
    assert script.one(ev.ProbeHeld) == ev.ProbeHeld(step="a", on=QUOTA, until_ms=9_000)
    assert script.ordered(cmd.StandInLine) == cmd.StandInLine(step="a", until_ms=9_000)
    for state in (script.state, script.folded()):
        known = state.steps["a"]
        assert (known.status.value, known.lost, known.held_on) == ("unsettled", True, QUOTA)
        assert known.held_until_ms == 9_000
    in_turn(script).tell(fx.Probed(step="a", output={"value": "there"}))
    assert script.state.status == "COMPLETED"
    assert script.state.steps["a"].held_on == ""


def test_that_it_still_has_to_wait_for_the_same_is_no_news() -> None:
    script = held(in_turn(held(probing())))
    assert (script.kinds(), script.ordered(cmd.StandInLine).step) == ([], "a")


def test_how_long_a_probe_was_held_is_known() -> None:
    script = held(probing())
    script.tell(fx.WaitOver(step="a"), later_ms=100)
    script.tell(fx.Probed(step="a", output={}), later_ms=50)
    assert script.state.steps["a"].waited_ms == 150
    assert script.folded().steps["a"].waited_ms == 150


def test_what_did_not_happen_is_called_again_after_the_wait() -> None:
    script = in_turn(held(probing())).tell(fx.Probed(step="a", dice=0.5))
    assert (script.status("a"), script.state.steps["a"].held_on) == ("retrying", "")
    assert script.tell(fx.TimerFired(step="a"), later_ms=60_000).starts() == ["a"]


def test_a_turn_that_comes_too_early_or_twice_asks_nobody() -> None:
    script = probing()
    assert script.tell(fx.WaitOver(step="a")).commands == []
    in_turn(held(script))
    assert script.tell(fx.WaitOver(step="a")).commands == []


def test_after_a_crash_it_is_still_in_doubt_and_asked_after_anew() -> None:
    script = held(probing()).crash()
    assert script.ordered(cmd.ProbeCall).step.id == "a"
    assert (script.status("a"), script.state.steps["a"].lost) == ("unsettled", True)


def test_a_cancelled_execution_waits_until_it_is_known_what_its_call_did() -> None:
    script = held(probing()).tell(fx.CancelAsked())
    assert (script.status("a"), script.state.ended) == ("unsettled", False)
    assert not [c for c in script.commands if isinstance(c, cmd.ProbeCall)]
    in_turn(script).tell(fx.Probed(step="a", output={"value": "there"}))
    assert (script.status("a"), script.state.status) == ("succeeded", "CANCELLED")


def test_a_probe_that_finds_that_it_has_to_wait_after_all_is_to_end_waits_too() -> None:
    script = held(probing().tell(fx.CancelAsked()))
    assert (script.kinds(), script.status("a")) == (["ProbeHeld"], "unsettled")
    in_turn(script).tell(fx.Probed(step="a", output={"value": "there"}))
    assert (script.status("a"), script.state.status) == ("succeeded", "CANCELLED")


def test_a_deadline_waits_for_that_too() -> None:
    script = held(probing(deadline_s=60))
    script.tell(fx.TimerFired(step="a", timer=cmd.Timer.DEADLINE), later_ms=60_000)
    assert script.status("a") == "unsettled"
    in_turn(script).tell(fx.Probed(step="a", told=False))
    assert script.status("a") == "failed"
    assert "may have happened" in (script.state.steps["a"].error or "")


def test_a_turn_that_comes_in_a_pause_is_given_back_by_asking_and_what_it_holds_is_kept() -> None:
    """The probe doesn't begin in a pause, and so gives back its place, and nothing else."""
    script = held(probing(resources=LOCKED)).tell(fx.PauseAsked())
    in_turn(script).tell(fx.CallWithdrawn(step="a"))
    assert (script.commands, script.status("a")) == ([], "unsettled")
    assert script.tell(fx.ResumeAsked()).ordered(cmd.ProbeCall)


def test_what_a_probe_keeps_waiting_for_in_a_pause_it_waits_for_after_it() -> None:
    script = held(probing()).tell(fx.PauseAsked()).tell(fx.ResumeAsked())
    assert script.commands == []
    assert in_turn(script)


def test_what_stood_in_line_gives_its_place_back_when_it_has_ended_all_the_same() -> None:
    script = in_turn(held(probing())).tell(fx.Probed(step="a", output={}))
    assert script.ordered(cmd.Release).step == "a"
    assert held(script).ordered(cmd.Release).step == "a"
    assert script.events == []


def test_an_execution_with_a_probe_in_line_waits_for_nobody() -> None:
    options = {"probes": True, "retry": RetryPolicy(attempts=3)}
    script = Script(writing(Effect.COMPENSATABLE, **options), writing(Effect.IRREVERSIBLE, "b"))
    script.gate("b")
    script.lose("a")
    assert not held(script).state.waits_for_human


def doubtful() -> Script:
    """A failed step may have happened; it is being rolled back, and asked after."""
    options = {"probes": True, "compensates": True, "retry": RetryPolicy(attempts=1)}
    script = Script(writing(Effect.COMPENSATABLE, **options), step("open"))
    script.lose("a", may_still_run=True)
    script.tell(fx.Probed(step="a", told=False))
    assert script.status("a") == "failed"
    script.tell(fx.CancelAsked(roll_back=True))
    assert script.ordered(cmd.ProbeCall)
    return script


def test_what_is_asked_before_it_is_taken_back_stands_in_line_and_asks_once() -> None:
    script = held(doubtful())
    assert (script.kinds(), script.status("a")) == (["ProbeHeld"], "failed")
    assert [type(c) for c in script.commands] == [cmd.StandInLine]
    in_turn(script).tell(fx.Probed(step="a", output={"value": "there"}))
    assert script.state.steps["a"].held_on == ""
    assert script.ordered(cmd.CompensateCall).output == {"value": "there"}
    script.tell(fx.CompensationStarting(step="a")).tell(fx.Compensated(step="a"))
    assert (script.status("a"), script.state.ended) == ("compensated", True)


def test_a_compensation_that_is_held_for_what_its_probe_was_held_for_says_so() -> None:
    script = in_turn(held(doubtful())).tell(fx.Probed(step="a", output={"value": "there"}))
    script.tell(fx.CompensationMustWait(step="a", on=QUOTA))
    assert (script.kinds(), script.status("a")) == (["CompensationHeld"], "compensating")


def test_so_does_one_of_which_only_a_human_says_that_it_happened() -> None:
    """Its probe couldn't tell what it gave, and was held for the same."""
    options = {"probes": True, "compensates": True, "retry": RetryPolicy(attempts=1)}
    asks = {"on_failure": OnFailure.ASK, **options}
    script = Script(writing(Effect.COMPENSATABLE, **asks), step("open"))
    script.lose("a")
    script.tell(fx.Probed(step="a", told=False))
    script.tell(fx.Answered(question=script.one(ev.QuestionAsked).id, value=HAPPENED))
    in_turn(held(script.tell(fx.CancelAsked(roll_back=True))))
    assert script.tell(fx.Probed(step="a", told=False)).ordered(cmd.CompensateCall).output is None
    script.tell(fx.CompensationMustWait(step="a", on=QUOTA))
    assert (script.kinds(), script.status("a")) == (["CompensationHeld"], "compensating")


@pytest.mark.parametrize("how", ["crash", "pause"])
def test_a_probe_before_taking_back_is_asked_anew(how: str) -> None:
    script = held(doubtful())
    if how == "crash":
        script.crash()
    else:
        in_turn(script.tell(fx.PauseAsked())).tell(fx.CallWithdrawn(step="a"))
        assert not [c for c in script.commands if isinstance(c, cmd.ProbeCall)]
        script.tell(fx.ResumeAsked())
    assert script.ordered(cmd.ProbeCall).step.id == "a"
    script.tell(fx.Probed(step="a", told=False))
    assert script.state.steps["a"].held_on == ""
    assert script.folded().steps["a"].held_on == ""
