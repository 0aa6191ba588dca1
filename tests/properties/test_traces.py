"""Whatever happens to whatever plan, its trace is one tree, and tells each call."""

from __future__ import annotations

from random import Random

from tests.properties.simulated import EXECUTION, Simulation
from tests.properties.test_core_properties import of_every_run
from tests.unit.observability.trees import faults

from tizmor.core import events as ev
from tizmor.observability.names import Part
from tizmor.observability.projection import projected


@of_every_run
def test_a_trace_is_one_tree_nested_in_time_that_is_over_with_its_execution(
    run: Simulation,
) -> None:
    spans = projected(EXECUTION, run.journal)
    assert faults(spans) == []
    assert run.state.ended == all(span.end_ms is not None for span in spans)


@of_every_run
def test_it_is_so_whatever_the_clocks_said(run: Simulation) -> None:
    dice = Random(len(run.journal))
    skewed = [(at_ms + dice.randint(-9, 9), payload) for at_ms, payload in run.journal]
    assert faults(projected(EXECUTION, skewed)) == []


@of_every_run
def test_every_call_that_was_begun_is_in_it_once(run: Simulation) -> None:
    calls = [s for s in projected(EXECUTION, run.journal) if s.part is Part.ATTEMPT]
    quiet = [
        e
        for e in run.events
        if isinstance(e, ev.StepSucceeded) and e.started_at_ms is not None and not e.cached
    ]
    assert len(calls) == len(run.started) + len(quiet)
