"""Rolling back what may have happened: it is found out, or asked about, or named in the end."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.core.script import Script, step, writing

from tizmor.core import checkpoint
from tizmor.core import commands as cmd
from tizmor.core import events as ev
from tizmor.core import facts as fx
from tizmor.core.errors import UserError
from tizmor.core.fork import fork
from tizmor.core.plan import Effect, ForEach, OnFailure, RetryPolicy
from tizmor.core.result import result

ONCE = RetryPolicy(attempts=1)
UNDO: dict[str, Any] = {"compensates": True, "retry": ONCE}
BOOK = writing(Effect.COMPENSATABLE, "book", **UNDO)
POLICIES = [OnFailure.FAIL, OnFailure.ROLL_BACK]


def doubtful(policy: OnFailure = OnFailure.FAIL, *, cut_off: bool = False, **more: Any) -> Script:
    """A booking was made; then a payment may have been, and all is to be taken back."""
    payment = {**UNDO, "effect": Effect.COMPENSATABLE, "on_failure": policy, **more}
    script = Script(BOOK, step("pay", "book", **payment), step("open"))
    script.complete("book").lose("pay", may_still_run=cut_off)
    if policy is not OnFailure.ROLL_BACK:
        assert script.state.steps["pay"].error == "it may have happened: connection lost"
        script.tell(fx.CancelAsked(roll_back=True))
    return script


def probing(policy: OnFailure = OnFailure.FAIL, *, cut_off: bool = False) -> Script:
    """As above; the agent could not tell then, and is asked once more."""
    payment = {**UNDO, "effect": Effect.COMPENSATABLE, "on_failure": policy, "probes": True}
    script = Script(BOOK, step("pay", "book", **payment), step("open"))
    script.complete("book").lose("pay", may_still_run=cut_off)
    script.tell(fx.Probed(step="pay", told=False))
    if policy is not OnFailure.ROLL_BACK:
        script.tell(fx.CancelAsked(roll_back=True))
    return script


def undo(script: Script, name: str) -> Script:
    assert script.ordered(cmd.CompensateCall).step.id == name
    script.tell(fx.CompensationStarting(step=name))
    assert script.one(ev.CompensationStarted)
    return script.tell(fx.Compensated(step=name))


@pytest.mark.parametrize("policy", POLICIES)
def test_the_agent_is_asked_first_and_what_it_found_is_taken_back(policy: OnFailure) -> None:
    script = probing(policy)
    assert script.ordered(cmd.ProbeCall).key == script.key("pay")
    assert script.status("book") == "succeeded", "the last thing goes first"
    script.tell(fx.Probed(step="pay", output={"value": "paid"}))
    assert script.ordered(cmd.CompensateCall).output == {"value": "paid"}
    undo(undo(script, "pay"), "book")
    assert script.statuses() == "compensated compensated cancelled"
    assert script.folded().ended


@pytest.mark.parametrize("policy", POLICIES)
def test_what_the_agent_did_not_find_is_not_taken_back(policy: OnFailure) -> None:
    script = probing(policy).tell(fx.Probed(step="pay"))
    assert script.one(ev.OutcomeFound).output is None
    undo(script, "book")
    assert script.statuses() == "compensated failed cancelled"
    assert fork(script.state, "open")


def test_not_there_yet_says_nothing_of_what_may_still_be_on_its_way() -> None:
    script = probing(cut_off=True).tell(fx.Probed(step="pay"))
    assert script.one(ev.QuestionAsked).about == "outcome"
    assert script.commands == []
    assert script.state.waits_for_human


@pytest.mark.parametrize("policy", POLICIES)
def test_a_human_is_asked_where_nothing_tells(policy: OnFailure) -> None:
    script = doubtful(policy)
    asked = script.one(ev.QuestionAsked)
    assert (asked.step, asked.about) == ("pay", "outcome")
    assert "All is being taken back" in asked.question.text
    assert not any(isinstance(c, cmd.CompensateCall | cmd.ProbeCall) for c in script.commands)
    assert script.state.waits_for_human
    assert script.crash().commands == [], "it is asked already"
    assert script.state.waits_for_human


def test_what_a_human_says_has_happened_is_taken_back_without_what_it_gave() -> None:
    script = doubtful().tell(fx.Answered(question="q1", value="happened"))
    command = script.ordered(cmd.CompensateCall)
    assert (command.output, command.arguments) == (None, {"x0": "book"})
    assert command.key == script.key("pay")
    undo(undo(script, "pay"), "book")
    assert script.statuses() == "compensated compensated cancelled"


def test_what_a_human_knows_that_it_gave_is_given_to_the_agent() -> None:
    script = doubtful()
    script.tell(fx.Answered(question="q1", value="happened", arguments={"value": "paid"}))
    assert script.ordered(cmd.CompensateCall).output == {"value": "paid"}
    assert script.folded().outputs["pay"] == {"value": "paid"}


def test_a_human_may_say_what_it_gave_when_the_agent_could_not_do_without() -> None:
    script = doubtful().tell(fx.Answered(question="q1", value="happened"))
    script.tell(fx.CompensationStarting(step="pay"))
    script.tell(fx.CompensationFailed(step="pay", error="what did it give?", retryable=False))
    script.tell(fx.Answered(question="q2", value="again", arguments={"value": "paid"}))
    assert script.ordered(cmd.CompensateCall).output == {"value": "paid"}


def test_what_a_human_says_has_not_happened_is_passed_over() -> None:
    script = doubtful().tell(fx.Answered(question="q1", value="again"))
    undo(script, "book")
    assert script.statuses() == "compensated failed cancelled"
    assert script.starts() == []


def test_what_a_human_leaves_is_named_in_the_end_and_not_done_again_by_a_fork() -> None:
    script = doubtful().tell(fx.Answered(question="q1", value="stop"))
    undo(script, "book")
    assert script.statuses() == "compensated left cancelled"
    (warning,) = (w for w in result(script.state)["warnings"] if "pay" in w or "stays" in w)
    assert "stays as it is (it may have happened: connection lost)" in warning
    with pytest.raises(UserError, match="may have happened"):
        fork(script.state, "open")


def test_what_no_agent_takes_back_is_named_in_the_end() -> None:
    script = undo(doubtful(compensates=False), "book")
    assert script.statuses() == "compensated left cancelled"
    assert script.state.steps["pay"].error == "it may have happened: connection lost"


def test_an_agent_that_goes_by_the_key_takes_back_what_may_have_happened_unasked() -> None:
    script = doubtful(undoes_by_key=True)
    command = script.ordered(cmd.CompensateCall)
    assert (command.output, command.key) == (None, script.key("pay"))
    undo(undo(script, "pay"), "book")
    assert fork(script.state, "open"), "it is undone, so it may be done again"


def test_the_key_alone_is_not_enough_for_what_may_still_be_on_its_way() -> None:
    """Taken back before it happens, it would happen all the same."""
    script = doubtful(undoes_by_key=True, cut_off=True)
    assert script.one(ev.QuestionAsked).about == "outcome"


def test_a_call_of_a_list_is_settled_as_any_other() -> None:
    each = {**UNDO, "effect": Effect.COMPENSATABLE, "on_failure": OnFailure.FAIL}
    script = Script(step("pay", for_each=ForEach(items=[1, 2]), **each), step("open"))
    script.complete("pay.0").lose("pay.1")
    script.tell(fx.CancelAsked(roll_back=True))
    assert script.one(ev.QuestionAsked).step == "pay.1"
    script.tell(fx.Answered(question="q1", value="happened"))
    undo(undo(script, "pay.1"), "pay.0")
    assert script.state.status == "CANCELLED"


def test_a_list_keeps_what_it_gave_when_a_call_that_had_failed_turns_out_to_have_happened() -> None:
    each = {**UNDO, "effect": Effect.COMPENSATABLE, "probes": True}
    script = Script(step("pay", for_each=ForEach(items=[1, 2]), **each), step("open"))
    script.lose("pay.0").tell(fx.Probed(step="pay.0", told=False))
    script.complete("pay.1")
    gave = script.state.outputs["pay"]
    assert gave["results"] == [{"value": "pay.1"}]
    assert [failure["index"] for failure in gave["failed"]] == [0]
    undo(script.tell(fx.CancelAsked(roll_back=True)), "pay.1")
    script.tell(fx.Probed(step="pay.0", output={"value": "pay.0"}))
    assert script.ordered(cmd.CompensateCall).output == {"value": "pay.0"}
    undo(script, "pay.0")
    assert script.state.ended
    assert script.state.outputs["pay"] == script.folded().outputs["pay"] == gave


def test_a_crash_before_the_probe_has_answered_probes_again() -> None:
    script = probing().crash()
    script.tell(fx.Probed(step="pay", output={"value": "paid"}))
    assert script.ordered(cmd.CompensateCall).step.id == "pay"


def test_a_checkpoint_in_between_leads_to_the_same_commands() -> None:
    script = doubtful()
    restored = checkpoint.decode(7, checkpoint.encode(script.state))
    assert restored is not None
    script.state = restored
    script.tell(fx.OwnerChanged(epoch=2))
    script.tell(fx.Answered(question="q1", value="happened"))
    undo(undo(script, "pay"), "book")
    assert script.state.ended


def test_nothing_is_taken_back_in_a_pause_whatever_the_probe_says() -> None:
    script = probing().tell(fx.PauseAsked()).tell(fx.Probed(step="pay", told=False))
    assert script.commands == script.events == []
    assert script.tell(fx.ResumeAsked()).ordered(cmd.ProbeCall)


def test_a_success_that_only_a_human_knows_of_is_asked_after_before_it_is_taken_back() -> None:
    script = Script(
        writing(Effect.IRREVERSIBLE, "send", probes=True, **UNDO), step("open")
    ).approved("send")
    script.lose("send").tell(fx.Probed(step="send", told=False))
    script.tell(fx.Answered(question="q1", value="happened"))
    script.tell(fx.CancelAsked(roll_back=True))
    assert script.ordered(cmd.ProbeCall).key == script.key("send")
    script.tell(fx.Probed(step="send", told=False))
    assert script.ordered(cmd.CompensateCall).output is None
    undo(script, "send")
    assert script.state.status == "CANCELLED"


def test_a_late_probe_of_what_failed_says_nothing_without_a_roll_back() -> None:
    script = Script(writing(Effect.COMPENSATABLE, "pay", on_failure=OnFailure.FAIL, **UNDO))
    script.lose("pay")
    assert script.tell(fx.Probed(step="pay", output={"value": "x"})).events == []


class TestTheAnswerToLeaveIt:
    def left(self, policy: OnFailure) -> Script:
        once = {"retry": ONCE, "on_failure": policy}
        script = Script(BOOK, writing(Effect.IRREVERSIBLE, "send", "book", **once), step("open"))
        script.complete("book").approved("send").lose("send")
        return script.tell(fx.Answered(question="q1", value="stop"))

    def test_is_followed_by_the_policy_to_roll_back(self) -> None:
        script = self.left(OnFailure.ROLL_BACK)
        assert (
            script.one(ev.RollbackStarted).reason == "send: it was left as it is: connection lost"
        )
        undo(script, "book")
        assert script.statuses() == "compensated failed cancelled"
        assert any("left as it is: connection lost" in w for w in result(script.state)["warnings"])

    @pytest.mark.parametrize("policy", [OnFailure.FAIL, OnFailure.ASK])
    def test_ends_the_step_and_nothing_else_under_any_other_policy(self, policy: OnFailure) -> None:
        script = self.left(policy)
        assert script.statuses() == "succeeded failed ready"

    def test_is_not_asked_again_when_all_is_taken_back_later(self) -> None:
        script = self.left(OnFailure.FAIL).tell(fx.CancelAsked(roll_back=True))
        undo(script, "book")
        assert script.state.status == "CANCELLED"


class TestAProbeThatFoundNothing:
    """The call is known not to have happened: the ladder goes on as after any failure."""

    def test_leads_to_the_humans_question(self) -> None:
        asks = writing(Effect.COMPENSATABLE, "a", retry=ONCE, probes=True, on_failure=OnFailure.ASK)
        script = Script(asks).lose("a").tell(fx.Probed(step="a"))
        assert script.one(ev.QuestionAsked).about == "failure"

    def test_leaves_no_doubt_to_the_agent_that_takes_over(self) -> None:
        other = writing(Effect.COMPENSATABLE, "a", retry=ONCE)
        script = Script(
            writing(
                Effect.COMPENSATABLE,
                "a",
                retry=ONCE,
                probes=True,
                on_failure=OnFailure.FAIL,
                alternatives=(other,),
            )
        )
        script.lose("a").tell(fx.Probed(step="a"))
        assert script.begin("a")
        script.fail("a", "closed")
        assert script.state.steps["a"].error == "closed"
