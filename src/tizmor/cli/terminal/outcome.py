"""What an execution delivered, as titled lines: the same on a terminal and off it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from tizmor.cli.terminal.page import Page, styled
from tizmor.cli.terminal.words import Words, day_of, hours, time_span
from tizmor.engine.views import Execution

_STYLES = {"COMPLETED": "bold green", "FAILED": "bold red", "REJECTED": "bold red"}
_SOURCES_SHOWN = 10
_SHORTEST_STAND_MS = 1_000
_SMALLEST_SHARE = 0.1
"""Of the whole time, from which on waiting for a human is told apart."""

_MAX_LINES = 80


class Section(NamedTuple):
    """Lines under a title; without a title they stand alone."""

    title: str
    lines: Sequence[str]


def write_outcome(
    execution: Execution,
    words: Words,
    page: Page,
    *,
    stood_ms: int = 0,
    seen: Mapping[str, Any] | None = None,
) -> None:
    """The result so far, and below it how it ended, how long it took and what it cost.

    `stood_ms` of that time it only waited for a human. Parts that the result had when it was last
    `seen` are left out.
    """
    known = sections(seen, words) if seen else []
    for section in sections(execution.result, words):
        if section in known:
            continue
        page.write()
        if section.title:
            page.write(section.title, "bold")
        for line in section.lines:
            page.write(line)
    page.write()
    if execution.error:
        page.write(execution.error, "red")
    status = execution.status.value
    ended = (words.statuses.get(status, status), _STYLES.get(status, "bold"))
    # The id stands last: between Hebrew words, digits after Latin letters would change places.
    page.write(
        styled(
            ended,
            "".join(f" · {part}" for part in (*_cost(execution, words, stood_ms), execution.id)),
        )
    )


def sections(result: Mapping[str, Any], words: Words) -> list[Section]:
    """The parts of the result that have a value, what was asked for first."""
    found = [
        Section("", _paragraphs(result.get("answer"))),
        Section("", _paragraphs(result.get("summary"))),
        *(Section(str(t.get("title", "")), _text(t)) for t in result.get("texts") or ()),
        Section(words.meeting, list(_meeting(result.get("meeting"), words))),
        Section(words.agenda, list(_agenda(result.get("agenda")))),
        Section(words.contacts, [_contact(c) for c in result.get("contacts") or ()]),
        Section(words.slots, list(_slots(result.get("slots") or (), words))),
        Section(words.events, [_spanning(e, words, "title") for e in result.get("events") or ()]),
        Section(words.checks, [_check(c) for c in result.get("checks") or ()]),
        Section(words.citations, [_citation(c) for c in result.get("citations") or ()]),
        Section(words.sources, list(_sources(result.get("sources") or ()))),
        Section(words.warnings, [f"! {w}" for w in result.get("warnings") or ()]),
    ]
    return [section for section in found if section.lines]


def _paragraphs(text: str | None) -> list[str]:
    return text.strip().split("\n") if text else []


def _text(text: Mapping[str, Any]) -> list[str]:
    """The beginning of a document that was read; its file holds the rest."""
    lines = str(text.get("text", "")).strip().split("\n")
    return lines if len(lines) <= _MAX_LINES else [*lines[:_MAX_LINES], f"… {text.get('path')}"]


def _meeting(meeting: Mapping[str, Any] | None, words: Words) -> Iterator[str]:
    if meeting is None:
        return
    yield str(meeting.get("title", ""))
    yield f"{words.time}: {time_span(str(meeting.get('start')), meeting.get('end'), words)}"
    if meeting.get("attendees"):
        yield f"{words.participants}: {', '.join(meeting['attendees'])}"
    for name in ("link", "file"):
        if meeting.get(name):
            yield str(meeting[name])


def _agenda(agenda: Mapping[str, Any] | None) -> Iterator[str]:
    if agenda is None:
        return
    for number, point in enumerate(agenda.get("points") or (), 1):
        yield f"{number}. {point}"
    if agenda.get("file"):
        yield str(agenda["file"])


def _contact(contact: Mapping[str, Any]) -> str:
    names = ("name", "role", "organization", "email", "phone")
    return " · ".join(str(contact[name]) for name in names if contact.get(name))


def _spanning(item: Mapping[str, Any], words: Words, beside: str) -> str:
    span = time_span(str(item.get("start")), item.get("end"), words)
    return f"{span} · {item[beside]}" if item.get(beside) else span


def _slots(slots: Sequence[Mapping[str, Any]], words: Words) -> Iterator[str]:
    """A line for each day, and under it the hours that are free on it."""
    day = None
    for slot in slots:
        start, end = str(slot.get("start")), slot.get("end")
        reason = f" · {slot['reason']}" if slot.get("reason") else ""
        begins = day_of(start, words)
        if begins is None or day_of(end or start, words) != begins:
            day = None
            yield f"{time_span(start, end, words)}{reason}"
            continue
        if begins != day:
            day = begins
            yield begins
        yield f"  {hours(start, end)}{reason}"


def _check(check: Mapping[str, Any]) -> str:
    detail = f" · {check['detail']}" if check.get("detail") else ""
    return f"{check.get('state')} · {check.get('name')}{detail}"


def _citation(citation: Mapping[str, Any]) -> str:
    return f"{citation.get('source')}: {citation.get('text')}"


def _duration(whole_ms: int, stood_ms: int, words: Words) -> str:
    """The time of work; the whole beside it where a human took a part of it that shows."""
    work = words.duration.format(seconds=f"{max(0, whole_ms - stood_ms) / 1000:.1f}")
    if stood_ms < max(_SHORTEST_STAND_MS, whole_ms * _SMALLEST_SHARE):
        return work
    return f"{work} ({words.with_waiting.format(seconds=f'{whole_ms / 1000:.1f}')})"


def _sources(sources: Sequence[str]) -> Iterator[str]:
    yield from sources[:_SOURCES_SHOWN]
    if len(sources) > _SOURCES_SHOWN:
        yield f"+ {len(sources) - _SOURCES_SHOWN}"


def _cost(execution: Execution, words: Words, stood_ms: int) -> list[str]:
    """Duration, tokens and cost."""
    return [
        _duration(execution.duration_ms, stood_ms, words),
        words.tokens.format(count=f"{execution.tokens:,}"),
        f"${execution.cost_usd:.4f}",
    ]
