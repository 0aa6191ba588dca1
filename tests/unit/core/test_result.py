"""The result joins what steps delivered by the names of their fields, and invents nothing."""

from __future__ import annotations

from tests.unit.core.script import Script, step

from tizmor.core.plan import ForEach
from tizmor.core.result import result


def test_fields_are_joined_over_the_steps_in_the_plans_order() -> None:
    script = Script(step("b"), step("a"))
    script.complete("a", {"sources": ["2.txt", "1.txt"], "warnings": ["w"], "summary": "of a"})
    script.complete("b", {"sources": ["1.txt", "3.txt"], "warnings": [], "summary": None})
    assert result(script.state) == {
        "sources": ["1.txt", "3.txt", "2.txt"],
        "warnings": ["w"],
        "summary": "of a",
    }


def test_of_single_values_the_last_steps_counts() -> None:
    script = Script(step("a"), step("b"))
    script.complete("b", {"summary": "of b", "meeting": {"title": "m"}})
    script.complete("a", {"summary": "of a", "answer": ""})
    assert result(script.state) == {"summary": "of b", "meeting": {"title": "m"}, "answer": ""}


def test_what_nobody_delivered_is_left_out() -> None:
    assert result(Script(step("a")).complete("a", {"internal": 1}).state) == {}


def test_what_could_not_be_delivered_is_said_with_its_reason() -> None:
    script = Script(
        step("a", title="Read"), step("b", "a", title="Sum up"), step("c", "b", title="Send")
    )
    script.fail("a", "no such file")
    assert result(script.state)["warnings"] == [
        "Read: no such file",
        "Sum up: not done, for want of: Read",
        "Send: not done, for want of: Sum up",
    ]


def test_it_is_said_in_the_requests_language() -> None:
    script = Script(step("a", title="קריאה"), step("b", "a", title="סיכום"), language="he")
    script.fail("a", "אין קובץ")
    assert result(script.state)["warnings"][1] == "סיכום: לא בוצע, כי חסר: קריאה"


def test_joining_does_not_change_the_outputs() -> None:
    script = Script(step("a"), step("b"))
    script.complete("a", {"sources": ["1"]}).complete("b", {"sources": ["2"]})
    result(script.state)
    assert script.state.outputs["a"] == {"sources": ["1"]}


def test_a_call_of_a_list_does_not_speak_for_the_whole() -> None:
    script = Script(step("a"), step("b", for_each=ForEach(items=[1, 2])))
    script.complete("a", {"summary": "of all"})
    for item in ("b.0", "b.1"):
        script.complete(item, {"summary": f"of {item}", "sources": [item]})
    assert result(script.state) == {"summary": "of all", "sources": ["b.0", "b.1"]}
