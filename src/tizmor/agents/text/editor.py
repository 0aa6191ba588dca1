"""Editor: writes the agenda of a meeting from an analysis."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import re
from collections.abc import Sequence
from typing import Any

import msgspec

from tizmor.agents.files.atomic import write_atomically
from tizmor.agents.text.agenda import Item, items
from tizmor.core.errors import Permanent
from tizmor.ports.agent import AgentContext, Effect, agent
from tizmor.ports.vocabulary import Agenda, Analysis, Title
from tizmor.text.counting import counted

FOLDER = "out/agendas"
_LONGEST_SLUG = 60
_ID_LETTERS = 8
"""The last letters of an execution's id: those that tell executions of one day apart."""
_KEY_LETTERS = 8
_MARKUP = re.compile(r"([\\`*<>\[\]])")
_ENDS_TARGET = re.compile(r"[%<>\\\x00-\x1f\x7f]")


class AgendaWritten(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The agenda; without points and file when there was nothing to put on it."""

    agenda: Agenda
    warnings: list[str] = []


@agent(
    name="Editor",
    timeout=dt.timedelta(minutes=1),
    effect=Effect.IDEMPOTENT,
    accompanies=("Calendar",),
    phrases=(
        "prepare an agenda", "write an agenda", "agenda", "draft an agenda", "create an agenda",
        "talking points", "points for the meeting", "topics for discussion",
        "הכן אג'נדה", "תכין אג'נדה", "אג'נדה", "כתוב סדר יום", "הכן סדר יום", "תכתוב סדר יום",
        "סדר יום לפגישה", "נקודות לפגישה", "נושאים לדיון", "ערוך אג'נדה",
    ),
)  # fmt: skip
async def editor(
    analysis: Analysis, title: Title | None = None, *, ctx: AgentContext
) -> AgendaWritten:
    """Write the agenda of a meeting from an analysis, as numbered points with their sources.

    The file is `out/agendas/TITLE-EXECUTION-KEY.md`, marked with both. Called again with the same
    key, it leaves the file as it is. An analysis that holds nothing gives no agenda.
    """
    points = items(analysis, ctx)
    if not points:
        return AgendaWritten(
            agenda=Agenda(),
            warnings=[
                ctx.say(
                    he="לא נכתבה אג'נדה: אין בניתוח החלטות, מספרים או נקודות פתוחות",
                    en="no agenda was written: the analysis holds no decisions, numbers or open "
                    "points",
                )
            ],
        )
    heading = " ".join(title.split()) if title else _title(analysis, ctx)
    path = await asyncio.to_thread(_write, heading, points, ctx)
    ctx.progress(
        ctx.say(
            he=f"נכתבה אג'נדה עם {counted(len(points), one='נקודה אחת', many='נקודות')}: {path}",
            en=f"wrote an agenda with {counted(len(points), one='1 point', many='points')}: {path}",
        )
    )
    return AgendaWritten(agenda=Agenda(points=tuple(i.line for i in points), file=path))


@editor.foresee
async def _foresee(
    *, analysis: Analysis, title: Title | None = None, ctx: AgentContext
) -> dict[str, Any]:
    """The points; the file's name comes with the call's key."""
    points = items(analysis, ctx)
    if not points:
        return {"agenda": {"points": [], "file": ""}, "warnings": []}
    return {"agenda": {"points": [item.line for item in points]}, "warnings": []}


def _title(analysis: Analysis, ctx: AgentContext) -> str:
    about = ", ".join(analysis.topics)
    word = ctx.say(he="אג'נדה", en="Agenda")
    return f"{word}: {about}" if about else word


def _write(heading: str, points: Sequence[Item], ctx: AgentContext) -> str:
    """The call's own file: its name says nothing of what else is there, so that calls at the same
    time can't take it from one another."""
    marks = (heading, ctx.execution_id[-_ID_LETTERS:], ctx.key[:_KEY_LETTERS])
    relative = f"{FOLDER}/{'-'.join(map(_slug, marks))}.md"
    path = ctx.workspace.path(relative)
    mark = f"key: {ctx.key}\n"
    if not path.exists():
        write_atomically(path, _markdown(heading, points, mark, ctx))
    elif mark not in path.read_text(encoding="utf-8", errors="replace"):
        raise Permanent(f"{relative} is there already and was written by another call")
    return relative


def _markdown(heading: str, points: Sequence[Item], mark: str, ctx: AgentContext) -> str:
    written = ctx.say(he="תאריך", en="Date")
    source = ctx.say(he="מקור", en="Source")
    day = ctx.now.date()
    lines = [
        f"---\ntitle: {json.dumps(heading, ensure_ascii=False)}\ndate: {day.isoformat()}\n"
        f"execution: {ctx.execution_id}\n{mark}---\n",
        f"# {_escaped(heading)}\n",
        f"{written}: {ctx.say(he=f'{day:%d.%m.%Y}', en=day.isoformat())}\n",
    ]
    for number, item in enumerate(points, 1):
        links = ", ".join(f"[{_escaped(path)}](<../../{_target(path)}>)" for path in item.sources)
        lines.append(
            f"{number}. **{_escaped(item.purpose)}**: {_escaped(item.text)}  \n"
            f"   {source}: {links}\n"
        )
    return "\n".join(lines)


def _escaped(text: str) -> str:
    """Text of documents as text: it can't become markup of the agenda."""
    return _MARKUP.sub(r"\\\1", " ".join(text.split()))


def _target(path: str) -> str:
    """A path as a link's target: what would end it is percent-encoded (RFC 3986, 2.1)."""
    return _ENDS_TARGET.sub(lambda found: f"%{ord(found[0]):02X}", path)


def _slug(text: str) -> str:
    words = re.sub(r"[^\w]+", "-", text.replace("'", "").replace("׳", "")).strip("-_")
    return words[:_LONGEST_SLUG].rstrip("-_") or "agenda"
