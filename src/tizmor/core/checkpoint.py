"""The folded state of an execution as bytes, and back: what shortens a fold of many events.

Only what the journal says is kept; what follows from the plan is worked out anew. A checkpoint that
an older or newer Tizmor wrote is left unread (None): folding all events gives the same state.
"""

from __future__ import annotations

import hashlib
from operator import attrgetter
from typing import Any

import msgspec

from tizmor.core.folds.links import link
from tizmor.core.folds.lists import add_children
from tizmor.core.folds.steps import replace_agent
from tizmor.core.plan import Budget, Plan, Step, Strategy
from tizmor.core.state import GateState, GivenBefore, QuestionState, State, StepMark, StepState
from tizmor.core.talk import Talk
from tizmor.core.transitions import TERMINAL


class _Image(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A `State`; `earlier` are steps that a new plan has left out."""

    format: str
    status: str
    query: str
    user: str
    approve_all: bool
    created_at_ms: int
    updated_at_ms: int
    forked_from: str | None = None
    traceparent: str | None = None
    origin_traceparent: str | None = None
    epoch: int = 1
    priority: int = 0
    deadline_ms: int | None = None
    conflicts: Strategy | None = None
    dry_run: bool = False
    recording: str | None = None
    given_before: GivenBefore | None = None
    budget: Budget | None = None
    raised: dict[str, int] | None = None
    plan: Plan | None = None
    plan_answers: dict[str, str] = {}
    replans: int = 0
    failed_agents: list[str] = []
    marks: dict[str, StepMark] = {}
    earlier: dict[str, Step] = {}
    outputs: dict[str, dict[str, Any]] = {}
    effects: list[str] = []
    gates: dict[str, GateState] = {}
    questions: dict[str, QuestionState] = {}
    paused: bool = False
    ending: str | None = None
    rolling_back: bool = False
    error: str | None = None
    ended_at_ms: int | None = None
    tokens: int = 0
    cost_usd: float = 0.0
    talk: Talk | None = None


_MARKS = StepMark.__struct_fields__
_marked = attrgetter(*_MARKS)
"""What there is to mark of a step, in one go: a large plan has thousands."""
_SHARED = tuple(
    name for name in _Image.__struct_fields__ if name not in ("format", "marks", "earlier")
)
_FORMAT = hashlib.sha256(
    msgspec.json.encode(msgspec.json.schema(_Image)), usedforsecurity=False
).hexdigest()[:16]
"""Names the shape of an image, so that one of another shape is not taken for it."""

_encode = msgspec.json.Encoder().encode
_decoder = msgspec.json.Decoder(_Image)


def encode(state: State) -> bytes:
    """The state as folded so far; what isn't journaled of it is left out."""
    planned = {step.id for step in state.plan.steps} if state.plan else set()
    return _encode(
        _Image(
            format=_FORMAT,
            marks={name: _mark(step) for name, step in state.steps.items()},
            earlier={
                name: step.step
                for name, step in state.steps.items()
                if name not in planned and step.parent is None
            },
            **{name: getattr(state, name) for name in _SHARED},
        )
    )


def decode(execution: int, payload: bytes) -> State | None:
    """The state of a checkpoint; None when it has another shape than this version's."""
    try:
        image = _decoder.decode(payload)
    except msgspec.MsgspecError:
        return None
    if image.format != _FORMAT:
        return None
    state = State(execution)
    for name in _SHARED:
        setattr(state, name, getattr(image, name))
    _restore_steps(state, image)
    return state


def _mark(step: StepState) -> StepMark:
    return StepMark(*_marked(step))


def _restore_steps(state: State, image: _Image) -> None:
    planned = {} if image.plan is None else {step.id: step for step in image.plan.steps}
    steps = {**image.earlier, **planned}
    for name, mark in image.marks.items():
        if name in steps:
            state.steps[name] = _restored(StepState(step=steps[name]), mark)
        elif name not in state.steps:
            _restore_children(state, name.rpartition(".")[0])
    for name, mark in image.marks.items():
        step = state.steps[name]
        if step.parent is not None:
            _restored(step, mark)
            state.steps[step.parent].over += step.status in TERMINAL
    state.unfinished = sum(s.status not in TERMINAL for s in state.steps.values())
    link(state, state.updated_at_ms)


def _restore_children(state: State, parent: str) -> None:
    step = state.steps[parent]
    add_children(state, step, step.children or 0, 0)


def _restored(step: StepState, mark: StepMark) -> StepState:
    for name in _MARKS:
        setattr(step, name, getattr(mark, name))
    if step.alternative is not None:
        replace_agent(step, step.alternative)
    return step
