"""What holds for every plan, every order of events, every crash and every human."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from random import Random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from tests.properties.simulated import Simulation, slots, stuck

from tizmor.core import events as ev
from tizmor.core import facts as fx
from tizmor.core.approval import needs_gate
from tizmor.core.graph import needs
from tizmor.core.plan import Effect, Plan, RetryPolicy, Step
from tizmor.core.transitions import TERMINAL


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """A graph of up to twelve steps of any effect; each may need any before it."""
    steps: list[Step] = []
    for i in range(draw(st.integers(1, 12))):
        others = st.sampled_from([s.id for s in steps]) if steps else st.nothing()
        needed = draw(st.lists(others, max_size=2, unique=True)) if steps else []
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


ORDERS = [
    (),
    (fx.CancelAsked(),),
    (fx.PauseAsked(), fx.ResumeAsked(), fx.ApprovalGivenToAll()),
    (fx.ApprovalGivenToAll(), fx.PauseAsked(), fx.CancelAsked()),
]


@st.composite
def runs(draw: st.DrawFn) -> list[Simulation]:
    """Executions of one plan, each driven as far as it went."""
    plan = draw(plans())
    seed = draw(st.integers(0, 2**64))
    return [_driven(plan, Random(seed + n)) for n in range(5)]


def _driven(plan: Plan, dice: Random) -> Simulation:
    simulation = Simulation(
        plan,
        dice.choice,
        luck=dice.choice([3, 15, 60]),
        crashes=dice.randrange(4),
        orders=dice.choice(ORDERS),
        approve_all=dice.random() < 0.5,
    )
    simulation.run()
    return simulation


def of_every_run(check: Callable[[Simulation], None]) -> Callable[[], None]:
    """The property is checked on every run of every plan."""

    def checked(driven: list[Simulation]) -> None:
        for run in driven:
            check(run)

    checked.__name__, checked.__doc__ = check.__name__, check.__doc__
    return given(runs())(checked)


def _of(run: Simulation, *kinds: type[ev.Event]) -> list[Any]:
    return [event for event in run.events if isinstance(event, kinds)]


@of_every_run
def test_every_execution_ends_or_waits_for_somebody_named(run: Simulation) -> None:
    """And what has ended has ended in every step, once, with nothing left open."""
    assert not run.violations
    assert not stuck(run), f"{run.state.status}: {slots(run.state)}"
    assert len(_of(run, ev.Ended)) == run.state.ended
    if run.state.ended:
        assert {s.status for s in run.state.steps.values()} <= TERMINAL
        assert not run.state.open_gates()
        assert not run.state.open_questions()


@of_every_run
def test_the_journal_is_the_whole_truth(run: Simulation) -> None:
    """Every event is read as it was written, and folding them gives the state that was live."""
    assert [ev.decode(payload) for _, payload in run.journal] == run.events
    assert slots(run.folded()) == slots(run.state)


@of_every_run
def test_nothing_happens_unasked_unwritten_or_twice(run: Simulation) -> None:
    """No effect without its key written down before; no critical call without an approval of
    exactly its key; and, as probe and human tell the truth here, nothing that can't be taken back
    twice for one key. The driver looks at the moment of the call, here it's the journal."""
    assert not run.violations
    approvals = {(e.id, e.key) for e in _of(run, ev.GateApproved)}
    started = _of(run, ev.StepStarted)
    assert set(run.world.raw) <= {event.key for event in started}
    for event in started:
        step = run.state.steps[event.step].step
        if needs_gate(step):
            assert (event.approval, event.key) in approvals
        if step.effect is Effect.IRREVERSIBLE:
            assert run.world.raw[event.key] <= 1


@of_every_run
def test_a_call_keeps_its_key_unless_its_arguments_were_changed(run: Simulation) -> None:
    """Other arguments come from another preparation or from an edit at the gate, nothing else."""
    changes = Counter(event.step for event in _of(run, ev.Prepared))
    gates = {event.id: event.step for event in _of(run, ev.GateOpened)}
    changes.update(gates[event.id] for event in _of(run, ev.GateApproved))
    keys: dict[str, set[str]] = {}
    for event in _of(run, ev.StepStarted):
        keys.setdefault(event.step, set()).add(event.key)
    for name, used in keys.items():
        assert len(used) <= 1 + changes[name], name


@of_every_run
def test_a_step_runs_after_all_that_it_needs_and_succeeds_once(run: Simulation) -> None:
    """Nor does anything begin in a pause or after a cancel."""
    succeeded: set[str] = set()
    halted = False
    for event in run.events:
        match event:
            case ev.StepStarted():
                assert not halted
                assert set(needs(run.state.steps[event.step].step)) <= succeeded
            case ev.StepSucceeded():
                assert event.step not in succeeded
                succeeded.add(event.step)
            case ev.Paused():
                halted = True
            case ev.Resumed():
                halted = False
            case ev.CancelRequested():
                halted = True
            case _:
                pass
