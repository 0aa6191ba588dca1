"""What a human sees before deciding: an approval or a question, as rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Group
from rich.panel import Panel
from rich.text import Text

from tizmor.cli.edits import flat
from tizmor.cli.terminal.page import Page, styled
from tizmor.cli.terminal.words import Words, time_span
from tizmor.engine.views import Waiting


def gate_rows(waiting: Waiting, words: Words) -> list[Text]:
    """Everything that the decision depends on, one row a fact."""
    if waiting.kind == "question":
        choices = [
            styled((f"{number}) ", "bold"), choice.label)
            for number, choice in enumerate(waiting.choices, 1)
        ]
        return [styled((waiting.text, "bold")), *choices]
    rows = [_labelled(words.action, waiting.action or waiting.text)]
    if waiting.time:
        rows.append(_labelled(words.time, waiting.time))
    if waiting.participants:
        rows.append(_labelled(words.participants, ", ".join(waiting.participants)))
    rows += [_labelled(name, value) for name, value in waiting.details.items()]
    rows += [
        styled((f"{words.assumptions}: {assumption}", "dim")) for assumption in waiting.assumptions
    ]
    if waiting.origins:
        rows.append(_labelled(words.origins, _origins(waiting, words)))
    rows += _terms(waiting, words)
    if waiting.untrusted:
        names = ", ".join(waiting.untrusted)
        rows.append(styled((f"! {words.untrusted.format(names=names)}", "bold red")))
    return rows + [styled((f"! {warning}", "yellow")) for warning in waiting.warnings]


def _origins(waiting: Waiting, words: Words) -> str:
    """Where each argument comes from: `start, end: the agent itself; title: the request`."""
    named: dict[str, list[str]] = {}
    for name, origin in waiting.origins.items():
        place = words.origin[origin.source.value].format(steps=", ".join(origin.steps))
        named.setdefault(place, []).append(name)
    return "; ".join(f"{', '.join(names)}: {place}" for place, names in named.items())


def _terms(waiting: Waiting, words: Words) -> list[Text]:
    """Whose agreement it takes, where that isn't anybody's, and until when."""
    rows = []
    if waiting.policies:
        rows.append(_labelled(words.policies, ", ".join(waiting.policies)))
    if waiting.approvers:
        rows.append(_labelled(words.approvers, ", ".join(waiting.approvers)))
    if waiting.signatures:
        rows.append(_labelled(words.signed_by, ", ".join(s.by for s in waiting.signatures)))
    if waiting.missing > 1 or (waiting.missing and waiting.signatures):
        rows.append(styled((words.missing.format(count=waiting.missing), "bold")))
    if waiting.expires_at is not None:
        rows.append(_labelled(words.expires, time_span(waiting.expires_at, None, words)))
    return rows


def argument_rows(
    arguments: Mapping[str, Any], words: Words, *, before: Mapping[str, Any] | None = None
) -> list[Text]:
    """Arguments as `path = value`, the changed ones marked with what they were `before`."""
    old = dict(flat(before)) if before is not None else dict(flat(arguments))
    rows = []
    for path, value in flat(arguments):
        if old.get(path) == value:
            rows.append(styled((path, "dim"), f" = {value}"))
        else:
            was = f" ({words.changed}: {old.get(path, '-')} -> {value})"
            rows.append(styled((path, "bold yellow"), f" = {value}", (was, "yellow")))
    gone = set(old) - dict(flat(arguments)).keys()
    return rows + [
        styled((f"{path} ({words.changed}: {old[path]} -> -)", "yellow"))
        for path in old
        if path in gone
    ]


def gate_panel(waiting: Waiting, words: Words, page: Page, rows: list[Text]) -> Panel:
    """The rows in a frame that says what is asked for."""
    title = words.question if waiting.kind == "question" else words.approval
    return Panel(
        Group(*(page.paragraph(row) for row in rows)),
        title=Text(page.inline(title)),
        border_style="yellow",
    )


def _labelled(label: str, value: str) -> Text:
    """One row, whatever line breaks the value holds: they could draw false rows."""
    value = " ".join(value.split())
    return styled((f"{label}: ", "bold"), value)
