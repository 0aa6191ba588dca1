"""The table of all settings: how each is checked, and a right value of it."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from email.utils import parseaddr
from typing import NamedTuple

from tizmor.core.plan import Strategy
from tizmor.ports.breakers import breaking
from tizmor.ports.budgets import budgeting
from tizmor.ports.quotas import Quota, quota
from tizmor.ports.workspace import Day
from tizmor.settings.database_url import database_url
from tizmor.settings.otlp import otlp_endpoint, otlp_headers
from tizmor.settings.values import number, one_of, switch, text, whole_number, words
from tizmor.settings.zones import timezone
from tizmor.text.calendar_words import WEEKDAYS

_ORIGIN = re.compile(r"https?://[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d{1,5})?")
_LIMIT_NAME = re.compile(r"workspace|api:[\w.-]+(/key|/tokens)?|agent:\w+(/tokens)?")


def _me(value: object) -> str:
    name, address = parseaddr(text(value))
    local, _, domain = address.rpartition("@")
    if not local or not domain or set(address) & set(" \t\r\n,;"):
        raise ValueError(f"{value!r} is not a name with an e-mail address")
    return f"{name} <{address}>" if name else address


def _working_days(value: object) -> tuple[Day, ...]:
    days = []
    for name in words(value):
        if name.lower() not in WEEKDAYS:
            raise ValueError(f"{name!r} is not a day of the week")
        days.append(Day(WEEKDAYS[name.lower()]))
    if not days:
        raise ValueError("no day is named")
    return tuple(dict.fromkeys(days))


def _working_hours(value: object) -> tuple[dt.time, dt.time]:
    written = words(value)
    if len(written) != 2:
        raise ValueError(f"{value!r} is not two times of the day")
    start, end = (_time(text) for text in written)
    if start >= end:
        raise ValueError(f"{written[0]} is not before {written[1]}")
    return start, end


def _time(text: str) -> dt.time:
    hour, colon, minute = text.partition(":")
    if not (colon and hour.isdecimal() and minute.isdecimal() and len(minute) == 2):
        raise ValueError(f"{text!r} is not a time of the day, HH:MM")
    try:
        return dt.time(int(hour), int(minute))
    except ValueError:
        raise ValueError(f"{text!r} is not a time of the day, HH:MM") from None


def _limits(value: object) -> dict[str, Quota]:
    if isinstance(value, str):
        parts = (part.partition("=") for part in value.split(","))
        value = {name.strip(): written.strip() for name, _, written in parts}
    if not isinstance(value, dict):
        raise ValueError(f"{value!r} is not a table of names and quotas")
    limits = {}
    for name, written in value.items():
        if not _LIMIT_NAME.fullmatch(name):
            raise ValueError(
                f"{name!r} is nothing that can be limited: workspace, api:NAME, api:NAME/key,"
                " api:NAME/tokens, agent:NAME or agent:NAME/tokens"
            )
        limits[name] = quota(text(written))
    return limits


def _conflicts(value: object) -> Strategy:
    return Strategy(one_of(*Strategy)(text(value).replace("-", "_")))


def origins(value: object) -> tuple[str, ...]:
    """Origins as browsers name them (RFC 6454, section 6.2)."""
    found = tuple(text(origin).lower() for origin in words(value))
    for origin in found:
        if not _ORIGIN.fullmatch(origin):
            raise ValueError(f"{origin!r} is no origin: a scheme and a host, and nothing behind it")
    return found


class Setting(NamedTuple):
    """How a setting is checked, and a right value of it."""

    parse: Callable[[object], object]
    example: object


SETTINGS = {
    "me": Setting(_me, "Dana Levi <dana@example.com>"),
    "timezone": Setting(timezone, "Asia/Jerusalem"),
    "working_days": Setting(_working_days, ["sun", "mon", "tue", "wed", "thu"]),
    "working_hours": Setting(_working_hours, ["08:30", "18:00"]),
    "meeting_minutes": Setting(whole_number(range(5, 1441), "minutes"), 30),
    "language": Setting(one_of("", "he", "en"), "he"),
    "bidi": Setting(one_of("auto", "on", "off"), "auto"),
    "database_url": Setting(database_url, "postgresql://tizmor:PASSWORD@localhost/tizmor"),
    "lease_s": Setting(number(1.0, 600.0, "a number of seconds"), 10),
    "retention_days": Setting(whole_number(range(1, 36_501), "days"), 30),
    "running_steps": Setting(whole_number(range(1, 10_001), "steps"), 256),
    "live_executions": Setting(whole_number(range(1, 1_000_001), "executions"), 1000),
    "cache_mb": Setting(whole_number(range(100_001), "megabytes"), 64),
    "cache_verify": Setting(number(0.0, 1.0), 0.02),
    "conflicts": Setting(_conflicts, "order"),
    "breaker": Setting(breaking, {"failures": 5, "pause_s": 30}),
    "budgets": Setting(budgeting, {"day.usd": 5, "execution.calls": 500}),
    "trust_names": Setting(switch, True),
    "log_level": Setting(one_of("debug", "info", "warning", "error"), "info"),
    "log_days": Setting(whole_number(range(1, 3_651), "days"), 7),
    "log_personal": Setting(switch, False),
    "require_token": Setting(switch, True),
    "origins": Setting(origins, ["https://tizmor.example.org"]),
    "keep_traces": Setting(switch, True),
    "otlp_endpoint": Setting(otlp_endpoint, "http://localhost:4318"),
    "otlp_headers": Setting(otlp_headers, {"Authorization": "secret:COLLECTOR"}),
    "limits": Setting(_limits, {"workspace": "600/minute"}),
}
