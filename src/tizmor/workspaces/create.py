"""Makes a workspace, empty or with an example."""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import pkgutil
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import NamedTuple, cast

from tizmor import settings
from tizmor.core.errors import UserError, WorkspaceUnusable
from tizmor.workspaces.files import Example, NewFile
from tizmor.workspaces.settings_file import README, README_NAME, settings_text

FOLDERS = ("contacts", "calendar", "calendar/people", "tasks", "mail", "out")

# By name, and loaded only when asked for: an example's writers are slow to import.
_EXAMPLES = {"tevuot": "tizmor.workspaces.tevuot.example:EXAMPLE"}
EXAMPLES = tuple(_EXAMPLES)
"""Names of the examples that a workspace can be made with."""


class Created(NamedTuple):
    """A workspace that was made: its folder, how many files it was given, and by which example."""

    path: Path
    files: int
    example: str | None


def create_workspace(
    directory: Path,
    *,
    example: str | None,
    today: dt.date,
    me: str | None = None,
    timezone: str | None = None,
) -> Created:
    """Make `directory` a workspace; missing folders are made, existing files are never changed.

    Without an example, a folder that holds documents already becomes a workspace around them.
    An example needs an empty folder; its dates are relative to `today`, and the same day gives the
    same files. `me` is `name <address>`, `timezone` an IANA name (default: the example's, or the
    machine's). `tizmor.toml` is written last: where it is, all of it is.

    Raises `UserError` for an unknown example, `WrongSetting` for a wrong `me` or `timezone`, and
    `WorkspaceUnusable` when the folder is a workspace already, isn't empty, or can't be written;
    what was written until then is taken away again.
    """
    content = _load(example) if example else None
    _check(directory, must_be_empty=content is not None)
    chosen = settings.load(
        directory,
        environ={},
        me=me or (content.me if content else None),
        timezone=timezone or (content.timezone if content else settings.machine_timezone()),
    )
    files = [NewFile(README_NAME, README.encode())]
    if content:
        files += content.files(today, chosen.workspace(directory).zone)
    settings_file = NewFile(settings.FILE, settings_text(chosen).encode())
    try:
        files = [file for file in files if not (directory / file.path).exists()] + [settings_file]
        _write(directory, files)
    except OSError as error:
        raise WorkspaceUnusable(f"{directory} can't be written: {error.strerror}") from error
    return Created(path=directory, files=len(files), example=example)


def _load(example: str) -> Example:
    if example not in _EXAMPLES:
        raise UserError(f"there is no example {example!r}; there is: {', '.join(EXAMPLES)}")
    return cast(Example, pkgutil.resolve_name(_EXAMPLES[example]))


def _check(directory: Path, *, must_be_empty: bool) -> None:
    try:
        names = os.listdir(directory)
    except FileNotFoundError:
        return
    except OSError as error:
        raise WorkspaceUnusable(f"{directory} can't be used: {error.strerror}") from error
    if settings.FILE in names:
        raise WorkspaceUnusable(f"{directory} is a workspace already: it has a {settings.FILE}")
    if must_be_empty and any(not name.startswith(".") for name in names):
        raise WorkspaceUnusable(f"{directory} is not empty; an example needs a folder of its own")


def _write(directory: Path, files: Sequence[NewFile]) -> None:
    folders = [directory / folder for folder in FOLDERS]
    folders += [directory / PurePosixPath(file.path).parent for file in files]
    with contextlib.ExitStack() as undo:
        for folder in folders:
            _make_folder(folder, undo)
        for file in files:
            _write_file(directory / file.path, file, undo)
        undo.pop_all()


def _make_folder(folder: Path, undo: contextlib.ExitStack) -> None:
    if folder.is_dir():
        return
    _make_folder(folder.parent, undo)
    folder.mkdir()
    undo.callback(folder.rmdir)


def _write_file(path: Path, file: NewFile, undo: contextlib.ExitStack) -> None:
    with path.open("xb") as opened:
        undo.callback(path.unlink)
        opened.write(file.content)
    if file.modified:
        os.utime(path, (file.modified.timestamp(),) * 2)
