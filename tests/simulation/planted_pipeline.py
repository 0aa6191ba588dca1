"""Bugs that are planted into approvals, budgets, breakers, kept answers, what steps tell each
other, and dry runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import pytest
from tests.simulation import approving, breaking, keeping, rehearsing, spending, telling
from tests.simulation.planting import Planted, everywhere

from tizmor.caching import keys
from tizmor.core import commands as cmd
from tizmor.core import events as ev
from tizmor.core import facts as fx
from tizmor.core.canonical import planned_key
from tizmor.core.decisions import gates
from tizmor.core.decisions.gates import has_expired, is_heard
from tizmor.core.decisions.messages import watch
from tizmor.core.decisions.talking import refused_put
from tizmor.core.errors import TalkError
from tizmor.core.evolve import FOLDS
from tizmor.core.state import GateState, State
from tizmor.core.talk import Message, Talk
from tizmor.core.terms import PLAIN, Need, Terms
from tizmor.engine.voice import Voice
from tizmor.pipeline.approve import Approve
from tizmor.pipeline.call import Call
from tizmor.pipeline.verdicts import Verdict
from tizmor.ports.breakers import Through
from tizmor.ports.budgets import Claim
from tizmor.ports.cache import Wanted
from tizmor.storage.shared import budgets, computations
from tizmor.storage.shared.breakers import SharedBreakers
from tizmor.storage.shared.budgets import SharedBudgets
from tizmor.storage.shared.work import Work


def one_is_enough(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Need, "missing", lambda self, signers: 0)


def anybody_decides(patch: pytest.MonkeyPatch) -> None:
    everywhere(patch, "is_heard", is_heard, lambda gate, by: True)


def gates_never_expire(patch: pytest.MonkeyPatch) -> None:
    real = gates._due_ms

    def planted(gate: GateState, timer: cmd.Timer) -> int | None:
        return None if timer is cmd.Timer.EXPIRE else real(gate, timer)

    patch.setattr(gates, "_due_ms", planted)
    everywhere(patch, "has_expired", has_expired, lambda gate, at_ms: False)


def approval_outlives_its_call(patch: pytest.MonkeyPatch) -> None:
    """What was prepared doesn't hold any more; it is called again, and nobody is asked again."""
    real = FOLDS[ev.PreconditionLost]

    def planted(state: State, event: ev.PreconditionLost, at_ms: int) -> None:
        step = state.steps[event.step]
        before = step.arguments, step.approved_key, step.gate
        real(state, event, at_ms)
        step.arguments, step.approved_key, step.gate = before

    patch.setitem(FOLDS, ev.PreconditionLost, planted)


def other_terms_than_the_policys(patch: pytest.MonkeyPatch) -> None:
    real = Approve._ask

    async def planted(self: Approve, call: Call, terms: Terms) -> Verdict:
        return await real(self, call, PLAIN)

    patch.setattr(Approve, "_ask", planted)


def budgets_are_not_looked_at(patch: pytest.MonkeyPatch) -> None:
    def planted(moment: Any, claim: Any, wanted: Any, *rest: Any) -> Work[Any]:
        return wanted
        yield

    patch.setattr(budgets, "_allowed", planted)


def what_was_used_is_given_back(patch: pytest.MonkeyPatch) -> None:
    async def planted(self: SharedBudgets, claim: Claim, spent: Any) -> None:
        await self.give_back(claim)

    patch.setattr(SharedBudgets, "settle", planted)


def reservations_are_not_settled(patch: pytest.MonkeyPatch) -> None:
    async def planted(self: SharedBudgets, claim: Claim, spent: Any) -> None:
        return

    patch.setattr(SharedBudgets, "settle", planted)


def open_breakers_let_through(patch: pytest.MonkeyPatch) -> None:
    async def planted(self: SharedBreakers, holder: Any, names: Sequence[str]) -> Through:
        return Through(quiet=False)

    patch.setattr(SharedBreakers, "enter", planted)


def answers_are_kept_by_agent(patch: pytest.MonkeyPatch) -> None:
    real = keys.wanted

    def planted(spec: Any, arguments: Any, **more: Any) -> Wanted | None:
        return real(spec, {}, **more)

    patch.setattr(keys, "wanted", planted)


def all_work_it_out(patch: pytest.MonkeyPatch) -> None:
    def planted(*given: Any) -> Work[bool]:
        return True
        yield

    patch.setattr(computations, "claim", planted)


def the_last_to_set_wins(patch: pytest.MonkeyPatch) -> None:
    def planted(state: State, fact: fx.ValueShared) -> TalkError | None:
        return refused_put(state, msgspec.structs.replace(fact, expected_version=None))

    everywhere(patch, "refused_put", refused_put, planted)


def answered_requests_stay_open(patch: pytest.MonkeyPatch) -> None:
    real = FOLDS[ev.MessageAnswered]

    def planted(state: State, event: ev.MessageAnswered, at_ms: int) -> None:
        real(state, event, at_ms)
        if state.talk is not None:
            state.talk.open[event.id] = None

    patch.setitem(FOLDS, ev.MessageAnswered, planted)


def said_again_when_run_again(patch: pytest.MonkeyPatch) -> None:
    def planted(self: Talk, step: str, number: int, *words: Any) -> Message | None:
        return None

    patch.setattr(Talk, "sent_before", planted)


def nobody_watches_the_mail(patch: pytest.MonkeyPatch) -> None:
    everywhere(patch, "watch", watch, lambda d, step, after_ms=0: None)


def told_before_it_is_durable(patch: pytest.MonkeyPatch) -> None:
    async def planted(self: Voice, source: str, *, untrusted: bool) -> None:
        return

    patch.setattr(Voice, "take_in", planted)


def dry_runs_are_forgotten(patch: pytest.MonkeyPatch) -> None:
    patch.setitem(FOLDS, ev.DryRunBegun, lambda state, event, at_ms: None)


def any_arguments_were_shown(patch: pytest.MonkeyPatch) -> None:
    everywhere(patch, "planned_key", planned_key, lambda agent, arguments: planned_key(agent, {}))


PLANTED: Sequence[Planted] = (
    Planted("one of several is enough", approving.QUORUM, 60, one_is_enough),
    Planted("anybody decides", approving.ENTITLED, 60, anybody_decides),
    Planted("gates never expire", approving.IN_TIME, 100, gates_never_expire),
    Planted("an approval outlives its call", approving.ONCE, 100, approval_outlives_its_call, 90),
    Planted("a gate has other terms", approving.RULED, 30, other_terms_than_the_policys),
    Planted("budgets aren't looked at", spending.WITHIN, 60, budgets_are_not_looked_at),
    Planted("what was used is given back", spending.EXACT, 60, what_was_used_is_given_back),
    Planted("reservations aren't settled", spending.SETTLED, 60, reservations_are_not_settled),
    Planted("open breakers let through", breaking.BROKEN, 250, open_breakers_let_through),
    Planted("answers are kept by agent", keeping.HIT, 60, answers_are_kept_by_agent, 60),
    Planted("all work it out", keeping.AT_ONCE, 100, all_work_it_out, 350),
    Planted("the last to set wins", telling.VERSIONS, 1500, the_last_to_set_wins),
    Planted("answered requests stay open", telling.ANSWERS, 200, answered_requests_stay_open, 150),
    Planted("said again when run again", telling.TAKEN, 100, said_again_when_run_again),
    Planted("nobody watches the mail", telling.LETTERS, 100, nobody_watches_the_mail),
    Planted("told before it is durable", telling.TOLD, 300, told_before_it_is_durable),
    Planted("dry runs are forgotten", rehearsing.HARMLESS, 30, dry_runs_are_forgotten),
    Planted("any arguments were shown", rehearsing.AS_SHOWN, 100, any_arguments_were_shown),
)
