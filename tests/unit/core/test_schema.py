"""What fits where, on the very schemas that msgspec makes of type hints."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

import msgspec
import pytest
from msgspec import Meta

from tizmor.core.schema import at, fields, fits, resolve, type_name

Topic = Annotated[str, Meta(title="Topic")]
Title = Annotated[str, Meta(title="Title")]
Moment = Annotated[dt.datetime, Meta(tz=True)]


class Person(msgspec.Struct, rename="camel"):
    name: str
    home_town: str | None = None


class Team(msgspec.Struct, rename="camel"):
    members: list[Person]
    lead: Person | None = None
    by_role: dict[str, Person] = {}


def schema_of(hint: Any) -> dict[str, Any]:
    (schema,), _ = msgspec.json.schema_components([hint], ref_template="#/$defs/{name}")
    return schema


def definitions(hint: Any) -> dict[str, Any]:
    return msgspec.json.schema_components([hint], ref_template="#/$defs/{name}")[1]


@pytest.mark.parametrize(
    ("hint", "name"),
    [
        (Person, "Person"),
        (Person | None, "Person"),
        (list[Person], "Person[]"),
        (tuple[Topic, ...], "Topic[]"),
        (str | None, "string"),
        (Moment, "date-time"),
        (int | str, "any"),
        (Any, "any"),
    ],
)
def test_a_type_has_a_short_name(hint: Any, name: str) -> None:
    assert type_name(schema_of(hint)) == name


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        (Person, Person),
        (Person, Person | None),
        (Person | None, Person),
        (list[Person], list[Person]),
        (list[Person] | None, tuple[Person, ...]),
        (Topic, str),
        (str, Topic),
        (Topic, str | None),
        (str, Topic | None),
        (list[Topic], list[str]),
        (list[Topic], list[str] | None),
        (Moment, str),
        (str, Moment),
        (int, float),
        (Any, Person),
        (Person, Any),
    ],
)
def test_fits(given: Any, wanted: Any) -> None:
    assert fits(schema_of(given), schema_of(wanted))


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        (Person, str),
        (str, Person),
        (Person, list[Person]),
        (list[Person], Person),
        (list[str], list[int]),
        (list[int] | None, list[Person]),
        (int, str),
        (float, int),
        (Topic, Title),
        (str, int | None),
        (Moment, dt.date),
    ],
)
def test_does_not_fit(given: Any, wanted: Any) -> None:
    assert not fits(schema_of(given), schema_of(wanted))


def test_a_pointer_is_followed_through_names_optionals_lists_and_maps() -> None:
    schema, defs = schema_of(Team), definitions(Team)
    assert type_name(at(schema, defs, ["members", "0", "homeTown"]) or {}) == "string"
    assert type_name(at(schema, defs, ["lead"]) or {}) == "Person"
    assert type_name(at(schema, defs, ["byRole", "cook", "name"]) or {}) == "string"


@pytest.mark.parametrize(
    "pointer", [["nobody"], ["members", "first"], ["lead", "age"], ["members", "0", "name", "x"]]
)
def test_a_pointer_that_leads_nowhere_in_the_type_is_found(pointer: list[str]) -> None:
    assert at(schema_of(Team), definitions(Team), pointer) is None


def test_the_fields_of_an_object_have_their_json_names() -> None:
    assert list(fields(schema_of(Person), definitions(Person))) == ["name", "homeTown"]


def test_an_optional_name_resolves_to_its_definition() -> None:
    assert resolve(schema_of(Person | None), definitions(Person))["type"] == "object"
