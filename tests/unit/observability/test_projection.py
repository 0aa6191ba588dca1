"""A journal as spans: one tree, nested in time, the same whoever tells it."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

import pytest
from tests.replay.recording import EXECUTION, Event, read, recorded
from tests.unit.observability.trees import faults

from tizmor.core import events as ev
from tizmor.core.ids import public_id
from tizmor.observability import names
from tizmor.observability.names import Part, Relation
from tizmor.observability.projection import Projection, projected
from tizmor.observability.spans import Span
from tizmor.observability.trace_context import parsed, request_span_id, trace_id

ALL = dict(recorded())
every_journal = pytest.mark.parametrize("path", ALL.values(), ids=ALL)
ID = public_id(EXECUTION)


def spans_of(name: str) -> list[Span]:
    return projected(EXECUTION, read(ALL[name]))


def parts(spans: list[Span], *wanted: Part) -> list[Span]:
    return [span for span in spans if span.part in wanted]


def only(spans: list[Span], part: Part) -> Span:
    (found,) = parts(spans, part)
    return found


def pictures(spans: list[Span], *wanted: Part) -> list[str]:
    """Name, length in ms and what went wrong."""
    return [
        f"{s.name} {(s.end_ms or 0) - s.start_ms}" + (f" {s.error}" if s.error else "")
        for s in parts(spans, *wanted)
    ]


@every_journal
def test_the_spans_of_a_journal_are_one_tree_nested_in_time(path: Path) -> None:
    events = read(path)
    created = ev.decode(events[0][1])
    assert isinstance(created, ev.Created)
    spans = projected(EXECUTION, events)
    caller = parsed(created.traceparent)
    assert faults(spans) == []
    assert spans[0].parent_span_id == (None if caller is None else caller.span_id)
    assert spans[0].span_id == request_span_id(ID)
    assert spans[0].trace_id == trace_id(ID, created.traceparent)


@every_journal
def test_it_does_so_whatever_the_clocks_said(path: Path) -> None:
    """Wall clocks are set back, and those of two processes differ."""
    events = read(path)
    for seed in range(10):
        dice = random.Random(seed)
        skewed = [(at_ms + dice.randint(-300, 300), payload) for at_ms, payload in events]
        assert faults(projected(EXECUTION, skewed)) == []


@every_journal
def test_nothing_goes_on_when_the_execution_has_ended(path: Path) -> None:
    events = read(path)
    ended = isinstance(ev.decode(events[-1][1]), ev.Ended)
    spans = projected(EXECUTION, events)
    assert ended == all(span.end_ms is not None for span in spans)
    assert ended == (names.STATUS in spans[0].attributes)


@every_journal
def test_in_pieces_it_is_told_as_at_once(path: Path) -> None:
    """What is told early keeps its id and its place; what has ended stays as it was told, but for
    a whole whose part is later found to have gone on."""
    events = read(path)
    projection = Projection(EXECUTION)
    earlier: dict[str, str | None] = {}
    for at_ms, payload in events:
        projection.take(ev.decode(payload), at_ms)
        told = {span.span_id: span.parent_span_id for span in projection.spans()}
        assert earlier.items() <= told.items()
        earlier = told
    assert projection.spans() == projected(EXECUTION, events)


def begun_calls(events: list[Event]) -> int:
    """Those whose beginning was told, and those that were over before."""
    decoded = [ev.decode(payload) for _, payload in events]
    told = sum(isinstance(event, ev.StepStarted) for event in decoded)
    quiet = sum(
        isinstance(event, ev.StepSucceeded) and event.started_at_ms is not None and not event.cached
        for event in decoded
    )
    return told + quiet


@every_journal
def test_every_call_that_was_begun_is_a_span(path: Path) -> None:
    events = read(path)
    assert len(parts(projected(EXECUTION, events), Part.ATTEMPT)) == begun_calls(events)


@every_journal
def test_every_gate_question_wait_and_compensation_is_a_span(path: Path) -> None:
    decoded = [ev.decode(payload) for _, payload in read(path)]
    told = Counter(span.part for span in projected(EXECUTION, read(path)))
    happened = Counter(type(event) for event in decoded)
    assert told[Part.APPROVAL] == happened[ev.GateOpened]
    assert told[Part.QUESTION] == happened[ev.QuestionAsked]
    assert told[Part.COMPENSATION] == happened[ev.CompensationStarted]
    assert told[Part.HELD] == happened[ev.StepHeld] + happened[ev.CompensationHeld]
    assert told[Part.PAUSE] == happened[ev.Paused]
    assert told[Part.ROLLBACK] == happened[ev.RollbackStarted]


def test_no_span_tells_what_was_asked_done_or_found() -> None:
    """The conventions have contents left out: they are people's own."""
    for path in ALL.values():
        for span in projected(EXECUTION, read(path)):
            assert not set(span.attributes) - set(KNOWN)
    assert spans_of("retried")[0].attributes[names.EXECUTION] == ID


KNOWN = [
    value
    for name, value in vars(names).items()
    if name.isupper() and isinstance(value, str) and "." in value
]


def test_a_failed_call_the_wait_after_it_and_the_next_one_follow_each_other() -> None:
    spans = spans_of("retried")
    assert pictures(spans, Part.STEP) == ["invoke_agent Find 30600", "invoke_agent Read 50"]
    assert pictures(spans, Part.ATTEMPT, Part.RETRY) == [
        "execute_tool Find 50 failed",
        "wait for retry 500",
        "execute_tool Find 50 failed",
        "wait for retry 30000",
        "execute_tool Find 0",
        "execute_tool Read 50",
    ]
    failed = parts(spans, Part.ATTEMPT)[0]
    assert failed.message
    assert failed.attributes[names.ATTEMPT] == 1


def test_a_crash_interrupts_the_calls_and_the_trace_goes_on() -> None:
    spans = spans_of("adopted_after_a_crash")
    calls = [f"{s.attributes[names.STEP]} {p}" for s, p in zip(
        parts(spans, Part.ATTEMPT), pictures(spans, Part.ATTEMPT), strict=True
    )]  # fmt: skip
    assert calls == [
        "a execute_tool Note 40 interrupted",
        "send execute_tool Post 40 interrupted",
        "find execute_tool Find 40 interrupted",
        "a execute_tool Note 50",
        "find execute_tool Find 50",
    ]
    assert spans[0].end_ms is None


def test_a_wait_for_a_human_says_what_came_of_it() -> None:
    outcomes = {
        name: [s.attributes[names.OUTCOME] for s in parts(spans_of(name), Part.APPROVAL)]
        for name in ("gate_rejected", "gate_expired", "gate_lapsed", "signed_by_two")
    }
    assert outcomes["gate_rejected"] == ["rejected"]
    assert outcomes["gate_expired"] == ["expired"]
    assert outcomes["gate_lapsed"] == ["expired", "approved"]
    assert set(outcomes["signed_by_two"]) == {"approved"}


def test_a_pause_is_as_long_as_it_was() -> None:
    spans = spans_of("paused_and_resumed")
    assert pictures(spans, Part.PAUSE) == ["pause 50"]
    assert pictures(spans, Part.REQUEST) == ["invoke_workflow 100"]


def test_a_question_of_the_planner_is_followed_by_more_planning() -> None:
    spans = spans_of("planner_asked")
    whole = spans[0].span_id
    planned = parts(spans, Part.PLAN, Part.QUESTION)
    assert [s.part for s in planned] == [Part.PLAN, Part.QUESTION, Part.PLAN]
    assert {s.parent_span_id for s in planned} == {whole}


def test_another_plan_is_planned_when_a_step_fails_and_none_found_is_an_error() -> None:
    (first, second) = parts(spans_of("replanned"), Part.PLAN)
    assert names.STEP not in first.attributes
    assert second.attributes[names.STEP] == "fails"
    assert [s.error for s in parts(spans_of("no_other_plan"), Part.PLAN)] == [None, "failed"]
    assert [s.error for s in parts(spans_of("planning_failed"), Part.PLAN)] == ["failed"]
    assert spans_of("planning_failed")[0].error == "failed"


def test_calls_of_a_list_are_parts_of_its_step_also_when_it_is_gone_through_anew() -> None:
    spans = spans_of("list_failed_and_was_tried_again")
    each, *items = parts(spans, Part.STEP)
    assert [s.attributes[names.STEP] for s in items] == ["each.0", "each.1"] * 2
    assert {s.parent_span_id for s in items} == {each.span_id}


def test_what_was_held_says_for_what() -> None:
    held = parts(spans_of("held_for_a_quota"), Part.HELD)
    assert {span.attributes[names.WAITS_FOR] for span in held} == {"limit:agent:Fetch"}
    whole = {s.span_id: s for s in spans_of("taken_back_in_turn")}
    undone = only(list(whole.values()), Part.HELD)
    assert undone.attributes[names.WAITS_FOR] == "lock:book:guests"
    assert whole[undone.parent_span_id or ""].part is Part.ROLLBACK


def test_a_compensation_is_linked_with_the_step_that_it_takes_back() -> None:
    spans = spans_of("taken_back_in_turn")
    undone = only(spans, Part.COMPENSATION)
    (link,) = undone.links
    step = next(s for s in parts(spans, Part.STEP) if s.span_id == link.span_id)
    assert step.attributes[names.STEP] == "meet"
    assert (link.trace_id, link.relation) == (spans[0].trace_id, Relation.TAKES_BACK)


def test_an_execution_that_goes_on_from_another_is_linked_with_it() -> None:
    found = {
        name: [link.relation for link in spans_of(name)[0].links]
        for name in ("forked_with_output", "dry_run_carried_out", "retried")
    }
    assert found == {
        "forked_with_output": [Relation.FORKED_FROM],
        "dry_run_carried_out": [Relation.CARRIES_OUT],
        "retried": [],
    }


def test_what_was_kept_from_another_execution_took_no_time_here() -> None:
    events = read(ALL["forked_with_output"])
    kept = [ev.decode(p).step for _, p in events if isinstance(ev.decode(p), ev.StepKept)]
    told = {s.attributes[names.STEP] for s in parts(spans_of("forked_with_output"), Part.STEP)}
    assert kept
    assert not told & set(kept)


def test_an_answer_that_was_kept_is_no_call() -> None:
    spans = spans_of("answered_from_the_cache")
    cached = [s for s in parts(spans, Part.STEP) if names.CACHED in s.attributes]
    called = {s.parent_span_id for s in parts(spans, Part.ATTEMPT)}
    assert cached
    assert not {s.span_id for s in cached} & called


def test_each_callers_trace_stays_its_own_and_the_link_leads_from_one_to_the_other() -> None:
    root = spans_of("carried_out_for_a_caller")[0]
    (link,) = root.links
    assert root.trace_id == "4bf92f3577b34da6a3ce929d0e0e4736"
    assert root.parent_span_id == "00f067aa0ba902b7"
    assert (link.trace_id, link.relation) == (
        "0af7651916cd43dd8448eb211c80319c",
        Relation.CARRIES_OUT,
    )
