"""The documents of a workspace: which there are, and many of them read at once."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec

from tizmor.agents.files.formats.extracted import Reason, Unreadable
from tizmor.agents.files.reading import SUFFIXES, ReadDocument, read_text
from tizmor.core.errors import Permanent
from tizmor.ports.agent import AgentContext
from tizmor.ports.workspace import Workspace

MAX_FILES = 5_000
OUTPUTS = "out"
_OTHER_THINGS = frozenset(("contacts", "calendar", "tasks", "mail"))
_THREADS = 4
_MAX_WARNINGS = 20
_NO_DOCUMENT = Reason(en="it isn't a document of the workspace", he="זה אינו מסמך של סביבת העבודה")


class Shelved(msgspec.Struct, frozen=True, kw_only=True):
    """A document that was read, with its path in the workspace and the date it counts under."""

    path: str
    document: ReadDocument
    date: dt.date
    date_from: str
    """`document`, or `file` when only the time of the file's last change is known."""


class Shelf(msgspec.Struct, frozen=True, kw_only=True):
    """Documents that were read, in the order asked for, and what could not be read and why."""

    documents: tuple[Shelved, ...] = ()
    unreadable: tuple[tuple[str, Reason], ...] = ()
    is_cut: bool = False
    """Whether there were more files than `MAX_FILES`."""

    def warnings(self, ctx: AgentContext) -> list[str]:
        """One line for each file that was skipped, in the request's language, and no flood."""
        lines = [
            ctx.say(
                he=f"{path}: לא ניתן לקריאה: {reason.he}", en=f"{path}: can't be read: {reason.en}"
            )
            for path, reason in self.unreadable[:_MAX_WARNINGS]
        ]
        if hidden := len(self.unreadable) - len(lines):
            lines.append(
                ctx.say(
                    he=f"ועוד {hidden} קבצים שלא ניתן לקרוא",
                    en=f"{hidden} more files can't be read",
                )
            )
        if self.is_cut:
            lines.append(
                ctx.say(
                    he=f"יש יותר מ-{MAX_FILES} קבצים; השאר לא נקראו",
                    en=f"there are more than {MAX_FILES} files; the rest was not read",
                )
            )
        return lines


def document_paths(workspace: Workspace, *, include_outputs: bool = False) -> list[str]:
    """Paths of all documents in the workspace, sorted; one more than `MAX_FILES` at most.

    Left out: hidden files and folders, what Tizmor keeps contacts, calendar, tasks and mail in,
    its own outputs unless asked for, and links that lead out of this selection.
    """
    root = workspace.root.resolve()
    closed = _OTHER_THINGS if include_outputs else _OTHER_THINGS | {OUTPUTS}
    found: list[str] = []
    for path in _files(root, closed):
        if path.is_symlink() and not _leads_inside(path, root, closed):
            continue
        found.append(path.relative_to(root).as_posix())
        if len(found) > MAX_FILES:
            break
    return sorted(found)


def read_all(workspace: Workspace, paths: Iterable[str]) -> Shelf:
    """The documents at `paths`, several at once. Blocks."""
    asked = list(dict.fromkeys(paths))
    with ThreadPoolExecutor(_THREADS, thread_name_prefix="documents") as pool:
        results = list(pool.map(lambda path: _read(workspace, path), asked[:MAX_FILES]))
    return Shelf(
        documents=tuple(r for r in results if isinstance(r, Shelved)),
        unreadable=tuple(r for r in results if isinstance(r, tuple)),
        is_cut=len(asked) > MAX_FILES,
    )


def _files(root: Path, closed: frozenset[str]) -> Iterator[Path]:
    for folder, folders, names in os.walk(root, followlinks=False):
        at_root = Path(folder) == root
        folders[:] = sorted(
            f for f in folders if not f.startswith(".") and not (at_root and f in closed)
        )
        for name in sorted(names):
            is_document = Path(name).suffix.lower() in SUFFIXES
            if is_document and not name.startswith((".", "~$")) and _is_unicode(name):
                yield Path(folder) / name


def _is_unicode(name: str) -> bool:
    """Whether a name can be written in JSON; Python reads other bytes as lone surrogates."""
    return not any("\ud800" <= c <= "\udfff" for c in name)


def _leads_inside(link: Path, root: Path, closed: frozenset[str]) -> bool:
    try:
        return _is_open(link.resolve(), root, closed)
    except (OSError, RuntimeError):  # links that lead to one another
        return False


def _is_open(target: Path, root: Path, closed: frozenset[str]) -> bool:
    if not target.is_relative_to(root):
        return False
    parts = target.relative_to(root).parts
    return bool(parts) and parts[0] not in closed and not any(p.startswith(".") for p in parts)


def _read(workspace: Workspace, path: str) -> Shelved | tuple[str, Reason]:
    try:
        target = workspace.path(path).resolve()
        if not _is_open(target, workspace.root.resolve(), frozenset()):
            return (path, _NO_DOCUMENT)
        document = read_text(target)
    except Permanent:
        return (path, _NO_DOCUMENT)
    except Unreadable as error:
        return (path, error.reason)
    changed = dt.datetime.fromtimestamp(document.changed_at, workspace.zone).date()
    return Shelved(
        path=path,
        document=document,
        date=document.date or changed,
        date_from="document" if document.date else "file",
    )
