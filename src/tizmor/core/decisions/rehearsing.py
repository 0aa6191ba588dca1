"""Dry runs: calls that are foreseen instead of made, and approvals that were given to them.

What a dry run has shown may be carried out once: the approval covers exactly those calls, by agent
and arguments, each as often as it was shown. A call that differs is asked about as any other.
"""

from __future__ import annotations

from tizmor.core import events as ev
from tizmor.core import facts as fx
from tizmor.core.canonical import planned_key
from tizmor.core.decisions.decision import Decision, answered_by, close
from tizmor.core.foresight import gaps, in_doubt
from tizmor.core.plan import Step
from tizmor.core.state import GateState, State
from tizmor.core.taint import untrusted_arguments
from tizmor.core.terms import PLAIN


def call_foreseen(d: Decision, fact: fx.CallForeseen) -> None:
    step = answered_by(d, fact.step)
    if step is None:
        return
    unknown = tuple(dict.fromkeys(gaps(fact.arguments)))
    approvable = fact.asks and fact.terms.is_plain and not unknown
    close(
        d,
        step,
        ev.StepForeseen(
            step=fact.step,
            arguments=fact.arguments,
            output=fact.output,
            shown=fact.shown,
            key=_key(step.step, fact) if approvable else "",
            asks=fact.asks,
            terms=None if fact.terms == PLAIN else fact.terms,
            unknown=unknown,
            untrusted=untrusted_arguments(d.state, step, fact.arguments),
            maybe=in_doubt(step.step.when, d.state.outputs) or step.step.for_each is not None,
        ),
    )


def _key(step: Step, fact: fx.CallForeseen) -> str:
    try:
        return planned_key(step.agent, fact.arguments)
    except ValueError:  # it can't be named exactly, so it can't be approved beforehand
        return ""


def approval_given_before(state: State, gate: GateState) -> ev.GateApproved | None:
    """The approval of a gate that was given when a dry run showed its call; None when it showed
    no such call, or no more of them."""
    before = state.given_before
    if before is None:
        return None
    key = planned_key(state.steps[gate.step].step.agent, gate.arguments)
    if not before.left.get(key):
        return None
    return ev.GateApproved(
        id=gate.id, key=gate.key, arguments=gate.arguments, by=before.by, planned=key
    )
