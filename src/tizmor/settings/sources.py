"""Where settings are given, and how one is written there.

Sources, each before the next: options of the call, `TIZMOR_*` variables (`DATABASE_URL` for the
database), the workspace's `tizmor.toml`, defaults. Every source is checked, also where another
goes before it: a wrong line stays wrong when an option hides it today.
"""

from __future__ import annotations

import difflib
import json
import os
import shlex
import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from tizmor.core.errors import WrongSetting
from tizmor.ports.secrets import VARIABLE as SECRET
from tizmor.settings.checks import SETTINGS
from tizmor.settings.settings import Settings
from tizmor.settings.zones import machine_timezone

FILE = "tizmor.toml"
PREFIX = "TIZMOR_"

_NOT_SETTINGS = {"TIZMOR_WORKSPACE", "TIZMOR_DEBUG"}
_FILE_LIMIT = 64 * 1024


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
        right = as_line("timezone", SETTINGS["timezone"].example)
        raise WrongSetting(f"{FILE} is not TOML: {error}; a right line: {right}") from error
    for name, value in table.items():
        yield _Given(name, value, f"{name} in {FILE}", as_line)


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


def as_line(name: str, value: object) -> str:
    """A setting as a line of `tizmor.toml`."""
    if isinstance(value, dict):
        inner = ", ".join(as_line(json.dumps(key), part) for key, part in value.items())
        return f"{name} = {{ {inner} }}"
    # Strings, integers and lists of strings are written alike in JSON and in TOML, but for DEL.
    return f"{name} = {json.dumps(value, ensure_ascii=False)}".replace("\x7f", "\\u007f")


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
    if given.name not in SETTINGS:
        near = difflib.get_close_matches(given.name, SETTINGS, n=1)
        if not near:
            known = ", ".join(SETTINGS)
            raise WrongSetting(f"{given.where}: there is no such setting; there are {known}")
        right = given.write(near[0], SETTINGS[near[0]].example)
        raise WrongSetting(f"{given.where}: there is no such setting; did you mean {right}")
    setting = SETTINGS[given.name]
    try:
        return setting.parse(given.value)
    except ValueError as problem:
        right = given.write(given.name, setting.example)
        raise WrongSetting(f"{given.where}: {problem}; a right example: {right}") from problem
