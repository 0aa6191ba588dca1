"""Availability on real calendars."""

from __future__ import annotations

import datetime as dt
from typing import Any

from tizmor.agents.calendar.availability import SlotsFound, availability
from tizmor.ports.vocabulary import Contact, TimeWish

YOAV = Contact(name="Yoav Cohen", email="yoav@lotus.example")


async def find(context: Any, **arguments: Any) -> SlotsFound:
    found = await availability(**arguments, ctx=context)
    assert isinstance(found, SlotsFound)
    return found


def starts(found: SlotsFound) -> list[str]:
    return [f"{slot.start:%d %H:%M}" for slot in found.slots]


async def test_up_to_five_slots_are_spread_over_the_next_working_days(context: Any) -> None:
    ctx = context(said=[])
    found = await find(ctx)
    assert starts(found) == ["22 08:30", "22 12:00", "23 08:30", "23 12:00", "24 08:30"]
    assert {slot.reason for slot in found.slots} == {"free 08:30–18:00"}
    assert {slot.end - slot.start for slot in found.slots} == {dt.timedelta(minutes=30)}
    assert ctx.said == ["found 5 free slots"]


async def test_everyone_known_is_free_and_the_unknown_are_named(
    context: Any, write_event: Any, times: Any
) -> None:
    write_event("mine", *times("1124T0900", "1124T1300"))
    write_event("his", *times("1124T1430", "1124T1800"), person="yoav@lotus.example")
    day = TimeWish(first_day=dt.date(2026, 11, 24), last_day=dt.date(2026, 11, 24))
    people = [YOAV, Contact(name="Dana Levi", email="dana@lotus.example")]
    found = await find(context(), when=day, attendees=people, minutes=90)
    assert starts(found) == ["24 13:00"]
    assert found.slots[0].reason == "free 13:00–14:30, also for Yoav Cohen"
    assert found.warnings == ["the calendar of Dana Levi is not known"]


async def test_today_begins_now(context: Any) -> None:
    now = dt.datetime(2026, 11, 22, 16, 50, tzinfo=context().workspace.zone)
    today = TimeWish(first_day=now.date(), last_day=now.date())
    assert starts(await find(context(now=now), when=today)) == ["22 17:00", "22 17:30"]


async def test_an_exact_time_is_confirmed_or_the_nearest_are_offered(
    context: Any, write_event: Any, times: Any
) -> None:
    zone = context().workspace.zone
    wanted = TimeWish(start=dt.datetime(2026, 11, 24, 15, tzinfo=zone))
    free = await find(context(), when=wanted)
    assert (starts(free), free.warnings) == (["24 15:00"], [])
    write_event("busy", *times("1124T1430", "1124T1600"), "SUMMARY:Review")
    taken = await find(context(), when=wanted)
    assert starts(taken) == ["24 13:00", "24 13:30", "24 14:00", "24 16:00", "24 16:30"]
    assert "Review" in taken.warnings[0]


async def test_a_window_outside_working_time_has_no_slot_and_says_so(context: Any) -> None:
    saturday = TimeWish(first_day=dt.date(2026, 11, 28), last_day=dt.date(2026, 11, 28))
    found = await find(context(language="he"), when=saturday)
    assert found.slots == []
    assert found.warnings == ["אין זמן פנוי בשעות העבודה מ־2026-11-28 עד 2026-11-28"]


async def test_a_window_that_is_over_has_no_slot(context: Any) -> None:
    over = TimeWish(first_day=dt.date(2026, 11, 1), last_day=dt.date(2026, 11, 5))
    assert (await find(context(), when=over)).slots == []
