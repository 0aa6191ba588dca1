"""What only the human can say before a plan can be made, and what their answers mean."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from tizmor.core.agents import AgentSpec
from tizmor.core.plan import Choice, Question
from tizmor.planner.embedded import people, when
from tizmor.planner.embedded.readings import read
from tizmor.planner.embedded.tokens import clean, tokenize
from tizmor.planner.embedded.when import Wish
from tizmor.planner.embedded.wording import Wording
from tizmor.ports.workspace import Workspace

GOAL = "goal"
PEOPLE = "people"
TIME = "time"
FIRST_FREE = "first-free"


def goal(specs: Sequence[AgentSpec], words: Wording) -> Question:
    """What to do, when nothing matches."""
    return Question(id=GOAL, text=words.nothing_matches(specs))


def who(words: Wording) -> Question:
    return Question(id=PEOPLE, text=words.who())


def time(wish: Wish, now: dt.datetime, words: Wording) -> Question:
    """When, since what was said has passed: the same hour of the next days, or what is free."""
    start = wish.when.start if wish.when else None
    choices = [] if start is None else [_at(day, words) for day in _next(start, now)]
    choices.append(Choice(value=FIRST_FREE, label=words.first_free()))
    said = wish.when.said if wish.when else ""
    return Question(id=TIME, text=words.what_time(said), choices=tuple(choices))


def people_answered(answer: str) -> tuple[str, ...]:
    """The names of an answer; the whole answer when it doesn't look like names."""
    cleaned = clean(answer).strip()
    return people.named_in(read(tokenize(cleaned))) or ((cleaned[:200],) if cleaned else ())


def time_answered(answer: str, wish: Wish, now: dt.datetime, workspace: Workspace) -> Wish:
    """The wish with an answered time in place of the one that has passed."""
    if answer == FIRST_FREE:
        return Wish(None, wish.minutes)
    cleaned = clean(answer)
    chosen = when.exact(cleaned, now) or when.wish(
        when.mentions(tokenize(cleaned), cleaned), now, workspace
    )
    if chosen.when is None:
        return wish
    return chosen._replace(minutes=chosen.minutes or wish.minutes)


def _next(start: dt.datetime, now: dt.datetime) -> list[dt.datetime]:
    """The hour on the next day and on the same day of the week, both after now."""
    tomorrow = dt.datetime.combine(now.date(), start.timetz())
    while tomorrow <= now:
        tomorrow += dt.timedelta(days=1)
    weekly = start + dt.timedelta(days=7 * max(1, -(-(now - start).days // 7)))
    while weekly <= now:
        weekly += dt.timedelta(days=7)
    return sorted({tomorrow, weekly})


def _at(start: dt.datetime, words: Wording) -> Choice:
    return Choice(value=start.isoformat(), label=f"{words.day(start.date())} {start:%H:%M}")
