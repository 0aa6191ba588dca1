"""Which steps carry what a document or a stranger said, by the plan and by what they have read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tizmor.core.approval import tainted_steps, untrusted_controls
from tizmor.core.state import State, StepState, is_work


def tainted(state: State) -> frozenset[str]:
    """The steps whose output carries it; of a list, the whole for any of its calls."""
    if state.tainted is None:
        read = state.talk.tainted if state.talk else ()
        names = [parent_of(state, name) for name in read]
        state.tainted = frozenset() if state.plan is None else tainted_steps(state.plan, names)
    return state.tainted


def has_read(state: State, name: str) -> bool:
    """Whether a step was itself given something of it, beside its arguments."""
    return state.talk is not None and name in state.talk.tainted


def carries(state: State, name: str) -> bool:
    """Whether what a step says now has to be marked."""
    if has_read(state, name) or parent_of(state, name) in tainted(state):
        return True
    return is_work(state, name) and state.steps[name].step.untrusted


def parent_of(state: State, name: str) -> str:
    """The step itself, or for a call of a list that list's."""
    step = state.steps.get(name)
    return name if step is None or step.parent is None else step.parent


def untrusted_arguments(
    state: State, step: StepState, arguments: Mapping[str, Any]
) -> tuple[str, ...]:
    """The control arguments of a call whose value may come from what a stranger said, and that no
    human has written anew. A step that has itself read such a thing may have put it into any
    argument."""
    if is_work(state, step.step.id) and has_read(state, step.step.id):
        # Not only what it is done with, also that it is done was a stranger's word.
        return step.step.control or tuple(arguments) or (step.step.agent,)
    if not step.step.control:
        return ()
    if has_read(state, step.step.id):
        named = tuple(n for n in step.step.control if arguments.get(n) is not None)
    else:
        parent = None if step.parent is None else state.steps[step.parent].step
        named = untrusted_controls(tainted(state), step.step, parent)
    return tuple(name for name in named if name not in (step.edited or ()))


def root_of(state: State, name: str) -> str:
    """The step of the plan for whose sake a step runs: of work, the one that handed it over."""
    talk = state.talk
    while talk is not None and name in talk.work:
        name = talk.mail[talk.work[name]].step
    return parent_of(state, name)
