"""Work that a call hands over: a step of its own, beside the plan's, whose output is the answer.

It is held to what a plan is held to, and to more: it may do nothing graver than its asker declares,
and where the asker has read what a stranger said, a human is asked before anything is changed.
"""

from __future__ import annotations

from msgspec import structs

from tizmor.core import events as ev
from tizmor.core import facts as fx
from tizmor.core.decisions.decision import Decision
from tizmor.core.decisions.messages import next_id, refused_at_all
from tizmor.core.decisions.steps import dispatch
from tizmor.core.errors import TalkError
from tizmor.core.graph import references, takes_item
from tizmor.core.plan import Effect
from tizmor.core.state import State
from tizmor.core.taint import carries
from tizmor.core.talk import MAX_DEPTH, MAX_WORK, Kind, Talk

_SEVERITY = list(Effect)


def work_given(d: Decision, fact: fx.WorkGiven) -> None:
    work = fact.work
    known = (d.state.talk or Talk()).sent_before(
        fact.step, fact.number, Kind.REQUEST, work.agent, work.arguments
    )
    if known is not None or refused_work(d.state, fact) is not None:
        return
    request = next_id(d.state)
    untrusted = carries(d.state, fact.step)
    asker = d.state.steps[fact.step].step
    work = structs.replace(
        work,
        id=f"{fact.step}.{request}",
        critical=work.critical or (untrusted and work.effect is not Effect.READ),
        hands_over=min(work.hands_over, asker.hands_over, key=_SEVERITY.index),
    )
    d.emit(
        ev.WorkHandedOver(
            id=request, step=fact.step, number=fact.number, work=work, untrusted=untrusted
        )
    )
    dispatch(d, d.state.steps[work.id])


def refused_work(state: State, fact: fx.WorkGiven) -> TalkError | None:
    """Why work can't be handed over; None when it can."""
    asker, work = state.steps[fact.step].step, fact.work
    if refused := refused_at_all(state, fact.step, fact.attempt, work.arguments):
        return refused
    if asker.effect is not Effect.READ:
        return TalkError(f"{asker.agent} changes something itself, so it can't be put off to wait")
    if _SEVERITY.index(work.effect) > _SEVERITY.index(asker.hands_over):
        return TalkError(
            f"{work.agent} is {work.effect.value}, and {asker.agent} may hand over what is"
            f" {asker.hands_over.value} at most (see `hands_over`)"
        )
    if list(references(work.arguments)) or takes_item(work.arguments):
        return TalkError("what is handed over refers to nothing: give the values themselves")
    return _too_much(state, fact.step)


def _too_much(state: State, asker: str) -> TalkError | None:
    talk = state.talk or Talk()
    if len(talk.work) >= MAX_WORK:
        return TalkError(f"in one execution at most {MAX_WORK} pieces of work are handed over")
    depth, name = 1, asker
    while name in talk.work:
        depth, name = depth + 1, talk.mail[talk.work[name]].step
    if depth > MAX_DEPTH:
        return TalkError(f"work is handed on at most {MAX_DEPTH} times")
    return None
