"""What holds for every plan, every order of events, every crash and every human."""

from __future__ import annotations

from collections import Counter
from typing import Any

from hypothesis import given, target
from hypothesis import strategies as st
from tests.properties.simulated import Simulation, slots, stuck

from tizmor.core import events as ev
from tizmor.core.plan import Effect, Plan, RetryPolicy, Step
from tizmor.core.transitions import TERMINAL


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """A graph of up to twelve steps of any effect; each may need any before it."""
    steps: list[Step] = []
    for i in range(draw(st.integers(1, 12))):
        others = st.sampled_from([s.id for s in steps]) if steps else st.nothing()
        needed = draw(st.lists(others, max_size=3, unique=True)) if steps else []
        effect = draw(st.sampled_from(list(Effect)))
        steps.append(
            Step(
                id=f"s{i}",
                agent="Agent",
                arguments={f"x{n}": {"$ref": f"/{name}/value"} for n, name in enumerate(needed)},
                after=tuple(draw(st.lists(others, max_size=1))) if steps else (),
                effect=effect,
                critical=draw(st.booleans()),
                prepares=draw(st.booleans()),
                probes=effect is not Effect.READ and draw(st.booleans()),
                untrusted=draw(st.booleans()),
                control=("x0",),
                retry=RetryPolicy(attempts=draw(st.integers(1, 3)), first_delay_s=1.0),
            )
        )
    return Plan(goal="g", steps=tuple(steps))


@st.composite
def runs(draw: st.DrawFn) -> Simulation:
    """An execution that was driven as far as it went."""
    random = draw(st.randoms(use_true_random=False))
    simulation = Simulation(
        draw(plans()),
        lambda options: options[random.randrange(len(options))],
        crashes=draw(st.integers(0, 4)),
        approve_all=draw(st.booleans()),
    )
    if draw(st.booleans()):
        simulation.orders.clear()
    simulation.run()
    target(float(len(simulation.events)))
    return simulation


def _of(run: Simulation, *kinds: type[ev.Event]) -> list[Any]:
    return [event for event in run.events if isinstance(event, kinds)]


@given(runs())
def test_every_execution_ends_or_waits_for_somebody_named(run: Simulation) -> None:
    assert not run.violations
    assert not stuck(run), f"{run.state.status}: {slots(run.state)}"
    assert len(_of(run, ev.Ended)) == run.state.ended


@given(runs())
def test_what_has_ended_has_ended_in_every_step(run: Simulation) -> None:
    if run.state.ended:
        assert {s.status for s in run.state.steps.values()} <= TERMINAL
        assert not run.state.open_gates()
        assert not run.state.open_questions()


@given(runs())
def test_a_step_succeeds_at_most_once_and_only_after_all_that_it_needs(run: Simulation) -> None:
    succeeded = [event.step for event in _of(run, ev.StepSucceeded)]
    assert max(Counter(succeeded).values(), default=1) == 1
    for event in _of(run, ev.StepStarted):
        needed = {name for name, s in run.state.steps.items() if event.step in s.dependents}
        assert needed <= set(succeeded)


@given(runs())
def test_folding_the_journal_gives_the_state_that_was_live(run: Simulation) -> None:
    assert slots(run.folded()) == slots(run.state)


@given(runs())
def test_no_effect_happens_whose_key_was_not_written_down_before(run: Simulation) -> None:
    started = {event.key for event in _of(run, ev.StepStarted)}
    assert set(run.world.raw) <= started


@given(runs())
def test_nothing_that_must_be_approved_begins_without_an_approval_of_its_key(
    run: Simulation,
) -> None:
    """The driver looks at the moment of the start; here at the journal as a whole."""
    assert not run.violations
    approvals = {(e.id, e.key) for e in _of(run, ev.GateApproved)}
    for event in _of(run, ev.StepStarted):
        step = run.state.steps[event.step].step
        if step.critical or step.effect is Effect.IRREVERSIBLE:
            assert (event.approval, event.key) in approvals


@given(runs())
def test_what_cannot_be_taken_back_is_never_done_twice(run: Simulation) -> None:
    """The human and the probe tell the truth here: then nothing happens twice for one key."""
    for event in _of(run, ev.StepStarted):
        if run.state.steps[event.step].step.effect is Effect.IRREVERSIBLE:
            assert run.world.raw[event.key] <= 1


@given(runs())
def test_what_is_called_again_is_called_with_the_same_key_or_was_approved_anew(
    run: Simulation,
) -> None:
    """For an effect, another key for the same step needs other, prepared or edited arguments."""
    keys: dict[str, set[str]] = {}
    for event in _of(run, ev.StepStarted):
        keys.setdefault(event.step, set()).add(event.key)
    for name, used in keys.items():
        changed = len(_of(run, ev.Prepared)) + len(_of(run, ev.GateApproved))
        assert len(used) <= 1 + changed, name


@given(runs())
def test_every_event_is_read_as_it_was_written(run: Simulation) -> None:
    assert [ev.decode(ev.encode(event)) for event in run.events] == run.events


@given(runs())
def test_a_cancelled_execution_begins_nothing_any_more(run: Simulation) -> None:
    kinds = [type(event) for event in run.events]
    if ev.CancelRequested in kinds:
        assert ev.StepStarted not in kinds[kinds.index(ev.CancelRequested) :]


@given(runs())
def test_nothing_begins_in_a_pause(run: Simulation) -> None:
    paused = False
    for event in run.events:
        paused = isinstance(event, ev.Paused) or (
            paused and not isinstance(event, (ev.Resumed, ev.CancelRequested))
        )
        assert not (paused and isinstance(event, ev.StepStarted))
