"""What holds for every plan, every order of events, every crash and every human."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from random import Random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs
from tests.properties.simulated import Simulation, slots, stuck

from tizmor.core import events as ev
from tizmor.core import facts as fx
from tizmor.core.approval import needs_gate
from tizmor.core.graph import edges
from tizmor.core.plan import Condition, Effect, ForEach, OnFailure, Plan, RetryPolicy, Step
from tizmor.core.plan import Test as Check
from tizmor.core.transitions import TERMINAL


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """A graph of up to twelve steps of any effect; each may need any before it."""
    steps: list[Step] = []
    for i in range(draw(st.integers(1, 12))):
        steps.append(draw(_steps(f"s{i}", steps)))
    return Plan(
        goal="g",
        steps=tuple(steps),
        planner=draw(st.sampled_from(["", "test/1"])),
        deadline_s=draw(SELDOM),
    )


SELDOM = st.sampled_from([*[None] * 7, 4.0])


@st.composite
def _steps(draw: st.DrawFn, name: str, before: list[Step]) -> Step:
    others = st.sampled_from([s.id for s in before]) if before else st.nothing()
    needed = draw(st.lists(others, max_size=2, unique=True)) if before else []
    arguments: dict[str, Any] = {}
    for n, other in enumerate(needed):
        each = next(s.for_each for s in before if s.id == other)
        part = {"$ref": f"/{other}/{'results' if each else 'value'}"}
        arguments[f"x{n}"] = part if draw(st.booleans()) else {**part, "default": 0}
    step = draw(_calls(name, arguments))
    return structs.replace(
        step,
        after=tuple(draw(st.lists(others, max_size=1))) if before else (),
        when=draw(_conditions(others)) if before else (),
        for_each=draw(_lists(before)),
        deadline_s=draw(SELDOM),
        on_failure=draw(st.sampled_from([None, *OnFailure])),
        alternatives=tuple(
            draw(_calls(name, arguments)) for _ in range(draw(st.sampled_from([0, 0, 1, 2])))
        ),
    )


@st.composite
def _calls(draw: st.DrawFn, name: str, arguments: dict[str, Any]) -> Step:
    effect = draw(st.sampled_from(list(Effect)))
    return Step(
        id=name,
        agent=draw(st.sampled_from(["Agent", "Other"])),
        arguments=arguments,
        effect=effect,
        critical=draw(st.booleans()),
        prepares=draw(st.booleans()),
        probes=effect is not Effect.READ and draw(st.booleans()),
        compensates=effect is not Effect.READ and draw(st.booleans()),
        untrusted=draw(st.booleans()),
        control=("x0",),
        retry=RetryPolicy(attempts=draw(st.integers(1, 3)), first_delay_s=1.0),
    )


def _conditions(others: st.SearchStrategy[str]) -> st.SearchStrategy[tuple[Condition, ...]]:
    condition = st.builds(
        lambda other, test: Condition(value={"$ref": f"/{other}/list"}, test=test),
        others,
        st.sampled_from([Check.EMPTY, Check.NOT_EMPTY]),
    )
    return st.lists(condition, max_size=1).map(tuple)


@st.composite
def _lists(draw: st.DrawFn, before: list[Step]) -> ForEach | None:
    if draw(st.integers(0, 3)):
        return None
    sources = [s.id for s in before if s.for_each is None]
    items: Any = list(range(draw(st.integers(0, 3))))
    if sources and draw(st.booleans()):
        items = {"$ref": f"/{draw(st.sampled_from(sources))}/list"}
    return ForEach(items=items, width=draw(st.integers(1, 2)))


ORDERS = [
    (),
    (fx.CancelAsked(),),
    (fx.PauseAsked(), fx.ResumeAsked(), fx.ApprovalGivenToAll()),
    (fx.ApprovalGivenToAll(), fx.PauseAsked(), fx.CancelAsked()),
    (fx.CancelAsked(roll_back=True), fx.PauseAsked(), fx.ResumeAsked()),
    (fx.PauseAsked(), fx.ResumeAsked(), fx.CancelAsked(), fx.CancelAsked(roll_back=True)),
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
def test_a_checkpoint_after_any_event_leads_to_the_same_state(run: Simulation) -> None:
    whole = slots(run.state)
    for after in range(len(run.journal) + 1):
        assert slots(run.from_checkpoint(after)) == whole, after


@of_every_run
def test_nothing_happens_unasked_unwritten_or_twice(run: Simulation) -> None:
    """No effect without its key written down before; no critical call without an approval of
    exactly its key; and, as probe and human tell the truth here, nothing that can't be taken back
    twice for one key. The driver looks at the moment of the call, here it's the journal."""
    assert not run.violations
    approvals = {(e.id, e.key) for e in _of(run, ev.GateApproved)}
    assert [event for event, _ in run.started] == _of(run, ev.StepStarted)
    assert {key for key, _ in run.world.raw} <= {event.key for event, _ in run.started}
    for event, step in run.started:
        if needs_gate(step):
            assert (event.approval, event.key) in approvals
        if step.effect is Effect.IRREVERSIBLE:
            assert run.world.raw[event.key, Effect.IRREVERSIBLE] <= 1


@of_every_run
def test_a_call_keeps_its_key_unless_its_arguments_were_changed(run: Simulation) -> None:
    """Other arguments come from another preparation, from an edit by the human, or with another
    agent, nothing else."""
    changes = Counter(event.step for event in _of(run, ev.Prepared, ev.AgentReplaced))
    gates = {event.id: event.step for event in _of(run, ev.GateOpened)}
    changes.update(gates[event.id] for event in _of(run, ev.GateApproved))
    questions = {event.id: event.step for event in _of(run, ev.QuestionAsked)}
    changes.update(questions[e.id] for e in _of(run, ev.QuestionAnswered) if e.arguments)
    keys: dict[str, set[str]] = {}
    for event in _of(run, ev.StepStarted):
        keys.setdefault(event.step, set()).add(event.key)
    for name, used in keys.items():
        assert len(used) <= 1 + changes[name], name


@of_every_run
def test_a_step_runs_after_all_that_it_needs_and_succeeds_once(run: Simulation) -> None:
    """Nor does anything begin in a pause, or once all is being stopped."""
    ended: dict[str, str] = {}
    paused = stopped = False
    for event in run.events:
        match event:
            case ev.StepStarted():
                assert not paused
                assert not stopped
                needed = edges(_planned(run, event.step))
                assert {ended.get(name) for name in needed.read} <= {"well"}
                assert {ended.get(name) for name in needed.followed} <= {"well", "bypassed"}
                assert set(needed.watched) <= set(ended)
            case ev.StepSucceeded() | ev.Gathered():
                assert ended.get(event.step) is None
                ended[event.step] = "well"
            case ev.StepBypassed():
                ended[event.step] = "bypassed"
            case ev.StepFailed() | ev.StepSkipped() | ev.StepCancelled() | ev.Replanned():
                ended[event.step] = "badly"
            case ev.GateRejected():
                ended[run.state.gates[event.id].step] = "badly"
            case ev.Paused():
                paused = True
            case ev.Resumed():
                paused = False
            case ev.CancelRequested() | ev.RollbackStarted():
                paused, stopped = False, True
            case ev.DeadlinePassed(step=None):
                paused, stopped = False, True
            case _:
                pass


def _planned(run: Simulation, name: str) -> Step:
    step = run.state.steps[name]
    return run.state.steps[step.parent].step if step.parent else step.step


@of_every_run
def test_what_is_rolled_back_is_taken_back_last_success_first(run: Simulation) -> None:
    """Each compensation has its intent; what ended with a roll back leaves nothing standing but
    what can't be taken back, or what a human chose to leave."""
    undone = [e.step for e in _of(run, ev.Compensated, ev.CompensationLeft)]
    changed = [
        e.step
        for e in _of(run, ev.StepSucceeded, ev.StepFailed)
        if run.state.steps[e.step].step.effect is not Effect.READ
        and (isinstance(e, ev.StepSucceeded) or e.step in undone)
    ]
    assert undone == changed[::-1][: len(undone)]
    keys = {run.state.steps[e.step].key for e in _of(run, ev.CompensationStarted)}
    assert set(run.world.undone) <= keys
    if run.state.ended and run.state.rolling_back:
        assert len(undone) == len(changed)
        for event in _of(run, ev.Compensated):
            assert run.state.steps[event.step].key in run.world.undone
