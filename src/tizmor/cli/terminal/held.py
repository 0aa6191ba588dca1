"""What a held step waits for, in words."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

HELD: Mapping[str, str] = {
    "limit": "waits for the quota of {name}",
    "lock": "waits for {name}",
    "computation": "waits for the same that another {name} is working out",
    "budget": "waits for what others leave of the budget {name}",
    "breaker": "gives {name} a rest, which keeps failing,",
    "answer": "waits for another step's answer",
    "message": "waits for another step's message",
    "api": "API {name}",
    "agent": "{name}",
    "workspace": "the whole workspace",
    "until": "until {time}",
    "by": "held by execution {names}",
}
HELD_IN_HEBREW: Mapping[str, str] = {
    "limit": "ממתין למכסה של {name}",
    "lock": "ממתין ל־{name}",
    "computation": "ממתין למה ש־{name} אחר כבר מחשב",
    "budget": "ממתין למה שאחרים ישאירו מהתקציב {name}",
    "breaker": "ממתין ש־{name}, שנכשל שוב ושוב, ינוח",
    "answer": "ממתין לתשובה של צעד אחר",
    "message": "ממתין להודעה של צעד אחר",
    "api": "API {name}",
    "agent": "{name}",
    "workspace": "כל סביבת העבודה",
    "until": "עד {time}",
    "by": "מוחזק בידי ההרצה {names}",
}
"""By what it is held for, as `ev.StepHeld.on` begins, and by what that belongs to."""
LOCK = "lock:"


def held_text(on: str, words: Mapping[str, str], *, until: str = "", by: Sequence[str] = ()) -> str:
    """What is waited for, until when (ISO 8601) at least, and which executions have it; what is
    of no known kind stands as it is."""
    kind, _, name = on.partition(":")
    if kind not in words:
        return on
    named = _owner_of(name, words) if kind in ("limit", "breaker") else name
    said = words[kind].format(name=named)
    if until:
        said += f" {words['until'].format(time=_clock(until))}"
    return f"{said}, {words['by'].format(names=', '.join(by))}" if by else said


def _owner_of(name: str, words: Mapping[str, str]) -> str:
    """Whose a quota or a breaker is: `api:mail`, `agent:Mail`, `workspace`."""
    kind, _, rest = name.partition(":")
    return words[kind].format(name=rest) if kind in words else name


def _clock(until: str) -> str:
    return f"{dt.datetime.fromisoformat(until):%H:%M:%S}"
