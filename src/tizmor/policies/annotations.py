"""What stands beside a policy that has a call asked about: whose agreement counts, and until when.

@quorum("2")  @approvers("dana, yoav")  @remind("1h")
@escalate("noa")  @escalate_after("4h")  @expires("24h")  @on_expiry("ask")
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from tizmor.core.terms import PLAIN, Need, OnExpiry, Terms

_UNITS_MS = {"m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}
_DURATION = re.compile(r"([1-9][0-9]{0,4})([mhdw])")
_MOST_MS = 3650 * _UNITS_MS["d"]
_MOST_PEOPLE = 20
_LONGEST_NAME = 320
_FREE = frozenset({"id", "note"})
"""Annotations that say nothing to Tizmor."""


class Rule(NamedTuple):
    """What one policy wants of those who are asked."""

    need: Need
    remind_ms: int | None = None
    expires_ms: int | None = None
    on_expiry: OnExpiry = OnExpiry.REJECT


def rule_of(name: str, annotations: Mapping[str, str], *, asks: bool) -> Rule:
    """Raises `ValueError` for an annotation that says nothing, or stands where none has a meaning:
    on a policy that doesn't have calls asked about."""
    read = {}
    for key, written in annotations.items():
        if key in _FREE:
            continue
        if key not in _READ:
            near = difflib.get_close_matches(key, _READ, n=1)
            hint = f"did you mean @{near[0]}" if near else f"there are @{', @'.join(sorted(_READ))}"
            raise ValueError(f"there is no annotation @{key}; {hint}")
        if not asks:
            raise ValueError(
                f'@{key} belongs to a forbid on Action::"callWithoutAsking": only that has people'
                " asked"
            )
        try:
            read[key] = _READ[key](written)
        except ValueError as problem:
            raise ValueError(f"@{key}: {problem}") from problem
    return _rule(name, read)


def _rule(name: str, read: Mapping[str, object]) -> Rule:
    if ("escalate" in read) != ("escalate_after" in read):
        raise ValueError('@escalate and @escalate_after go together: to whom, and when ("4h")')
    if "on_expiry" in read and "expires" not in read:
        raise ValueError('@on_expiry goes with @expires ("24h")')
    times = {"remind_ms": "remind", "expires_ms": "expires", "on_expiry": "on_expiry"}
    wants = {
        "quorum": "quorum",
        "approvers": "approvers",
        "escalate_to": "escalate",
        "escalate_ms": "escalate_after",
    }
    need = Need(policy=name, **{k: read[v] for k, v in wants.items() if v in read})  # type: ignore[arg-type]
    if need.approvers and need.quorum > len(need.approvers):
        raise ValueError(
            f"@quorum wants {need.quorum} people, and @approvers names {len(need.approvers)}"
        )
    return Rule(need, **{k: read[v] for k, v in times.items() if v in read})  # type: ignore[arg-type]


def together(rules: Iterable[Rule]) -> Terms:
    """What all policies that have a call asked about want of it: each need is met, and the
    earliest time counts. A need that anybody's word meets is met with any other."""
    given = list(rules)
    needs = tuple(rule.need for rule in given if not rule.need.is_plain or rule.need.escalate_ms)
    expiring = [rule for rule in given if rule.expires_ms is not None]
    first = min(expiring, key=lambda rule: rule.expires_ms or 0, default=None)
    reminding = [rule.remind_ms for rule in given if rule.remind_ms is not None]
    named = tuple(rule.need for rule in given)[:1]
    return Terms(
        needs=needs or named or PLAIN.needs,
        remind_ms=min(reminding, default=None),
        expires_ms=None if first is None else first.expires_ms,
        on_expiry=OnExpiry.REJECT if first is None else first.on_expiry,
    )


def _number(written: str) -> int:
    if not written.isdecimal() or not 1 <= int(written) <= _MOST_PEOPLE:
        raise ValueError(f'{written!r} is not a number of people from 1 to {_MOST_PEOPLE}, as "2"')
    return int(written)


def _people(written: str) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(name.strip() for name in written.split(",")))
    if not all(names) or len(names) > _MOST_PEOPLE or len(max(names, key=len)) > _LONGEST_NAME:
        raise ValueError(
            f'{written!r} is not a list of at most {_MOST_PEOPLE} names, as "dana, yoav"'
        )
    return names


def _duration(written: str) -> int:
    """In milliseconds; a minute is the least."""
    match = _DURATION.fullmatch(written)
    length_ms = 0 if match is None else int(match[1]) * _UNITS_MS[match[2]]
    if not 0 < length_ms <= _MOST_MS:
        raise ValueError(f'{written!r} is not a time as "30m", "4h", "1d" or "2w"')
    return length_ms


def _end(written: str) -> OnExpiry:
    try:
        return OnExpiry(written)
    except ValueError:
        raise ValueError(f'{written!r} is neither "reject" nor "ask"') from None


_READ: dict[str, Callable[[str], object]] = {
    "quorum": _number,
    "approvers": _people,
    "remind": _duration,
    "escalate": _people,
    "escalate_after": _duration,
    "expires": _duration,
    "on_expiry": _end,
}
