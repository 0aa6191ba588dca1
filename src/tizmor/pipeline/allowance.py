"""What an API's answer says of how many more calls it takes, and when.

Read are `Retry-After` (RFC 9110, 10.2.3), `RateLimit` and `RateLimit-Policy` of the IETF's draft
(draft-ietf-httpapi-ratelimit-headers, also as its earlier versions had them), and the fields that
were there before, `X-RateLimit-Remaining` and `X-RateLimit-Reset`. What can't be understood is
passed over: an answer is foreign data, and says nothing that has to be obeyed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from tizmor.ports.quotas import Left

_LONGEST_S = 86_400.0
"""Nobody is kept from calling for longer than a day by what a server says once."""
_LONGEST_FIELD = 2_000
_NUMBER = re.compile(r"\d{1,15}(\.\d{1,6})?")
_PARAMETER = re.compile(r";\s*([a-z]+)\s*=\s*(\d{1,12})\b")
_MEMBER = re.compile(r'(?:"[^"]*"|[^,"])+')
_EARLIER = re.compile(r"(?:^|,)\s*(limit|remaining|reset)\s*=\s*(\d{1,12})\b")
_AN_EPOCH = 1e9
"""What is larger is no number of seconds from now, but since 1970."""


def allowance(headers: Mapping[str, str], now: datetime) -> Left | None:
    """What an answer with these header fields says, as of `now` (aware); None when nothing.

    Names are compared without regard to case. Of several statements the one that allows least
    holds; `Retry-After` goes before all others.
    """
    fields = {
        name.lower(): value.strip()
        for name, value in headers.items()
        if isinstance(value, str) and len(value) <= _LONGEST_FIELD
    }
    delay_s = _retry_after_s(fields.get("retry-after", ""), now)
    if delay_s is not None:
        return _left(0, delay_s)
    said = [*_in_draft(fields), *_in_single_fields(fields, now)]
    return min(said, key=lambda left: (left.amount, -left.delay_ms), default=None)


def _retry_after_s(value: str, now: datetime) -> float | None:
    if _NUMBER.fullmatch(value):
        return float(value)
    try:
        at = parsedate_to_datetime(value)
    except (ValueError, TypeError, OverflowError):
        return None
    return max(0.0, (at.replace(tzinfo=at.tzinfo or UTC) - now).total_seconds())


def _in_draft(fields: Mapping[str, str]) -> Iterator[Left]:
    """`RateLimit: "default";r=50;t=30`, and what is between two windows in `RateLimit-Policy:
    "default";q=100;w=60` where the former doesn't say when there will be more."""
    value = fields.get("ratelimit", "")
    windows = {name: said.get("w") for name, said in _items(fields.get("ratelimit-policy", ""))}
    for name, said in _items(value):
        delay_s = said.get("t", windows.get(name))
        if "r" in said and delay_s is not None:
            yield _left(said["r"], delay_s)
    earlier = {name: int(number) for name, number in _EARLIER.findall(value)}
    if "remaining" in earlier and "reset" in earlier:
        yield _left(earlier["remaining"], earlier["reset"])


def _items(value: str) -> Iterator[tuple[str, dict[str, int]]]:
    """The members of a list (RFC 9651) with their numeric parameters."""
    for item in _MEMBER.findall(value):
        name = item.partition(";")[0].strip().strip('"')
        yield name, {key: int(number) for key, number in _PARAMETER.findall(item)}


def _in_single_fields(fields: Mapping[str, str], now: datetime) -> Iterator[Left]:
    for prefix in ("ratelimit-", "x-ratelimit-", "x-rate-limit-"):
        remaining, reset = fields.get(f"{prefix}remaining", ""), fields.get(f"{prefix}reset", "")
        if remaining.isascii() and remaining.isdecimal() and _NUMBER.fullmatch(reset):
            reset_s = float(reset)
            if reset_s >= _AN_EPOCH * 1000:
                reset_s /= 1000
            if reset_s >= _AN_EPOCH:
                reset_s -= now.timestamp()
            yield _left(int(remaining[:12]), reset_s)


def _left(amount: int, delay_s: float) -> Left:
    return Left(amount, round(min(max(delay_s, 0.0), _LONGEST_S) * 1000))
