"""Plans in files: read as written, refused with every problem and its place."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tizmor.cli.plan_file import LARGEST_PLAN, read_plan
from tizmor.core.errors import PlanRefused, UserError
from tizmor.core.plan import Plan
from tizmor.core.plan_schema import misfits, plan_schema

PUBLISHED = Path(__file__).parents[3] / "docs" / "reference" / "plan.schema.json"


def test_a_plan_is_read_as_it_was_written(tmp_path: Path, anchor: Plan) -> None:
    path = tmp_path / "plan.json"
    path.write_bytes(msgspec.json.encode(anchor))
    assert read_plan(path) == anchor


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b'{"goal": 3}', b"\xff", b"[" * 200_000, b" " * (LARGEST_PLAN + 1)],
)
def test_a_file_that_is_no_plan_is_refused_by_its_name(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "plan.json"
    path.write_bytes(content)
    with pytest.raises((UserError, PlanRefused), match=r"plan\.json"):
        read_plan(path)


def test_a_missing_plan_is_refused_by_its_name(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"none\.json"):
        read_plan(tmp_path / "none.json")


def test_a_field_that_a_plan_does_not_have_is_refused_with_what_was_meant(tmp_path: Path) -> None:
    """A typo would otherwise drop a deadline or a policy in silence."""
    path = tmp_path / "plan.json"
    path.write_text('{"goal": "g", "deadline_s": 5, "steps": [{"id": "a", "agent": "A", "x": 1}]}')
    with pytest.raises(PlanRefused) as refused:
        read_plan(path)
    first, second = refused.value.problems
    assert first == "plan.json:1: /deadline_s is no field of a Plan (did you mean deadlineS?)"
    assert second.startswith("plan.json:1: /steps/0/x is no field of a Step; there are after, ")


def test_what_a_plan_says_for_readers_only_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    path.write_text(
        '{"goal": "g", "batches": [["a"]], "forecast": {},'
        ' "steps": [{"id": "a", "agent": "A", "dependsOn": []}]}'
    )
    assert [step.id for step in read_plan(path).steps] == ["a"]


def test_every_problem_is_told_with_its_line_and_its_place(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    path.write_text(
        """{
  "$schema": "plan.schema.json",
  "goal": 3,
  "steps": [
    {"id": "A", "agent": "X"},
    {
      "agent": "X", "retry": {"attempts": 0, "firstDelayS": "1"},
      "onFailure": "perhaps",
      "forEach": {"items": [], "width": 2000}
    }
  ],
  "deadlineS": 0
}
"""
    )
    with pytest.raises(PlanRefused) as refused:
        read_plan(path)
    assert list(refused.value.problems) == [
        "plan.json:3: /goal wants string, got 3",
        "plan.json:5: /steps/0/id is a lower-case letter, then letters, digits or _, at most 64 in"
        ' all; got "A"',
        "plan.json:6: /steps/1 lacks 'id'",
        "plan.json:7: /steps/1/retry/attempts is a number from 1, at most 1,000; got 0",
        'plan.json:7: /steps/1/retry/firstDelayS wants number, got "1"',
        'plan.json:8: /steps/1/onFailure is one of ask, fail, roll_back; got "perhaps"',
        "plan.json:9: /steps/1/forEach/width is a number from 1, at most 1,000; got 2000",
        "plan.json:12: /deadlineS is a number above 0, at most 315,360,000; got 0",
    ]


def test_what_is_no_json_is_told_by_line_and_column(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    path.write_text('{\n  "goal": "g",\n  "steps": oops\n}')
    with pytest.raises(UserError, match=r"line 3, column 12"):
        read_plan(path)


def test_the_published_schema_is_the_one_that_plans_are_held_to() -> None:
    published = json.loads(PUBLISHED.read_text("utf-8"))
    assert published == json.loads(json.dumps(plan_schema()))


_NAMES = st.sampled_from(
    ["goal", "steps", "id", "agent", "when", "value", "test", "retry", "attempts", "forEach", "x"]
)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(_NAMES, inner, max_size=4),
    max_leaves=12,
)


@given(_JSON)
def test_what_fits_the_schema_is_a_plan_and_what_is_none_does_not_fit(value: Any) -> None:
    try:
        msgspec.convert(value, Plan)
        is_plan = True
    except msgspec.ValidationError:
        is_plan = False
    if not list(misfits(value)):
        assert is_plan
    if not is_plan:
        assert list(misfits(value))
