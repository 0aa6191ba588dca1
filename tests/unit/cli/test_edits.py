"""Changes to a gate's arguments."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tizmor.cli.edits import edited, flat, written
from tizmor.core.errors import InvalidEdit

ARGUMENTS = {"minutes": 30, "attendees": [{"name": "Yoav", "email": "old@example.org"}]}


def test_a_path_of_keys_and_positions_changes_one_leaf() -> None:
    changed = edited(ARGUMENTS, ["attendees.0.email=new@example.org"])
    assert changed["attendees"] == [{"name": "Yoav", "email": "new@example.org"}]


def test_the_original_stays_as_it_was() -> None:
    edited(ARGUMENTS, ["attendees.0.email=new@example.org", "minutes=45"])
    assert ARGUMENTS["minutes"] == 30
    assert ARGUMENTS["attendees"] == [{"name": "Yoav", "email": "old@example.org"}]


@pytest.mark.parametrize(
    ("change", "value"),
    [
        ("minutes=45", 45),
        ('title="45"', "45"),
        ("title=forty five", "forty five"),
        ("location=null", None),
        ("start=2026-11-24T15:00:00+02:00", "2026-11-24T15:00:00+02:00"),
        ("title=a=b", "a=b"),
        ("title=", ""),
    ],
)
def test_a_value_is_json_when_it_is_json_and_text_otherwise(change: str, value: object) -> None:
    assert edited(ARGUMENTS, [change])[change.partition("=")[0]] == value


def test_the_position_after_the_last_appends() -> None:
    changed = edited(ARGUMENTS, ['attendees.1={"name":"Dana"}', "attendees.1.email=d@example.org"])
    assert changed["attendees"][1] == {"name": "Dana", "email": "d@example.org"}


@pytest.mark.parametrize(
    "change",
    ["minutes", "=5", "attendees.2.email=x", "attendees.7=x", "minutes.a=1", "nobody.email=x"],
)
def test_a_change_that_leads_nowhere_is_refused_by_its_name(change: str) -> None:
    with pytest.raises(InvalidEdit, match=change.partition("=")[0].split(".")[0] or "=5"):
        edited(ARGUMENTS, [change])


def test_deeply_nested_json_is_text_and_no_crash() -> None:
    bomb = "[" * 100_000
    assert edited({}, [f"a={bomb}"])["a"] == bomb


keys = st.text("abcdefghij_", min_size=1, max_size=5)
leaves = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=20)
values = st.recursive(
    leaves, lambda v: st.lists(v, max_size=3) | st.dictionaries(keys, v, max_size=3), max_leaves=12
)


@given(st.dictionaries(keys, values, min_size=1, max_size=4))
def test_what_is_shown_as_path_and_value_can_be_typed_back(arguments: dict[str, object]) -> None:
    """Every line that `flat` shows is an edit that changes nothing."""
    lines = [f"{path}={value}" for path, value in flat(arguments)]
    assert edited(arguments, lines) == arguments


def test_where_nothing_is_known_the_objects_on_the_way_are_made_and_a_list_is_given_whole() -> None:
    values = ["meeting.title=Talk", "meeting.minutes=45", 'warnings=["late"]', "warnings.1=loud"]
    assert written(values) == {
        "meeting": {"title": "Talk", "minutes": 45},
        "warnings": ["late", "loud"],
    }


@pytest.mark.parametrize("values", [["a=1", "a.b=2"], ["a=[]", "a.3.b=2"], ["a"], ["=1"]])
def test_a_value_that_fits_nowhere_is_refused(values: list[str]) -> None:
    with pytest.raises(InvalidEdit):
        written(values)
