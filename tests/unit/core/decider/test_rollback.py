"""Rolling back: what has succeeded is taken back, the last one first, whatever comes between."""

from __future__ import annotations

import pytest
from msgspec import structs
from tests.unit.core.script import Script, step, writing

from tizmor.core import commands as cmd
from tizmor.core import events as ev
from tizmor.core import facts as fx
from tizmor.core.evolve import evolve
from tizmor.core.fork import fork
from tizmor.core.plan import Effect, ForEach, OnFailure, Resource, RetryPolicy
from tizmor.core.state import State

UNDO = {"compensates": True, "retry": RetryPolicy(attempts=2)}


def undoing(*names: str) -> Script:
    """All of `names` succeeded, in this order; then it was cancelled and is being rolled back."""
    script = Script(*(writing(Effect.COMPENSATABLE, n, **UNDO) for n in names), step("open"))
    for name in names:
        script.complete(name)
    return script.tell(fx.CancelAsked(by="dana", roll_back=True))


def undo(script: Script, name: str) -> Script:
    """The compensation that was ordered is carried out."""
    assert script.ordered(cmd.CompensateCall).step.id == name
    script.tell(fx.CompensationStarting(step=name))
    assert script.one(ev.CompensationStarted)
    return script.tell(fx.Compensated(step=name))


def test_what_succeeded_is_taken_back_the_last_success_first() -> None:
    script = undoing("b", "c", "a")
    for name in ("a", "c", "b"):
        assert not script.state.ended
        undo(script, name)
    assert script.statuses() == "compensated compensated compensated cancelled"
    assert script.state.status == "CANCELLED"


def test_a_compensation_is_given_what_the_step_gave_and_its_key() -> None:
    script = undoing("a")
    command = script.ordered(cmd.CompensateCall)
    assert (command.output, command.key, command.attempt) == ({"value": "a"}, script.key("a"), 1)


def test_it_begins_once_it_is_known_what_ran() -> None:
    """What turns out to have happened is taken back first: it was the last to succeed."""
    running = writing(Effect.COMPENSATABLE, "late", probes=True, **UNDO)
    script = Script(writing(Effect.COMPENSATABLE, "a", **UNDO), running)
    script.complete("a")
    script.begin("late")
    script.tell(fx.CancelAsked(roll_back=True))
    assert script.ordered(cmd.StopCall).step == "late"
    script.tell(fx.CallUnknown(step="late", error="cut off"))
    assert script.ordered(cmd.ProbeCall)
    script.tell(fx.Probed(step="late", output={"value": 1}))
    undo(script, "late")
    undo(script, "a")
    assert script.state.ended


def test_reads_need_no_taking_back_and_what_cannot_be_taken_back_is_left() -> None:
    script = Script(
        step("read"),
        writing(Effect.IDEMPOTENT, "put"),
        writing(Effect.COMPENSATABLE, "a", **UNDO),
        step("open"),
    )
    script.complete("read").complete("a").complete("put")
    script.tell(fx.CancelAsked(roll_back=True))
    assert script.one(ev.CompensationLeft).step == "put"
    undo(script, "a")
    assert script.statuses() == "succeeded left compensated cancelled"


def test_nothing_to_take_back_ends_at_once() -> None:
    assert undoing().one(ev.Ended).status == "CANCELLED"


def test_the_items_of_a_list_are_taken_back_one_by_one() -> None:
    each = writing(Effect.COMPENSATABLE, "a", for_each=ForEach(items=[1, 2]), **UNDO)
    script = Script(each, step("open"))
    script.complete("a.1").complete("a.0")
    script.tell(fx.CancelAsked(roll_back=True))
    undo(script, "a.0")
    undo(script, "a.1")
    assert script.state.ended


def test_an_item_that_failed_and_was_done_with_its_list_begun_anew_is_taken_back_once() -> None:
    items = ForEach(items=[1, 2])
    more = {**UNDO, "for_each": items, "on_failure": OnFailure.ASK}
    script = Script(writing(Effect.COMPENSATABLE, "a", **more), step("open"))
    for name in ("a.0", "a.1"):
        assert script.begin(name)
        script.fail(name)
    script.tell(fx.Answered(question="q1", value="again"))
    script.complete("a.1").complete("a.0")
    script.tell(fx.CancelAsked(roll_back=True))
    undo(script, "a.0")
    undo(script, "a.1")
    assert script.state.ended
    assert script.folded().ended
    assert script.statuses() == "succeeded cancelled compensated compensated"


def test_a_list_with_an_item_that_may_have_been_done_is_not_begun_anew_but_taken_back() -> None:
    once = {**UNDO, "retry": RetryPolicy(attempts=1)}
    more = {**once, "for_each": ForEach(items=[1, 2]), "on_failure": OnFailure.ASK}
    script = Script(writing(Effect.COMPENSATABLE, "a", **more), step("open"))
    assert script.begin("a.0")
    script.fail("a.0").lose("a.1")
    assert script.state.questions == {}
    assert script.status("a") == "failed"
    script.tell(fx.CancelAsked(roll_back=True))
    assert script.one(ev.QuestionAsked).step == "a.1"
    script.tell(fx.Answered(question="q1", value="happened"))
    undo(script, "a.1")
    assert script.statuses() == "failed cancelled failed compensated"


def test_a_transient_failure_is_tried_again_when_its_time_has_come() -> None:
    script = undoing("a")
    script.tell(fx.CompensationStarting(step="a"))
    script.tell(fx.CompensationFailed(step="a", error="busy", retryable=True, dice=0.5))
    assert script.ordered(cmd.SetTimer).due_ms == script.at_ms + 500
    script.tell(fx.TimerFired(step="a"), later_ms=500)
    assert script.ordered(cmd.CompensateCall).attempt == 2
    undo(script, "a")
    assert script.state.ended


@pytest.mark.parametrize("retryable", [True, False])
def test_a_failure_that_trying_again_does_not_mend_asks_the_human(retryable: bool) -> None:
    script = undoing("b", "a")
    for attempt in range(2 if retryable else 1):
        if attempt:
            script.tell(fx.TimerFired(step="a"), later_ms=9000)
        script.tell(fx.CompensationStarting(step="a"))
        script.tell(fx.CompensationFailed(step="a", error="no", retryable=retryable, dice=0.5))
    asked = script.one(ev.QuestionAsked)
    assert (asked.step, asked.about) == ("a", "compensation")
    assert script.state.waits_for_human
    assert script.crash().commands == [], "it is asked already"
    assert script.state.waits_for_human


@pytest.mark.parametrize(("answer", "status"), [("again", "compensated"), ("stop", "left")])
def test_the_human_says_whether_it_is_tried_again_and_the_rest_goes_on(
    answer: str, status: str
) -> None:
    script = undoing("b", "a")
    script.tell(fx.CompensationStarting(step="a"))
    script.tell(fx.CompensationFailed(step="a", error="no", retryable=False))
    script.tell(fx.Answered(question="q1", value=answer))
    if answer == "again":
        undo(script, "a")
    undo(script, "b")
    assert script.statuses() == f"compensated {status} cancelled"
    assert script.state.status == "CANCELLED"


def test_a_crash_between_any_two_decisions_changes_nothing_but_attempts() -> None:
    """Compensations are called again, in the same order; nothing else is."""
    whole = undoing("b", "a")
    whole.tell(fx.CompensationStarting(step="a"))
    whole.tell(fx.CompensationFailed(step="a", error="busy", retryable=True, dice=0.0))
    whole.tell(fx.TimerFired(step="a"))
    undo(whole, "a")
    undo(whole, "b")
    begun = next(i for i, (_, e) in enumerate(whole.journal) if b"RollbackStarted" in e)
    times = sorted({at_ms for at_ms, _ in whole.journal[begun:]})
    assert len(times) > 6
    for last_ms in times[:-1]:
        script = undoing("b", "a")
        script.journal = [(at_ms, event) for at_ms, event in whole.journal if at_ms <= last_ms]
        script.at_ms = last_ms
        script.crash()
        left = list(script.state.effects)
        for name in reversed(left):
            undo(script, name)
        assert script.state.status == "CANCELLED"
        assert script.statuses() == "compensated compensated cancelled"


def test_nothing_is_taken_back_in_a_pause() -> None:
    script = undoing("b", "a").tell(fx.PauseAsked())
    assert script.tell(fx.CompensationStarting(step="a")).events == []
    script.tell(fx.CallWithdrawn(step="a"))
    assert [type(c) for c in script.commands] == [cmd.Release]
    undo(script.tell(fx.ResumeAsked()), "a")
    assert script.ordered(cmd.CompensateCall).step.id == "b"


def test_what_is_being_taken_back_when_the_pause_comes_ends_and_the_next_waits() -> None:
    script = undoing("b", "a")
    script.tell(fx.CompensationStarting(step="a")).tell(fx.PauseAsked())
    script.tell(fx.Compensated(step="a"))
    assert (script.status("a"), script.commands) == ("compensated", [])
    undo(script.tell(fx.ResumeAsked()), "b")
    assert script.state.ended


def test_a_pause_that_was_over_before_the_call_knew_of_it_is_no_end() -> None:
    script = undoing("a")
    script.tell(fx.CompensationStarting(step="a"))
    script.tell(fx.CompensationFailed(step="a", error="busy", retryable=True, dice=0.0))
    script.tell(fx.TimerFired(step="a")).tell(fx.PauseAsked())
    assert script.tell(fx.CompensationStarting(step="a")).events == []
    script.tell(fx.ResumeAsked())
    undo(script.tell(fx.CallWithdrawn(step="a")), "a")
    assert script.state.ended


@pytest.mark.parametrize("pause", [True, False])
def test_an_answer_about_a_compensation_in_a_pause_waits_for_its_end(pause: bool) -> None:
    script = undoing("a")
    script.tell(fx.CompensationStarting(step="a"))
    script.tell(fx.CompensationFailed(step="a", error="no", retryable=False))
    if pause:
        script.tell(fx.PauseAsked())
    script.tell(fx.Answered(question="q1", value="again"))
    if pause:
        assert script.commands == []
        script.tell(fx.ResumeAsked())
    undo(script, "a")


def test_a_second_order_to_roll_back_does_not_begin_it_anew() -> None:
    script = undoing("a")
    assert script.tell(fx.CancelAsked(roll_back=True)).events == []
    assert script.commands == []


def test_a_cancel_may_be_followed_by_the_wish_to_take_all_back() -> None:
    script = Script(
        writing(Effect.COMPENSATABLE, "a", **UNDO), writing(Effect.COMPENSATABLE, "b", **UNDO)
    )
    script.complete("a")
    script.begin("b")
    script.tell(fx.CancelAsked())
    script.tell(fx.CancelAsked(roll_back=True))
    script.complete("b")
    undo(script, "b")
    undo(script, "a")
    assert script.state.status == "CANCELLED"


def test_what_a_fork_kept_belongs_to_the_former_execution_and_is_not_taken_back() -> None:
    script = Script(
        writing(Effect.COMPENSATABLE, "a", **UNDO),
        writing(Effect.COMPENSATABLE, "b", "a", **UNDO),
        step("c", "b"),
        start=False,
    )
    script.tell(fx.Requested(query="q", plan=script.plan, kept={"a": {"value": 1}}))
    script.complete("b")
    undo(script.tell(fx.CancelAsked(roll_back=True)), "b")
    assert script.statuses() == "succeeded compensated cancelled"


def test_what_was_taken_back_is_not_kept_by_a_fork() -> None:
    script = undo(undoing("a"), "a")
    assert fork(script.state, "open")[1] == {}


def test_the_deadline_of_an_execution_that_is_rolled_back_changes_nothing() -> None:
    script = undoing("a")
    assert script.tell(fx.TimerFired(step="", timer=cmd.Timer.DEADLINE)).events == []
    script.tell(fx.CompensationStarting(step="a")).tell(fx.Compensated(step="a"))
    assert script.state.status == "CANCELLED"


def test_a_late_answer_about_a_compensation_that_is_over_decides_nothing() -> None:
    script = undo(undoing("b", "a"), "a")
    assert script.tell(fx.Compensated(step="a")).events == []
    assert script.tell(fx.CompensationFailed(step="a", error="e", retryable=True)).events == []
    assert script.tell(fx.CompensationStarting(step="a")).events == []


def test_every_prefix_of_a_roll_back_can_be_folded() -> None:
    script = undo(undo(undoing("b", "a"), "a"), "b")
    state = State(7)
    for at_ms, payload in script.journal:
        evolve(state, ev.decode(payload), at_ms)
    assert state.effects == []


class TestWhatMayHaveHappened:
    """It is settled before anything is taken back: what happened has to be taken back, too."""

    PAY = writing(Effect.COMPENSATABLE, "pay", "book", on_failure=OnFailure.ASK, **UNDO)

    def lost(self) -> Script:
        script = Script(writing(Effect.COMPENSATABLE, "book", **UNDO), self.PAY, step("open"))
        return script.complete("book").lose("pay")

    def asked(self) -> Script:
        script = self.lost()
        assert script.begin("pay")
        return script.tell(fx.CallUnknown(step="pay", error="connection lost"))

    def test_stays_asked_and_is_taken_back_when_it_happened(self) -> None:
        script = self.asked()
        assert script.one(ev.QuestionAsked).about == "outcome"
        script.tell(fx.CancelAsked(roll_back=True))
        assert script.statuses() == "succeeded asked cancelled"
        assert script.state.waits_for_human
        undo(script.tell(fx.Answered(question="q1", value="happened")), "pay")
        undo(script, "book")
        assert script.state.status == "CANCELLED"
        assert script.folded().status == "CANCELLED"

    def test_is_not_done_any_more_when_it_did_not_happen(self) -> None:
        script = self.asked().tell(fx.CancelAsked(roll_back=True))
        undo(script.tell(fx.Answered(question="q1", value="again")), "book")
        assert script.statuses() == "compensated cancelled cancelled"

    def test_is_asked_about_when_it_waits_for_its_next_attempt(self) -> None:
        patient = structs.replace(self.PAY, retry=RetryPolicy(attempts=3))
        script = Script(writing(Effect.COMPENSATABLE, "book", **UNDO), patient).complete("book")
        assert script.lose("pay").begin("pay")
        script.fail("pay", retryable=True)
        assert script.status("pay") == "retrying"
        script.tell(fx.CancelAsked(roll_back=True))
        assert script.one(ev.QuestionAsked).about == "outcome"
        assert not script.state.ended

    def test_is_asked_about_when_it_was_on_its_way(self) -> None:
        script = self.lost()
        assert script.begin("pay")
        script.tell(fx.CancelAsked(roll_back=True))
        script.tell(fx.CallUnknown(step="pay", error="cut off"))
        assert script.one(ev.QuestionAsked).about == "outcome"

    def test_is_not_waited_for_by_a_cancel_that_takes_nothing_back(self) -> None:
        script = self.asked().tell(fx.CancelAsked())
        assert script.statuses() == "succeeded failed cancelled"
        assert script.state.status == "CANCELLED"


LOCK = "lock:calendar:me"


def held_back(script: Script, name: str, on: str = LOCK) -> Script:
    """The compensation that was ordered has to wait."""
    assert script.ordered(cmd.CompensateCall).step.id == name
    return script.tell(fx.CompensationMustWait(step=name, on=on, until_ms=9_000))


def test_a_compensation_stands_in_line_for_what_others_use_and_goes_on_in_its_turn() -> None:
    script = held_back(undoing("a", "b"), "b")
    assert script.one(ev.CompensationHeld) == ev.CompensationHeld(step="b", on=LOCK, until_ms=9_000)
    assert script.ordered(cmd.StandInLine).step == "b"
    assert (script.status("b"), script.folded().steps["b"].held_on) == ("compensating", LOCK)
    undo(script.tell(fx.WaitOver(step="b")), "b")
    assert script.state.steps["b"].held_on == ""
    undo(script, "a")
    assert script.state.ended


def test_that_a_compensation_still_has_to_wait_for_the_same_is_no_news() -> None:
    script = held_back(undoing("a"), "a")
    held_back(script.tell(fx.WaitOver(step="a")), "a")
    assert (script.kinds(), script.ordered(cmd.StandInLine).step) == ([], "a")


def test_a_turn_that_comes_while_a_compensation_runs_or_waits_for_its_next_try_starts_nothing() -> (
    None
):
    script = undoing("a")
    script.tell(fx.CompensationStarting(step="a"))
    assert script.tell(fx.WaitOver(step="a")).commands == []
    script.tell(fx.CompensationFailed(step="a", error="busy", retryable=True, dice=0.5))
    assert script.tell(fx.WaitOver(step="a")).commands == []


def test_after_a_crash_a_held_compensation_asks_again() -> None:
    script = held_back(undoing("a"), "a").crash()
    undo(script, "a")


def test_in_a_pause_a_held_compensation_gives_its_place_away_and_asks_again_after_it() -> None:
    script = held_back(undoing("a"), "a").tell(fx.PauseAsked())
    script.tell(fx.WaitOver(step="a"))
    assert script.ordered(cmd.Release).step == "a"
    undo(script.tell(fx.ResumeAsked()), "a")


@pytest.mark.parametrize("ends", [True, False])
def test_what_a_compensation_had_is_given_back_when_it_ends_or_is_to_be_tried_again(
    ends: bool,
) -> None:
    uses = {"resources": (Resource(name="calendar:me"),), **UNDO}
    script = Script(writing(Effect.COMPENSATABLE, "a", **uses), step("open"))
    script.complete("a").tell(fx.CancelAsked(roll_back=True))
    script.tell(fx.CompensationStarting(step="a"))
    failed = fx.CompensationFailed(step="a", error="busy", retryable=True)
    script.tell(fx.Compensated(step="a") if ends else failed)
    assert script.ordered(cmd.Release).step == "a"
