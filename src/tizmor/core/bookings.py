"""Two calls that book one person at one time, as far as a plan says when and whom.

What an agent's `books` names is looked up in a step's arguments; what comes from other steps isn't
known yet, and is left to the call: the second one finds the time taken.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from tizmor.core.agents import AgentSpec, Booking
from tizmor.core.graph import DanglingReference, look_up
from tizmor.core.plan import Clash, Conflict, Plan

ME = "me"
_LONGEST_MINUTES = 7 * 24 * 60


class _Booked(NamedTuple):
    start: float
    end: float
    step: str


def double_bookings(plan: Plan, agents: Mapping[str, AgentSpec]) -> Iterator[Conflict]:
    """For each person, each booking that begins before an earlier one is over, with that one; the
    earlier one is `first`. Whether an order stands between the steps says nothing here."""
    told: set[tuple[str, str]] = set()
    for person, bookings in _by_person(plan, agents).items():
        latest: _Booked | None = None
        for booked in sorted(bookings):
            if latest is not None and (booked.start < latest.end or booked.start == latest.start):
                pair = (latest.step, booked.step)
                if pair not in told:
                    told.add(pair)
                    yield Conflict(kind=Clash.TIME, over=person, first=pair[0], second=pair[1])
            if latest is None or booked.end > latest.end:
                latest = booked


def _by_person(plan: Plan, agents: Mapping[str, AgentSpec]) -> dict[str, list[_Booked]]:
    """Who is booked when. The user stands last: a time is told by whom else it concerns."""
    others: dict[str, list[_Booked]] = {}
    mine: list[_Booked] = []
    for step in plan.steps:
        spec = agents.get(step.agent)
        if spec is None or spec.books is None or step.for_each is not None:
            continue
        time = _time(step.arguments, spec.books)
        if time is None:
            continue
        booked = _Booked(*time, step.id)
        mine.append(booked)
        for person in _people(step.arguments, spec.books):
            others.setdefault(person, []).append(booked)
    return {**others, ME: mine}


def _time(arguments: Mapping[str, Any], books: Booking) -> tuple[float, float] | None:
    given = next((v for place in books.start if (v := _at(arguments, place)) is not None), None)
    if not isinstance(given, str):
        return None
    try:
        start = dt.datetime.fromisoformat(given)
    except ValueError:
        return None
    if start.tzinfo is None:
        return None  # in a zone that isn't known here
    minutes = _at(arguments, books.minutes) if books.minutes else None
    length = minutes if isinstance(minutes, int) and 0 < minutes <= _LONGEST_MINUTES else 0
    return start.timestamp(), start.timestamp() + 60.0 * length


def _people(arguments: Mapping[str, Any], books: Booking) -> Iterator[str]:
    given = _at(arguments, books.people) if books.people else None
    for person in given if isinstance(given, (list, tuple)) else ():
        name = person.get("email") or person.get("name") if isinstance(person, dict) else person
        if isinstance(name, str) and name.strip():
            yield name.strip().casefold()


def _at(arguments: Mapping[str, Any], place: str) -> Any:
    try:
        return look_up(arguments, place)
    except DanglingReference:
        return None
