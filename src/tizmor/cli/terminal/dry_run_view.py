"""What a dry run ends with: every call that would be made, and the line that has them made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.text import Text

from tizmor.cli.edits import flat
from tizmor.cli.terminal.page import Page, styled
from tizmor.cli.terminal.words import Words
from tizmor.core.foresight import LATER
from tizmor.core.origins import Source
from tizmor.core.plan import Effect
from tizmor.engine.views import Execution, PlannedCall

_LONGEST = 300
_PARTS = 8
"""Of one argument; `show --json` has them all."""


def write_would_do(execution: Execution, words: Words, page: Page) -> None:
    """Each call with what it is, its arguments with their origins, and what it uses."""
    page.write()
    page.write(words.nothing_done, "bold")
    if execution.recording:
        page.write(words.from_recording.format(id=execution.recording), "dim")
    if not execution.would_do:
        page.write(words.would_do_nothing)
    for number, call in enumerate(execution.would_do, 1):
        page.write()
        for row in _rows(call, number, words):
            page.write(row)
    if execution.command and any(call.effect != Effect.READ for call in execution.would_do):
        page.write()
        page.write(words.carry_out)
        page.verbatim(execution.command)


def _rows(call: PlannedCall, number: int, words: Words) -> list[Text]:
    marks = [f" · {call.agent} ({call.step})", f" · {call.effect}"]
    if call.asks:
        marks.append(f" · {words.approval if not call.key else words.asks_once}")
    if call.maybe:
        marks.append(f" · {words.maybe}")
    if call.effect != Effect.READ and not call.can_be_taken_back:
        marks.append(f" · {words.stays}")
    rows = [styled((f"{number}. {call.action or call.title}", "bold"), ("".join(marks), "dim"))]
    if call.asks:
        rows += _reasons(call, words)
    if call.time:
        rows.append(_row(words.time, call.time))
    if call.participants:
        rows.append(_row(words.participants, ", ".join(call.participants)))
    for name, value in call.arguments.items():
        parts = list(flat({name: _whole_gaps(value, words)}))
        origin = _origin(call, name)
        rows += [
            styled(f"   {path} = {_brief(part)}", (origin, "dim")) for path, part in parts[:_PARTS]
        ]
        if (more := len(parts) - _PARTS) > 0:
            rows.append(styled((f"   {name} … + {more}", "dim")))
    if call.resources:
        used = ", ".join(f"{r.name} ({r.access.value})" for r in call.resources)
        rows.append(_row(words.uses, used))
    if call.untrusted:
        names = ", ".join(call.untrusted)
        rows.append(styled((f"   ! {words.untrusted.format(names=names)}", "bold red")))
    return rows + [styled((f"   ! {warning}", "yellow")) for warning in call.warnings]


def _reasons(call: PlannedCall, words: Words) -> list[Text]:
    """Why a human is asked, and who."""
    because = words.critical if call.critical else words.cannot_be_undone
    rows = [_row(words.policies, ", ".join(call.policies) or because)]
    if call.approvers:
        rows.append(_row(words.approvers, ", ".join(call.approvers)))
    if call.quorum > 1:
        rows.append(_row(words.approval, words.missing.format(count=call.quorum)))
    return rows


def _row(label: str, value: str) -> Text:
    return styled((f"   {label}: ", "bold"), " ".join(value.split()))


def _whole_gaps(value: Any, words: Words) -> Any:
    """The value with each gap as one sentence."""
    if isinstance(value, Mapping):
        if LATER in value:
            return words.known_later.format(place=value[LATER])
        return {name: _whole_gaps(part, words) for name, part in value.items()}
    return [_whole_gaps(part, words) for part in value] if isinstance(value, list) else value


def _brief(value: Any) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _origin(call: PlannedCall, argument: str) -> str:
    origin = call.origins.get(argument)
    if origin is None or origin.source is Source.REQUEST:
        return ""
    return f"  ← {', '.join(origin.steps) or call.agent}"
