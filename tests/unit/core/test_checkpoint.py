"""A checkpoint is the folded state; what it can't read is left to the journal."""

from __future__ import annotations

import msgspec
import pytest
from tests.properties.simulated import slots
from tests.unit.core.script import EXECUTION, Script, step, writing

from tizmor.core import checkpoint
from tizmor.core import events as ev
from tizmor.core import facts as fx
from tizmor.core.evolve import evolve
from tizmor.core.plan import Choice, Effect, ForEach, Plan, Question, Step
from tizmor.core.state import State

QUESTION = Question(id="which", text="?", choices=(Choice(value="a", label="A"),))


def lively() -> Script:
    """Something of everything: replaced agents, a list half done, a gate, a question, a plan that
    took another's place, a human's edits, what is being taken back."""
    each = ForEach(items={"$ref": "/s/list"}, width=2)
    second = Step(id="swap", agent="Second", after=("s",))
    script = Script(
        step("s"),
        step("swap", "s", alternatives=(second,)),
        step("each", for_each=each, given={"n": {"$item": ""}}, critical=True),
        step("asks", "s"),
        step("dropped", "doomed"),
        step("soft", given={"x": {"$ref": "/doomed/value", "default": 1}}),
        writing(Effect.COMPENSATABLE, "done", compensates=True),
        step("doomed"),
        planner="test/1",
        deadline_s=60.0,
    )
    script.complete("done").complete("s", {"value": 1, "list": ["x", "y", "z"]})
    script.fail("swap")
    script.approved("each.1", n="edited").complete("each.1")
    script.gate("each.0")
    script.begin("asks")
    script.ask("asks", QUESTION)
    script.fail("doomed")
    kept = [s for s in script.plan.steps if s.id not in ("doomed", "dropped", "soft")]
    plan = Plan(goal="g", steps=(*kept, step("new", "swap", "done")), planner="test/2")
    script.tell(fx.ReplanMade(step="doomed", plan=plan))
    script.complete("swap").fail("new")
    script.tell(fx.ReplanImpossible(step="new", error="e"))
    return script.tell(fx.CancelAsked(roll_back=True)).tell(fx.CompensationStarting(step="done"))


def prefixes(script: Script) -> list[State]:
    """The state after each event."""
    states = []
    for count in range(len(script.journal) + 1):
        state = State(EXECUTION)
        for at_ms, payload in script.journal[:count]:
            evolve(state, ev.decode(payload), at_ms)
        states.append(state)
    return states


def read_back(state: State) -> State:
    restored = checkpoint.decode(EXECUTION, checkpoint.encode(state))
    assert restored is not None
    return restored


def test_the_state_after_any_event_is_read_as_it_was_written() -> None:
    script = lively()
    assert {type(ev.decode(e)).__name__ for _, e in script.journal} >= {
        "AgentReplaced",
        "Expanded",
        "Replanned",
        "CompensationStarted",
        "QuestionAsked",
    }
    for state in prefixes(script):
        assert slots(read_back(state)) == slots(state)


def test_going_on_from_it_leads_to_the_same_end() -> None:
    script = lively()
    end = slots(script.state)
    for count, state in enumerate(prefixes(script)):
        restored = read_back(state)
        for at_ms, payload in script.journal[count:]:
            evolve(restored, ev.decode(payload), at_ms)
        assert slots(restored) == end


def test_a_new_plan_does_not_change_what_an_old_step_means() -> None:
    """Whatever else the planner says of it the second time."""
    script = Script(step("s"), step("a", "s"), step("b"), planner="test/1").fail("b")
    again = step("a", "s", after=("n",), title="another title")
    plan = Plan(goal="g", steps=(step("s"), again, step("n")), planner="test/1")
    script.tell(fx.ReplanMade(step="b", plan=plan))
    assert slots(read_back(script.state)) == slots(script.state)
    assert script.complete("s").starts() == ["a"]


@pytest.mark.parametrize(
    "payload",
    [b"", b"{}", b"null", b"\xff\xfe", b'{"format": "older", "status": "RUNNING"}'],
)
def test_what_is_no_checkpoint_of_this_shape_is_left_unread(payload: bytes) -> None:
    assert checkpoint.decode(EXECUTION, payload) is None


def test_a_checkpoint_of_another_version_is_left_unread() -> None:
    image = msgspec.json.decode(checkpoint.encode(lively().state))
    image["format"] = "0" * 16
    assert checkpoint.decode(EXECUTION, msgspec.json.encode(image)) is None


def test_it_grows_with_the_steps_and_not_with_the_journal() -> None:
    """A step that is tried again and again leaves one mark."""
    script = Script(step("a"))
    first = len(checkpoint.encode(script.state))
    for _ in range(200):
        script.tell(fx.PauseAsked()).tell(fx.ResumeAsked())
    assert len(checkpoint.encode(script.state)) == first
