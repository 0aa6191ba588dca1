"""SystemCheck: what works here and what doesn't, each part measured when it is asked."""

from __future__ import annotations

import asyncio
import os
import platform
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from tizmor.ports.agent import Agent, AgentContext, Effect, agent
from tizmor.ports.vocabulary import Check, Value
from tizmor.ports.workspace import Workspace

Finding = tuple[str, str, str]
"""Name, state (`ok`, `warning` or `failed`), detail."""

_LOW_BYTES = 500 * 1024**2
_LOW_SHARE = 0.05
_MAX_COUNTED = 10_000
_FOLDERS = (("contacts", "*.vcf"), ("calendar", "*.ics"), ("tasks", "*.ics"), ("mail", "*"))
_NOT_DOCUMENTS = frozenset(("contacts", "calendar", "tasks", "mail", "out"))


class SystemChecked(Value, frozen=True):
    """Every part with its measured state."""

    checks: list[Check]
    summary: str = ""


def system_check(
    *, storage: Callable[[], Sequence[Finding]], agents: Callable[[], Sequence[str]]
) -> Agent:
    """The agent, told how to look at what no agent sees by itself: the stored data (`storage`
    blocks and runs in a thread) and the agents there are, by name."""

    @agent(
        name="SystemCheck",
        effect=Effect.READ,
        phrases=(
            "check the system", "system check", "check that everything works", "is everything ok",
            "health check", "system health", "system status", "diagnose", "are you working",
            "בדוק את המערכת", "תבדוק את המערכת", "בדיקת מערכת", "בדיקת תקינות", "תקינות המערכת",
            "מצב המערכת", "האם הכול עובד", "האם המערכת תקינה", "אבחון",
        ),
    )  # fmt: skip
    async def check(*, ctx: AgentContext) -> SystemChecked:
        """Check the system: database, journal, disk, agents and connectors, each measured."""
        measured = await asyncio.to_thread(_measure, ctx.workspace, storage)
        names = agents()
        found = [*measured, ("agents", "ok" if names else "failed", f"{len(names)} agents")]
        checks = [Check(name=n, state=s, detail=d) for n, s, d in found]
        bad = [c.name for c in checks if c.state != "ok"]
        summary = (
            ctx.say(he=f"הכול תקין: {len(checks)} בדיקות", en=f"all is well: {len(checks)} checks")
            if not bad
            else ctx.say(
                he=f"{len(bad)} מתוך {len(checks)} בדיקות דורשות טיפול: {', '.join(bad)}",
                en=f"{len(bad)} of {len(checks)} checks need attention: {', '.join(bad)}",
            )
        )
        ctx.progress(summary)
        return SystemChecked(checks=checks, summary=summary)

    return check


def _measure(workspace: Workspace, storage: Callable[[], Sequence[Finding]]) -> list[Finding]:
    started = time.perf_counter()
    stored = list(storage())
    took_ms = (time.perf_counter() - started) * 1000
    return [
        *((name, state, f"{detail} ({took_ms:.0f} ms)") for name, state, detail in stored[:1]),
        *stored[1:],
        _writable(workspace.root),
        _disk(workspace.root),
        *(_connector(workspace.root, *folder) for folder in _FOLDERS),
        _documents(workspace.root),
        ("time", "ok", f"zone {workspace.timezone}"),
        ("python", "ok", f"{platform.python_version()} on {platform.system()}"),
    ]


def _writable(root: Path) -> Finding:
    started = time.perf_counter()
    try:
        with tempfile.NamedTemporaryFile(dir=root, prefix=".check-") as file:
            file.write(b"\0" * 4096)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        return ("workspace", "failed", f"can't be written: {error.strerror}")
    took_ms = (time.perf_counter() - started) * 1000
    return ("workspace", "ok", f"writable; 4 KiB written and synced in {took_ms:.1f} ms")


def _disk(root: Path) -> Finding:
    usage = shutil.disk_usage(root)
    low = usage.free < _LOW_BYTES or usage.free < usage.total * _LOW_SHARE
    detail = f"{usage.free / 1024**3:.1f} GiB free of {usage.total / 1024**3:.1f}"
    return ("disk", "warning" if low else "ok", detail)


def _connector(root: Path, folder: str, pattern: str) -> Finding:
    """Whether a connector's folder can be read, and how many files it holds."""
    path = root / folder
    if not path.is_dir():
        return (folder, "ok", "no folder: nothing connected")
    try:
        count = sum(1 for _ in path.rglob(pattern))
    except OSError as error:
        return (folder, "failed", f"can't be read: {error.strerror}")
    return (folder, "ok", f"{count} files")


def _documents(root: Path) -> Finding:
    counted = 0
    for folder, folders, files in os.walk(root):
        here = Path(folder)
        folders[:] = [
            f for f in folders if f[0] != "." and not (here == root and f in _NOT_DOCUMENTS)
        ]
        counted += len(files)
        if counted >= _MAX_COUNTED:
            return ("documents", "ok", f"more than {_MAX_COUNTED} files")
    return ("documents", "ok", f"{counted} files")
