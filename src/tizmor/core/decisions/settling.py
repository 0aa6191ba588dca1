"""What becomes of a call that may or may not have happened.

It is settled by the effect that the agent declares: done again with the same key, asked after, or
asked about."""

from __future__ import annotations

from typing import Any

from tizmor.core import commands as cmd
from tizmor.core import events as ev
from tizmor.core.approval import doubtful_question, unsettled_question
from tizmor.core.decisions.decision import Decision, ask, close, fail, give_back, is_left_out
from tizmor.core.decisions.steps import resolved_arguments, run
from tizmor.core.plan import Effect, OnFailure
from tizmor.core.recovery import may_retry
from tizmor.core.state import StepState

_READ = Effect.READ
"""Looked at for every step that was in flight; through the class it takes long to reach."""
OUTCOME = "outcome"
"""What a question is about that asks what became of a call."""
_DOUBT = "it may have happened: "


def pick_up(d: Decision, step: StepState, *, may_still_run: bool = False) -> None:
    """A call that was in flight when its process ended, or was told to stop without having begun
    in this one."""
    if step.step.effect is not _READ:
        lose(d, step, may_still_run=may_still_run)
        settle(d, step)
    elif d.state.ending or is_left_out(d, step):
        close(d, step, ev.StepCancelled(step=step.step.id))
    elif step.late:
        fail(d, step, "its deadline has passed")
    elif (arguments := resolved_arguments(d, step)) is not None:
        run(d, step, arguments)


def lose(d: Decision, step: StepState, *, may_still_run: bool) -> None:
    """Write down that nobody knows what became of a call with an effect."""
    error = "its process ended while it ran"
    d.emit(ev.OutcomeLost(step=step.step.id, error=error, may_still_run=may_still_run))


def settle(d: Decision, step: StepState) -> None:
    """Find out what became of a call, or do it again where that can't harm."""
    if step.busy or step.in_line:
        return
    arguments = resolved_arguments(d, step)
    if arguments is None:
        return
    effect = step.step.effect
    if step.step.probes and effect is not Effect.IDEMPOTENT:
        probe(d, step, arguments)
    elif effect is Effect.IRREVERSIBLE:
        ask_what_happened(d, step)
    else:
        run_again(d, step)


def probe(d: Decision, step: StepState, arguments: dict[str, Any]) -> None:
    """Have the agent asked whether the call happened."""
    step.busy = True
    step.in_line = False
    d.order(cmd.ProbeCall(step=step.step, arguments=arguments, attempt=step.attempt, key=step.key))


def run_again(d: Decision, step: StepState) -> None:
    """A call that is safe to repeat with its key."""
    if d.state.ending or step.late or not may_retry(step.step.retry, step.failures):
        leave_unsettled(d, step)
    elif not d.state.paused and (arguments := resolved_arguments(d, step)) is not None:
        run(d, step, arguments)


def leave_unsettled(d: Decision, step: StepState) -> None:
    """Nothing tells what happened: neither retries nor alternatives are for such a call."""
    if d.state.is_asked(step.step.id, OUTCOME):
        return  # since it was told to stop, while the next call of it was being prepared
    human = step.step.on_failure is OnFailure.ASK and step.parent is None
    if human and (d.state.rolling_back or not d.state.ending):
        ask_what_happened(d, step)
    else:
        fail_unsettled(d, step)


def fail_unsettled(d: Decision, step: StepState) -> None:
    d.impossible.append((step, f"{_DOUBT}{step.error}"))


def ask_what_happened(d: Decision, step: StepState) -> None:
    """Others needn't wait for the answer with what the call used."""
    give_back(d, step)
    language = d.state.plan.language if d.state.plan else "en"
    error = (step.error or "").removeprefix(_DOUBT)
    if d.state.rolling_back:
        question = doubtful_question(step.step, error, language)
    else:
        is_ending = d.state.ending is not None
        question = unsettled_question(step.step, error, language, is_ending=is_ending)
    ask(d, question, step, about=OUTCOME)
