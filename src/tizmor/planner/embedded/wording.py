"""Everything that the planner says to people, in both languages."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence

from tizmor.core.agents import AgentSpec
from tizmor.core.schema import fields, type_name
from tizmor.planner.embedded.slots import Slots
from tizmor.ports.vocabulary import Period, TimeWish

_MOST_EXAMPLES = 8


class Wording:
    """Sentences in one language: `he` or `en`."""

    def __init__(self, language: str) -> None:
        self.language = language

    def say(self, *, he: str, en: str) -> str:
        return he if self.language == "he" else en

    def step(self, spec: AgentSpec, slots: Slots) -> str:
        """The title of a step: what it makes, of whom or about what."""
        made = {type_name(f) for f in fields(spec.output, spec.defs).values()}
        made |= {f"{name}:" for name in fields(spec.output, spec.defs)}
        write = next((write for kind, write in _TITLES.items() if kind in made), None)
        if write is not None:
            return write(self, slots)
        phrase = next((p for p in spec.phrases if _is_hebrew(p) == (self.language == "he")), "")
        return phrase or spec.description.rstrip(".")

    def meeting(self, people: Sequence[str], about: Sequence[str]) -> str:
        """The title of a meeting in the calendar."""
        names, topics = self.join(people), ", ".join(about)
        with_names = self.say(he=f"פגישה עם {names}", en=f"Meeting with {names}")
        title = with_names if names else self.say(he="פגישה", en="Meeting")
        if not topics:
            return title
        return self.say(he=f"{title} בנושא {topics}", en=f"{title} about {topics}")

    def own_time(self, about: Sequence[str]) -> str:
        """The title of time that is kept for whoever asks."""
        return ", ".join(about) or self.say(he="זמן שמור", en="Reserved time")

    def once(self) -> str:
        return self.say(
            he="פגישה חוזרת אינה נקבעת: תיקבע פגישה אחת, הראשונה",
            en="Recurring meetings are not set: only the first one is made",
        )

    def join(self, names: Sequence[str]) -> str:
        if len(names) < 2:
            return "".join(names)
        head = ", ".join(names[:-1])
        return self.say(he=f"{head} ו{names[-1]}", en=f"{head} and {names[-1]}")

    def day(self, day: dt.date) -> str:
        """Day first, as the workspace's people write it."""
        return f"{day.day}.{day.month}.{day.year}"

    def period(self, period: Period) -> str:
        days = self._days(period.start, period.end)
        return self.say(
            he=f"'{period.label}' הובן כ: {days}", en=f"'{period.label}' is understood as {days}"
        )

    def when(self, when: TimeWish) -> str:
        if when.start is not None:
            meant = f"{self.day(when.start.date())} {when.start:%H:%M}"
        elif when.last_day is not None:
            meant = self._days(when.first_day, when.last_day)
        else:
            meant = self.no_days()
        hours = self._hours(when)
        return self.say(
            he=f"'{when.said}' הובן כ: {meant}{hours}",
            en=f"'{when.said}' is understood as {meant}{hours}",
        )

    def _days(self, first: dt.date | None, last: dt.date | None) -> str:
        if first is None or last is None:
            end = self.day(last) if last else ""
            return self.say(he=f"עד {end}", en=f"until {end}")
        return self.day(first) if first == last else f"{self.day(first)} – {self.day(last)}"

    def _hours(self, when: TimeWish) -> str:
        first, last = when.earliest, when.latest
        if first is None and last is None:
            return ""
        if first and last:
            return f", {first:%H:%M}–{last:%H:%M}"
        if first:
            return self.say(he=f", החל מ-{first:%H:%M}", en=f", from {first:%H:%M}")
        return self.say(he=f", עד {last:%H:%M}", en=f", until {last:%H:%M}")

    def no_days(self) -> str:
        return self.say(
            he="הזמן הפנוי הראשון בעשרת ימי העבודה הקרובים",
            en="the first free slot within ten working days",
        )

    def no_time(self) -> str:
        return self.say(
            he="לא נאמר זמן: ייבחר הזמן הראשון שפנוי לכולם בעשרת ימי העבודה הקרובים",
            en="No time was said: the first slot that is free for all within ten working days",
        )

    def no_duration(self, minutes: int) -> str:
        return self.say(
            he=f"לא נאמר משך: {minutes} דקות", en=f"No duration was said: {minutes} minutes"
        )

    def beside(self, title: str, beside: str) -> str:
        return self.say(he=f"בנוסף ל'{beside}': {title}", en=f"Beside '{beside}': {title}")

    def left_out(self, title: str) -> str:
        return self.say(he=f"לא ייעשה, כפי שהתבקש: {title}", en=f"Left out, as asked: {title}")

    def unserved(self, said: str) -> str:
        return self.say(
            he=f"אין מי שיודע לעשות זאת, ולכן זה לא ייעשה: '{said}'",
            en=f"No agent knows how to do this, so it will not be done: '{said}'",
        )

    def nothing_matches(self, specs: Sequence[AgentSpec]) -> str:
        """The question of what else to do, with what can be asked."""
        wanted = self.language == "he"
        examples = [next((p for p in s.phrases if _is_hebrew(p) == wanted), "") for s in specs]
        listed = "; ".join([e for e in examples if e][:_MOST_EXAMPLES])
        return self.say(
            he=f"לא הבנתי מה לעשות. אפשר לבקש למשל: {listed}. מה לעשות?",
            en=f"I could not tell what to do. You can ask, for example: {listed}. What shall I do?",
        )

    def who(self) -> str:
        return self.say(he="עם מי?", en="With whom?")

    def what_time(self, said: str) -> str:
        return self.say(
            he=f"הזמן שנאמר ('{said}') כבר עבר. מתי לקבוע?",
            en=f"The time that was said ('{said}') has passed. When should it be?",
        )

    def first_free(self) -> str:
        return self.say(he="הזמן הפנוי הראשון", en="The first free slot")

    def missing(self, argument: str, spec: AgentSpec) -> str:
        name = argument.replace("_", " ")
        return self.say(he=f"חסר פרט עבור {spec.name}: {name}", en=f"{spec.name} needs: {name}")

    def missing_secret(self, argument: str, spec: AgentSpec) -> str:
        asked = self.missing(argument, spec)
        return self.say(
            he=f"{asked}. זה סוד: יש לכתוב את שמו, secret:NAME, ולא אותו עצמו",
            en=f"{asked}. It is a secret: write its name, as secret:NAME, and not itself",
        )

    def about(self, slots: Slots) -> str:
        """`: topics (period)`, what of it there is."""
        label = f" ({slots.period.label})" if slots.period and slots.period.label else ""
        return (f": {', '.join(slots.topics)}" if slots.topics else "") + label


def _is_hebrew(text: str) -> bool:
    return any("א" <= c <= "ת" for c in text)


_Title = Callable[[Wording, Slots], str]
_TITLES: dict[str, _Title] = {
    "Meeting": lambda w, s: w.say(he=f"קביעת פגישה: {s.title}", en=f"Set a meeting: {s.title}"),
    "Agenda": lambda w, s: w.say(he="הכנת אג'נדה", en="Prepare an agenda"),
    "Analysis": lambda w, s: w.say(he="ניתוח מה שנעשה", en="Analyse what was done") + w.about(s),
    "DocumentText[]": lambda w, s: w.say(he="קריאת מסמכים", en="Read documents") + w.about(s),
    "Document[]": lambda w, s: w.say(he="חיפוש מסמכים", en="Find documents") + w.about(s),
    "Contact[]": lambda w, s: w.say(
        he=f"איתור איש קשר: {w.join(s.people)}", en=f"Find contact: {w.join(s.people)}"
    ),
    "Slot[]": lambda w, s: w.say(he="איתור זמנים פנויים", en="Find free times"),
    "CalendarEvent[]": lambda w, s: w.say(he="חיפוש ביומן", en="Search the calendar"),
    "Check[]": lambda w, s: w.say(he="בדיקת המערכת", en="Check the system"),
    "answer:": lambda w, s: w.say(he="מענה", en="Answer") + f": {s.text[:100]}",
    "summary:": lambda w, s: w.say(he="כתיבת סיכום", en="Write a summary") + w.about(s),
}
"""Titles by what a step makes: a type of its output, or a field of it (`name:`), in this order."""
