"""A call whose outcome is unknown is settled by its effect, never repeated blindly."""

from __future__ import annotations

import pytest
from tests.unit.core.script import Script, step, writing

from tizmor.core import commands as cmd
from tizmor.core import events as ev
from tizmor.core import facts as fx
from tizmor.core.errors import UserError
from tizmor.core.fork import fork
from tizmor.core.plan import Effect, RetryPolicy

READ, IDEMPOTENT = Effect.READ, Effect.IDEMPOTENT
COMPENSATABLE, IRREVERSIBLE = Effect.COMPENSATABLE, Effect.IRREVERSIBLE
WITH_EFFECT = [IDEMPOTENT, COMPENSATABLE, IRREVERSIBLE]


def lost(effect: Effect, **more: object) -> Script:
    """A call of this effect that began and of which nothing was heard again."""
    script = Script(writing(effect, given={"x": 1}, **more))
    if effect is IRREVERSIBLE:
        script.approved("a")
    return script.lose("a")


def test_an_unknown_read_is_tried_again_as_a_failed_one_is() -> None:
    script = lost(READ)
    assert script.kinds() == ["AttemptFailed"]
    script.tell(fx.TimerFired(step="a"), later_ms=9000)
    assert script.starts() == ["a"]


def test_an_idempotent_call_is_made_again_with_the_same_key() -> None:
    script = lost(IDEMPOTENT, probes=True)
    first = script.state.steps["a"].key
    assert script.kinds() == ["OutcomeLost"]
    assert script.ordered(cmd.RunCall).attempt == 2
    assert script.begin("a")
    assert script.one(ev.StepStarted).key == first
    script.complete("a")
    assert script.state.status == "COMPLETED"


@pytest.mark.parametrize("effect", [COMPENSATABLE, IRREVERSIBLE])
def test_a_call_that_can_be_probed_is_probed_with_its_key(effect: Effect) -> None:
    script = lost(effect, probes=True)
    probe = script.ordered(cmd.ProbeCall)
    assert (probe.key, probe.arguments) == (script.key("a"), {"x": 1})
    assert script.starts() == []


@pytest.mark.parametrize("effect", [COMPENSATABLE, IRREVERSIBLE])
def test_what_the_probe_found_is_the_result(effect: Effect) -> None:
    script = lost(effect, probes=True).tell(fx.Probed(step="a", output={"value": "was done"}))
    assert script.one(ev.StepSucceeded).probed
    assert script.state.outputs["a"] == {"value": "was done"}
    assert script.state.status == "COMPLETED"


@pytest.mark.parametrize("effect", [COMPENSATABLE, IRREVERSIBLE])
def test_what_the_probe_did_not_find_did_not_happen_and_is_tried_again(effect: Effect) -> None:
    script = lost(effect, probes=True).tell(fx.Probed(step="a", dice=0.5))
    assert script.kinds() == ["AttemptFailed"]
    script.tell(fx.TimerFired(step="a"), later_ms=9000)
    assert script.starts() == ["a"]
    assert script.begin("a"), "its approval holds for all attempts of the same key"


@pytest.mark.parametrize("effect", [COMPENSATABLE, IRREVERSIBLE])
def test_a_lost_outcome_and_its_probe_count_as_one_failure(effect: Effect) -> None:
    script = lost(effect, probes=True, retry=RetryPolicy(attempts=2, first_delay_s=1.0))
    script.tell(fx.Probed(step="a", dice=0.5))
    assert script.kinds() == ["AttemptFailed"]
    assert script.one(ev.AttemptFailed).retry_at_ms == script.at_ms + 500


def test_a_compensatable_call_of_which_the_probe_can_tell_nothing_is_made_again() -> None:
    script = lost(COMPENSATABLE, probes=True)
    first = script.key("a")
    script.tell(fx.Probed(step="a", told=False))
    assert script.starts() == ["a"]
    assert script.key("a") == first


def test_a_compensatable_call_without_a_probe_is_made_again_with_the_same_key() -> None:
    script = lost(COMPENSATABLE)
    assert script.starts() == ["a"]
    assert script.begin("a")
    assert script.state.steps["a"].attempt == 2


@pytest.mark.parametrize("effect", [IDEMPOTENT, COMPENSATABLE])
def test_making_a_call_again_ends_with_the_attempts(effect: Effect) -> None:
    script = lost(effect, retry=RetryPolicy(attempts=2)).lose("a")
    assert script.one(ev.StepFailed).error == "it may have happened: connection lost"
    assert script.starts() == []


def test_an_irreversible_call_without_a_probe_is_asked_about() -> None:
    script = lost(IRREVERSIBLE)
    question = script.one(ev.QuestionAsked).question
    assert "connection lost" in question.text
    assert not question.free_text
    assert len(question.choices) == 3
    assert script.commands == []
    assert script.state.waits_for_human


def test_an_irreversible_call_is_asked_about_only_when_the_probe_can_tell_nothing() -> None:
    script = lost(IRREVERSIBLE, probes=True)
    assert "QuestionAsked" not in script.kinds()
    script.tell(fx.Probed(step="a", told=False))
    assert script.kinds() == ["QuestionAsked"]


def test_the_human_says_that_it_happened() -> None:
    script = lost(IRREVERSIBLE).tell(fx.Answered(question="q1", value="happened", by="dana"))
    assert script.one(ev.StepSucceeded).probed
    assert script.status("a") == "succeeded"
    assert script.state.status == "COMPLETED"


def test_the_human_says_that_it_did_not_happen_and_it_is_done_with_the_same_key() -> None:
    script = lost(IRREVERSIBLE)
    first = script.state.steps["a"].key
    script.tell(fx.Answered(question="q1", value="again"))
    assert script.starts() == ["a"]
    assert script.begin("a")
    assert script.one(ev.StepStarted).key == first


def test_the_human_leaves_it_and_the_error_says_so() -> None:
    script = lost(IRREVERSIBLE).tell(fx.Answered(question="q1", value="stop"))
    assert script.one(ev.StepFailed).error == "it was left as it is: connection lost"


def test_an_irreversible_call_is_never_begun_again_without_a_word_from_outside() -> None:
    script = lost(IRREVERSIBLE, retry=RetryPolicy(attempts=50))
    for fact in [
        fx.TimerFired(step="a"),
        fx.PauseAsked(),
        fx.ResumeAsked(),
        fx.OwnerChanged(epoch=3),
    ]:
        assert script.tell(fact, later_ms=10**6).starts() == []
    assert script.crash().starts() == []


@pytest.mark.parametrize("effect", WITH_EFFECT)
@pytest.mark.parametrize("probes", [True, False])
def test_a_crash_in_flight_is_settled_as_an_unknown_outcome(effect: Effect, probes: bool) -> None:
    """The same commands as when the call itself came back as unknown."""
    script = Script(writing(effect, given={"x": 1}, probes=probes))
    if effect is IRREVERSIBLE:
        script.approved("a")
    assert script.begin("a")
    script.crash()
    assert isinstance(script.events[1], ev.OutcomeLost)
    told = lost(effect, probes=probes)
    assert [type(c) for c in script.commands] == [type(c) for c in told.commands]
    assert script.status("a") == told.status("a")


@pytest.mark.parametrize("effect", WITH_EFFECT)
def test_a_call_that_had_not_begun_at_the_crash_is_simply_made(effect: Effect) -> None:
    script = Script(writing(effect))
    script.crash()
    assert script.kinds() == ["Adopted"]
    assert script.starts() == ["a"]


def test_a_crash_while_the_outcome_is_being_found_out_finds_it_out_again() -> None:
    script = lost(COMPENSATABLE, probes=True).crash()
    assert script.kinds() == ["Adopted"]
    assert script.ordered(cmd.ProbeCall).key == script.state.steps["a"].key


def test_a_crash_while_the_human_is_asked_asks_nothing_twice() -> None:
    script = lost(IRREVERSIBLE).crash()
    assert script.commands == []
    assert [i for i, _ in script.state.open_questions()] == ["q1"]


def test_an_agents_own_question_is_never_taken_for_the_one_about_the_outcome() -> None:
    """Whatever id an agent gives its question, its answer goes to the agent."""
    from_agent = lost(IRREVERSIBLE).state.questions["q1"].question
    script = Script(writing(COMPENSATABLE))
    script.begin("a")
    asked = script.ask("a", from_agent)
    script.tell(fx.Answered(question=asked, value="stop"))
    assert script.starts() == ["a"]
    assert script.ran["a"].answers == {from_agent.id: "stop"}


def test_not_there_yet_says_nothing_of_an_irreversible_call_that_may_still_run() -> None:
    """A call that was let go of (a time-out, a cancel) may be about to happen: a human is asked."""
    script = Script(writing(IRREVERSIBLE, given={"x": 1}, probes=True)).approved("a")
    script.lose("a", may_still_run=True).tell(fx.Probed(step="a", dice=0.5))
    assert script.kinds() == ["QuestionAsked"]
    assert script.starts() == []


def test_cancelling_keeps_that_a_call_may_have_happened() -> None:
    """Nobody knows whether it happened, and the end says so."""
    script = Script(writing(IRREVERSIBLE, given={"x": 1})).approved("a").lose("a")
    script.tell(fx.CancelAsked())
    assert "may have happened" in script.one(ev.StepFailed).error
    assert script.state.status == "CANCELLED"


def test_nothing_is_forked_while_a_call_may_have_happened() -> None:
    """It would be made again, under another key."""
    script = Script(writing(IRREVERSIBLE, given={"x": 1}), step("b")).approved("a").lose("a")
    with pytest.raises(UserError, match="not known yet"):
        fork(script.state, "b", None)


@pytest.mark.parametrize(
    ("may_still_run", "effect", "expected"),
    [
        (False, Effect.IRREVERSIBLE, "retrying"),
        (True, Effect.IRREVERSIBLE, "asked"),
        (True, Effect.COMPENSATABLE, "retrying"),
    ],
)
def test_not_there_yet_is_believed_of_a_former_owner_only_when_it_was_seen_dead(
    may_still_run: bool, effect: Effect, expected: str
) -> None:
    """A call of an owner whose lease ran out may still be on its way. What is done again with its
    key does no harm; what can't be taken back is asked about."""
    script = Script(writing(effect, probes=True))
    if effect is Effect.IRREVERSIBLE:
        script.approved("a")
    script.begin("a")
    script.state = script.folded()
    script.tell(fx.OwnerChanged(epoch=2, may_still_run=may_still_run))
    assert script.ordered(cmd.ProbeCall).key == script.key("a")
    script.tell(fx.Probed(step="a"))
    assert script.status("a") == expected


def test_a_pause_during_an_adoption_does_not_forget_that_a_call_may_still_run() -> None:
    """It was found in flight while the execution is paused: it is settled after the resume."""
    script = Script(writing(Effect.IRREVERSIBLE, probes=True)).approved("a")
    script.begin("a")
    script.tell(fx.PauseAsked())
    script.state = script.folded()
    script.tell(fx.OwnerChanged(epoch=2, may_still_run=True))
    script.tell(fx.ResumeAsked())
    script.tell(fx.Probed(step="a"))
    assert script.status("a") == "asked"


def test_an_owner_in_between_that_wrote_nothing_leaves_the_call_in_doubt() -> None:
    """It may have taken the execution from one that nobody saw dead, and is gone without a word."""
    script = Script(writing(Effect.IRREVERSIBLE, probes=True)).approved("a")
    script.begin("a")
    script.state = script.folded()
    script.tell(fx.OwnerChanged(epoch=3, may_still_run=False))
    script.tell(fx.Probed(step="a"))
    assert script.status("a") == "asked"
