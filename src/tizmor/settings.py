"""The settings: read once, checked, frozen.

Sources, each before the next: options of the call, `TIZMOR_*` variables (`DATABASE_URL` for the
database), the workspace's `tizmor.toml`, defaults. Every source is checked, also where another
goes before it: a wrong line stays wrong when an option hides it today.
"""

from __future__ import annotations

import datetime as dt
import difflib
import json
import math
import os
import re
import shlex
import tomllib
from collections.abc import Callable, Iterator, Mapping
from email.utils import parseaddr
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import SplitResult, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

import msgspec

from tizmor.core.errors import WrongSetting
from tizmor.core.plan import Strategy
from tizmor.ports.breakers import STANDARD, Breaking, breaking
from tizmor.ports.budgets import NO_BUDGETS, Budgeting, budgeting
from tizmor.ports.quotas import Quota, quota
from tizmor.ports.secrets import VARIABLE as SECRET
from tizmor.ports.workspace import Day, Workspace
from tizmor.text.calendar_words import WEEKDAYS

FILE = "tizmor.toml"
PREFIX = "TIZMOR_"

_NOT_SETTINGS = {"TIZMOR_WORKSPACE", "TIZMOR_DEBUG"}
_FILE_LIMIT = 64 * 1024
_MEETING_MINUTES = range(5, 1441)
_RETENTION_DAYS = range(1, 36_501)
_RUNNING_STEPS = range(1, 10_001)
_LIVE_EXECUTIONS = range(1, 1_000_001)
_CACHE_MB = range(100_001)
_LANGUAGES = ("", "he", "en")
_BIDI = ("auto", "on", "off")
_SERVERS = ("postgresql", "postgres")
_DATABASES = ("sqlite", *_SERVERS)
_LEASE_S = (1.0, 600.0)
_LIMIT_NAME = re.compile(r"workspace|api:[\w.-]+(/key|/tokens)?|agent:\w+(/tokens)?")
_LOCALTIME = Path("/etc/localtime")

_DEFAULT = Workspace(root=Path())


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What a workspace's owner, its variables and its call say. See `load`."""

    me: str = ""
    """`name <address>`; empty when nobody said who they are."""
    timezone: str = _DEFAULT.timezone
    """IANA name."""
    working_days: tuple[Day, ...] = _DEFAULT.working_days
    working_hours: tuple[dt.time, dt.time] = (_DEFAULT.working_start, _DEFAULT.working_end)
    meeting_minutes: int = _DEFAULT.meeting_minutes
    language: str = _DEFAULT.language
    """`he`, `en`, or empty: the request's own."""
    bidi: str = "auto"
    """Whether Hebrew is put into visual order for the terminal: `on`, `off`, or `auto`."""
    database_url: str = ""
    """Empty: the workspace's own database under `.tizmor/`. It may hold a password."""
    lease_s: float = 10.0
    """On PostgreSQL: for how long a process that isn't heard of keeps what it owns. Seconds."""
    retention_days: int | None = None
    """How long `gc` keeps executions after their end; None: for ever."""
    running_steps: int = 256
    """How many calls of agents run at a time in one process."""
    live_executions: int = 1000
    """How many executions a process keeps in memory; those that wait rest on disk."""
    cache_mb: int = 64
    """How much may be kept of agents' answers, in 10**6 bytes; with 0 none is."""
    cache_verify: float = 0.02
    """The part of answers served because they mean the same for which the call is made all the
    same, and compared."""
    conflicts: Strategy = Strategy.ORDER
    """How steps of a plan that are at odds are settled, where `run` doesn't say."""
    breaker: Breaking = STANDARD
    """When what fails outside is left alone for a while."""
    budgets: Budgeting = NO_BUDGETS
    """How much may be used, by the budget's name: `day.usd`, `execution.calls`."""
    trust_names: bool = False
    """Whether who decides at the command line may say who they are (`--as NAME`); else they are the
    operating system's account."""
    limits: Mapping[str, Quota] = msgspec.field(default_factory=dict)
    """How often may be called what is outside, by name: see `tizmor.pipeline.rules`."""

    @property
    def server_url(self) -> str:
        """The database's URL when it is on a PostgreSQL server; else empty."""
        scheme, colon, rest = self.database_url.partition(":")
        return f"postgresql:{rest}" if colon and scheme.partition("+")[0] in _SERVERS else ""

    def database(self, root: Path) -> Path:
        """The database's file: the one that is named, relative to the workspace, or its own."""
        if not self.database_url:
            return root / ".tizmor" / "tizmor.db"
        return root / urlsplit(self.database_url).path.removeprefix("/")

    def workspace(self, root: Path) -> Workspace:
        """The folder as agents and planners see it."""
        name, address = parseaddr(self.me)
        return Workspace(
            root=root,
            me_name=name,
            me_email=address,
            timezone=self.timezone,
            working_days=self.working_days,
            working_start=self.working_hours[0],
            working_end=self.working_hours[1],
            meeting_minutes=self.meeting_minutes,
            language=self.language,
        )


def load(
    workspace: Path, *, environ: Mapping[str, str] = os.environ, **options: object
) -> Settings:
    """The settings that hold for this folder; an option that is None was not given.

    Raises `WrongSetting`, which names the setting, its problem and a right example.
    """
    chosen: dict[str, Any] = {"timezone": machine_timezone(environ)}
    for given in (
        *_from_file(workspace / FILE),
        *_from_environment(environ),
        *_from_options(options),
    ):
        chosen[given.name] = _checked(given)
    return Settings(**chosen)


def machine_timezone(environ: Mapping[str, str] = os.environ) -> str:
    """The machine's IANA zone, by `TZ` (POSIX.1, section 8.3) or /etc/localtime; else UTC."""
    linked = os.path.realpath(_LOCALTIME).partition("/zoneinfo/")[2]
    for name in (environ.get("TZ", "").removeprefix(":"), linked):
        if name and _is_zone(name):
            return name
    return "UTC"


class _Given(NamedTuple):
    """A setting as a source gave it, and how one is written there, by name and value."""

    name: str
    value: object
    where: str
    write: Callable[[str, object], str]


def _from_file(path: Path) -> Iterator[_Given]:
    try:
        with path.open("rb") as file:
            content = file.read(_FILE_LIMIT + 1)
    except FileNotFoundError:
        return
    except OSError as error:
        raise WrongSetting(f"{FILE} can't be read: {error.strerror}") from error
    if len(content) > _FILE_LIMIT:
        raise WrongSetting(f"{FILE} is larger than {_FILE_LIMIT // 1024} KiB")
    try:
        table = tomllib.loads(content.decode("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        right = _as_line("timezone", "Asia/Jerusalem")
        raise WrongSetting(f"{FILE} is not TOML: {error}; a right line: {right}") from error
    for name, value in table.items():
        yield _Given(name, value, f"{name} in {FILE}", _as_line)


def _from_environment(environ: Mapping[str, str]) -> Iterator[_Given]:
    variables = {"DATABASE_URL": "database_url"} | {
        variable: variable.removeprefix(PREFIX).lower()
        for variable in environ
        if variable.startswith(PREFIX)
        and not variable.startswith(SECRET)
        and variable not in _NOT_SETTINGS
    }
    for variable, name in variables.items():
        if environ.get(variable):
            yield _Given(name, environ[variable], variable, _as_variable)


def _from_options(options: Mapping[str, object]) -> Iterator[_Given]:
    for name, value in options.items():
        if value is not None:
            yield _Given(name, value, _option(name), _as_option)


def _as_line(name: str, value: object) -> str:
    if isinstance(value, dict):
        inner = ", ".join(_as_line(json.dumps(key), part) for key, part in value.items())
        return f"{name} = {{ {inner} }}"
    # Strings, integers and lists of strings are written alike in JSON and in TOML.
    return f"{name} = {json.dumps(value, ensure_ascii=False)}"


def _as_variable(name: str, value: object) -> str:
    prefix = "" if name == "database_url" else PREFIX
    return f"{prefix}{name.upper()}={_as_word(value)}"


def _as_option(name: str, value: object) -> str:
    return f"{_option(name)} {_as_word(value)}"


def _option(name: str) -> str:
    return "--" + name.replace("_", "-")


def _as_word(value: object) -> str:
    if isinstance(value, dict):
        value = [f"{key}={part}" for key, part in value.items()]
    return shlex.quote(",".join(value) if isinstance(value, list) else str(value))


def _checked(given: _Given) -> object:
    if given.name not in _SETTINGS:
        near = difflib.get_close_matches(given.name, _SETTINGS, n=1)
        if not near:
            known = ", ".join(_SETTINGS)
            raise WrongSetting(f"{given.where}: there is no such setting; there are {known}")
        right = given.write(near[0], _SETTINGS[near[0]].example)
        raise WrongSetting(f"{given.where}: there is no such setting; did you mean {right}")
    setting = _SETTINGS[given.name]
    try:
        return setting.parse(given.value)
    except ValueError as problem:
        right = given.write(given.name, setting.example)
        raise WrongSetting(f"{given.where}: {problem}; a right example: {right}") from problem


def _me(value: object) -> str:
    name, address = parseaddr(_text(value))
    local, _, domain = address.rpartition("@")
    if not local or not domain or set(address) & set(" \t\r\n,;"):
        raise ValueError(f"{value!r} is not a name with an e-mail address")
    return f"{name} <{address}>" if name else address


def _timezone(value: object) -> str:
    name = _text(value)
    if _is_zone(name):
        return name
    known = {zone.rpartition("/")[2].lower(): zone for zone in sorted(available_timezones())}
    wanted = name.rpartition("/")[2].replace(" ", "_").lower()
    near = difflib.get_close_matches(wanted, known, n=1, cutoff=0.75)
    hint = f" (nearest: {known[near[0]]})" if near else ""
    raise ValueError(f"{name!r} is not an IANA time zone{hint}")


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _working_days(value: object) -> tuple[Day, ...]:
    days = []
    for name in _list(value):
        if name.lower() not in WEEKDAYS:
            raise ValueError(f"{name!r} is not a day of the week")
        days.append(Day(WEEKDAYS[name.lower()]))
    if not days:
        raise ValueError("no day is named")
    return tuple(dict.fromkeys(days))


def _working_hours(value: object) -> tuple[dt.time, dt.time]:
    written = _list(value)
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


def _meeting_minutes(value: object) -> int:
    return _whole_number(value, _MEETING_MINUTES, "minutes")


def _retention_days(value: object) -> int:
    return _whole_number(value, _RETENTION_DAYS, "days")


def _running_steps(value: object) -> int:
    return _whole_number(value, _RUNNING_STEPS, "steps")


def _live_executions(value: object) -> int:
    return _whole_number(value, _LIVE_EXECUTIONS, "executions")


def _cache_mb(value: object) -> int:
    return _whole_number(value, _CACHE_MB, "megabytes")


def _cache_verify(value: object) -> float:
    return _number(value, (0.0, 1.0), "a number")


def _trust_names(value: object) -> bool:
    if isinstance(value, bool):
        return value
    return _one_of(("true", "false"), value) == "true"


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
        limits[name] = quota(_text(written))
    return limits


def _whole_number(value: object, bounds: range, unit: str) -> int:
    text = str(value).strip()
    if isinstance(value, bool) or not text.isdecimal() or int(text) not in bounds:
        first, last = bounds[0], bounds[-1]
        raise ValueError(f"{value!r} is not a whole number of {unit} from {first} to {last}")
    return int(text)


def _language(value: object) -> str:
    return _one_of(_LANGUAGES, value)


def _bidi(value: object) -> str:
    return _one_of(_BIDI, value)


def _database_url(value: object) -> str:
    # The URL may hold a password, so no problem repeats more of it than its scheme.
    if not isinstance(value, str):
        raise ValueError("it is not text")
    try:
        url = urlsplit(value.strip())
        port_is_right = url.port is None or url.port > 0
    except ValueError:
        port_is_right = False
    if not port_is_right:
        raise ValueError(
            "its host or port can't be read: write signs such as / : @ in a password as %2F %3A %40"
        )
    scheme = url.scheme.partition("+")[0]
    if scheme not in _DATABASES:
        known = ", ".join(_DATABASES)
        raise ValueError(f"{scheme!r} is not a database that this version knows ({known})")
    if scheme in _SERVERS:
        _check_server(url)
    elif url.netloc or len(url.path.removeprefix("/")) < 2 or url.path.endswith("/"):
        raise ValueError("it names no file: sqlite:// and then a slash and the file's path")
    return value.strip()


def _check_server(url: SplitResult) -> None:
    if not url.path.strip("/") or "/" in url.path.strip("/"):
        raise ValueError("it names no database: the host, a slash, and the database's name")
    if url.fragment:
        raise ValueError("it holds a #: write that sign in a password as %23")


def _lease_s(value: object) -> float:
    return _number(value, _LEASE_S, "a number of seconds")


def _number(value: object, bounds: tuple[float, float], kind: str) -> float:
    least, most = bounds
    try:
        number = math.nan if isinstance(value, bool) else float(str(value))
    except ValueError:
        number = math.nan
    if not least <= number <= most:
        raise ValueError(f"{value!r} is not {kind} from {least:g} to {most:g}")
    return number


def _conflicts(value: object) -> Strategy:
    return Strategy(_one_of(tuple(Strategy), _text(value).replace("-", "_")))


def _one_of(known: tuple[str, ...], value: object) -> str:
    text = _text(value).lower()
    if text not in known:
        raise ValueError(f"{text!r} is not one of {', '.join(map(repr, known))}")
    return text


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is not text")
    return value.strip()


def _list(value: object) -> list[str]:
    """A list of words; as text, they stand between commas."""
    if isinstance(value, str):
        value = value.split(",")
    if not isinstance(value, list | tuple):
        raise ValueError(f"{value!r} is not a list")
    return [_text(item) for item in value]


class _Setting(NamedTuple):
    """How a setting is checked, and a right value of it."""

    parse: Callable[[object], object]
    example: object


_SETTINGS = {
    "me": _Setting(_me, "Dana Levi <dana@example.com>"),
    "timezone": _Setting(_timezone, "Asia/Jerusalem"),
    "working_days": _Setting(_working_days, ["sun", "mon", "tue", "wed", "thu"]),
    "working_hours": _Setting(_working_hours, ["08:30", "18:00"]),
    "meeting_minutes": _Setting(_meeting_minutes, 30),
    "language": _Setting(_language, "he"),
    "bidi": _Setting(_bidi, "auto"),
    "database_url": _Setting(_database_url, "postgresql://tizmor:PASSWORD@localhost/tizmor"),
    "lease_s": _Setting(_lease_s, 10),
    "retention_days": _Setting(_retention_days, 30),
    "running_steps": _Setting(_running_steps, 256),
    "live_executions": _Setting(_live_executions, 1000),
    "cache_mb": _Setting(_cache_mb, 64),
    "cache_verify": _Setting(_cache_verify, 0.02),
    "conflicts": _Setting(_conflicts, "order"),
    "breaker": _Setting(breaking, {"failures": 5, "pause_s": 30}),
    "budgets": _Setting(budgeting, {"day.usd": 5, "execution.calls": 500}),
    "trust_names": _Setting(_trust_names, True),
    "limits": _Setting(_limits, {"workspace": "600/minute"}),
}
