"""What steps say to each other is decided by the core alone: nobody outside can say it for them."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.core.script import Script, step, writing

from tizmor.core import commands as cmd
from tizmor.core import events as ev
from tizmor.core import facts as fx
from tizmor.core.plan import Effect, Resource, Step
from tizmor.core.talk import Kind


def shares(key: str = "k", value: Any = 1, **more: Any) -> fx.ValueShared:
    return fx.ValueShared(step="a", attempt=1, key=key, value=value, put=0, **more)


def hands(arguments: dict[str, Any], effect: Effect = Effect.READ) -> fx.WorkGiven:
    work = Step(id="work", agent="Other", arguments=arguments, effect=effect)
    return fx.WorkGiven(step="a", attempt=1, number=0, work=work)


def test_a_step_that_has_ended_says_nothing_any_more() -> None:
    script = Script(step("a"), step("b"))
    script.complete("a")
    sent = fx.MessageSending(
        step="a", attempt=1, number=0, kind=Kind.BROADCAST, to="all", payload=1
    )
    for fact in (shares(), sent, hands({})):
        assert script.tell(fact).events == []


def test_a_call_that_was_let_go_of_says_nothing_in_the_name_of_the_next() -> None:
    script = Script(step("a"))
    script.begin("a")
    script.crash().begin("a")
    assert script.tell(shares()).events == []


@pytest.mark.parametrize("given", [{"x": {"$ref": "/b/value"}}, {"x": [{"$item": ""}]}])
def test_work_that_refers_to_what_others_gave_is_not_taken(given: dict[str, Any]) -> None:
    script = Script(step("a"), step("b"))
    script.complete("b")
    assert script.tell(hands(given)).events == []
    assert [type(e) for e in script.tell(hands({"x": 1})).events] == [ev.WorkHandedOver]


def test_work_graver_than_declared_or_of_a_step_that_changes_something_is_not_taken() -> None:
    assert Script(step("a")).tell(hands({}, Effect.IDEMPOTENT)).events == []
    assert Script(writing(Effect.IDEMPOTENT)).tell(hands({})).events == []


def test_only_who_has_taken_a_request_answers_it() -> None:
    script = Script(step("a"), step("b"), step("c"))
    script.tell(
        fx.MessageSending(step="a", attempt=1, number=0, kind=Kind.REQUEST, to="b", payload=1)
    )
    answers = fx.MessageAnswering(step="b", attempt=1, id="m1", payload=2)
    assert script.tell(answers).events == []
    assert script.tell(fx.MessageTaking(step="c", attempt=1, id="m1")).events == []
    script.tell(fx.MessageTaking(step="b", attempt=1, id="m1"))
    assert [type(e) for e in script.tell(answers).events] == [ev.MessageAnswered]


def test_who_waits_for_a_word_gives_back_what_it_uses() -> None:
    """Who is to answer may need it: the two would wait for each other."""
    script = Script(step("a", resources=(Resource(name="calendar:me"),)))
    script.begin("a")
    script.tell(fx.CallMustWait(step="a", on="message:0", until_ms=script.at_ms + 1_000))
    assert cmd.Release(step="a") in script.commands
    without = Script(step("a"))
    without.begin("a")
    without.tell(fx.CallMustWait(step="a", on="message:0", until_ms=without.at_ms + 1_000))
    assert cmd.Release(step="a") not in without.commands
