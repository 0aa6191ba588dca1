"""The single checks: each measures one thing and says it with figures."""

from __future__ import annotations

import datetime as dt
import platform
import shutil
import tempfile
import time
from collections.abc import Sequence

from tizmor.agents.calendar.ics import read_mine
from tizmor.agents.calendar.slots import Interval
from tizmor.agents.contacts.vcards import read_cards
from tizmor.agents.files.library import document_paths
from tizmor.ports.agent import AgentContext
from tizmor.ports.vocabulary import Check
from tizmor.text.counting import counted, files_en, files_he

OK, WARNING, FAILED = "ok", "warning", "failed"
_LOW_BYTES = 500_000_000
_LOW_SHARE = 0.05
_LOOK_AHEAD = dt.timedelta(days=30)


def check_workspace(ctx: AgentContext) -> Check:
    """Whether a file can be written and read back."""
    root = ctx.workspace.root
    name = ctx.say(he="סביבת העבודה", en="workspace")
    began = time.monotonic()
    try:
        with tempfile.TemporaryFile(dir=root) as file:
            file.write(b"tizmor")
            file.flush()
            file.seek(0)
            same = file.read() == b"tizmor"
    except OSError as error:
        detail = ctx.say(he=f"אי אפשר לכתוב: {error}", en=f"can't be written: {error}")
        return Check(name=name, state=FAILED, detail=detail)
    took = (time.monotonic() - began) * 1000
    detail = ctx.say(he=f"נכתב ונקרא ב־{took:.1f} מ״ש", en=f"written and read in {took:.1f} ms")
    return Check(name=name, state=OK if same else FAILED, detail=detail)


def check_disk(ctx: AgentContext) -> Check:
    usage = shutil.disk_usage(ctx.workspace.root)
    share = usage.free / usage.total if usage.total else 0.0
    low = usage.free < _LOW_BYTES or share < _LOW_SHARE
    free = f"{usage.free / 1e9:.1f} GB ({share:.0%})"
    return Check(
        name=ctx.say(he="שטח דיסק", en="disk space"),
        state=WARNING if low else OK,
        detail=ctx.say(he=f"פנוי: {free}", en=f"{free} free"),
    )


def check_documents(ctx: AgentContext) -> Check:
    n = len(document_paths(ctx.workspace))
    return Check(
        name=ctx.say(he="מסמכים", en="documents"),
        state=OK if n else WARNING,
        detail=ctx.say(he=files_he(n), en=files_en(n)),
    )


def check_contacts(ctx: AgentContext) -> Check:
    read = read_cards(ctx.workspace)
    n, broken = len(read.cards), [file for file, _ in read.problems]
    return Check(
        name=ctx.say(he="אנשי קשר", en="contacts"),
        state=OK if n and not broken else WARNING,
        detail=ctx.say(he=f"{n} ב־{files_he(read.files)}", en=f"{n} in {files_en(read.files)}")
        + _named(broken, ctx),
    )


def check_calendar(ctx: AgentContext) -> Check:
    """Whether the calendar files can be read, and what is in the next 30 days."""
    read = read_mine(ctx.workspace, Interval(ctx.now, ctx.now + _LOOK_AHEAD))
    n, files, broken = len(read.found), read.files, [file for file, _ in read.problems]
    days = _LOOK_AHEAD.days
    return Check(
        name=ctx.say(he="יומן הפגישות", en="calendar"),
        state=OK if files and not broken else WARNING,
        detail=ctx.say(
            he=f"{files_he(files)}, {counted(n, one='אירוע אחד', many='אירועים')} "
            f"ב־{days} הימים הקרובים",
            en=f"{files_en(files)}, {counted(n, one='1 event', many='events')} "
            f"in the next {days} days",
        )
        + _named(broken, ctx),
    )


def check_time(ctx: AgentContext) -> Check:
    return Check(
        name=ctx.say(he="אזור זמן", en="time zone"),
        state=OK,
        detail=f"{ctx.workspace.timezone}, {ctx.now:%Y-%m-%d %H:%M %z}",
    )


def check_python(ctx: AgentContext) -> Check:
    return Check(
        name="Python",
        state=OK,
        detail=f"{platform.python_implementation()} {platform.python_version()}",
    )


def check_agents(names: Sequence[str], ctx: AgentContext) -> Check:
    """Whether there is anybody who could be asked."""
    return Check(
        name=ctx.say(he="סוכנים", en="agents"),
        state=OK if names else FAILED,
        detail=ctx.say(he=f"{len(names)} זמינים", en=f"{len(names)} available"),
    )


def _named(broken: list[str], ctx: AgentContext) -> str:
    """What can't be read, by name; the first five."""
    if not broken:
        return ""
    names = ", ".join(dict.fromkeys(broken[:5]))
    return ctx.say(he=f"; לא נקראו במלואם: {names}", en=f"; not read in full: {names}")
