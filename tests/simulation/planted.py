"""Bugs that are planted into the engine, each of the kind that one property is there to find.

Every one is a small change of the real code, made with pytest's `MonkeyPatch`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import msgspec
import pytest
from tests.simulation import properties as of
from tests.simulation import using
from tests.simulation.planting import Planted, everywhere

from tizmor.core import commands as cmd
from tizmor.core import events as ev
from tizmor.core import facts as fx
from tizmor.core.approval import needs_gate
from tizmor.core.decider import decide
from tizmor.core.decisions.decision import Decision
from tizmor.core.errors import StorageFailed
from tizmor.core.evolve import FOLDS
from tizmor.core.folds.lists import joined
from tizmor.core.folds.steps import step_erred
from tizmor.core.state import State, StepState
from tizmor.engine.commit import GroupCommit
from tizmor.engine.context import CallContext
from tizmor.engine.holds import Holds
from tizmor.engine.live import Live
from tizmor.engine.pump import Pump
from tizmor.pipeline import standard
from tizmor.pipeline.call import Call
from tizmor.pipeline.classify import Classify
from tizmor.pipeline.compose import InTurn, Next
from tizmor.pipeline.limit import Limit, Uses
from tizmor.pipeline.lock import Lock
from tizmor.pipeline.verdicts import Failed, Unknown, Verdict
from tizmor.ports.journal import Append, Committed
from tizmor.ports.sharing import Sharing, Turns
from tizmor.storage.memory import MemoryJournal
from tizmor.storage.shared import locks, room
from tizmor.storage.shared.locks import SharedLocks
from tizmor.storage.shared.quotas import SharedQuotas
from tizmor.storage.shared.sharing import DatabaseSharing
from tizmor.storage.shared.work import Moment, Work


def _deciding(
    patch: pytest.MonkeyPatch, change: Callable[[State, fx.Fact, Callable[[], Decision]], Decision]
) -> None:
    """Change what the engine gets for a decision."""

    def planted(state: State, fact: fx.Fact) -> Decision:
        return change(state, fact, lambda: decide(state, fact))

    everywhere(patch, "decide", decide, planted)


def success_written_twice(patch: pytest.MonkeyPatch) -> None:
    def change(state: State, fact: fx.Fact, real: Callable[[], Decision]) -> Decision:
        decision = real()
        decision.events += [e for e in decision.events if isinstance(e, ev.StepSucceeded)]
        return decision

    _deciding(patch, change)


def stale_owner_may_write(patch: pytest.MonkeyPatch) -> None:
    real = MemoryJournal._may_write

    def planted(self: MemoryJournal, append: Append) -> bool:
        if append.create is not None:
            return real(self, append)
        return len(self._database.histories[append.execution]) == append.first_seq - 1

    patch.setattr(MemoryJournal, "_may_write", planted)


def no_barrier(patch: pytest.MonkeyPatch) -> None:
    async def planted(self: Live) -> None:
        return

    patch.setattr(Live, "durable", planted)


def nobody_is_asked(patch: pytest.MonkeyPatch) -> None:
    everywhere(patch, "needs_gate", needs_gate, lambda step: False)


def other_arguments_than_approved(patch: pytest.MonkeyPatch) -> None:
    real = Call.converted
    patch.setattr(Call, "converted", lambda self: {**real(self), "note": "changed"})


def lost_calls_count_as_failed(patch: pytest.MonkeyPatch) -> None:
    real = Classify.__call__

    async def planted(self: Classify, call: Call, inner: Next) -> Verdict:
        verdict = await real(self, call, inner)
        return Failed(verdict.error, retryable=True) if isinstance(verdict, Unknown) else verdict

    patch.setattr(Classify, "__call__", planted)


def key_counts_attempts(patch: pytest.MonkeyPatch) -> None:
    real = CallContext.key.fget  # type: ignore[attr-defined]
    patch.setattr(CallContext, "key", property(lambda self: f"{real(self)}-{self.attempt}"))


def begins_in_a_pause(patch: pytest.MonkeyPatch) -> None:
    def change(state: State, fact: fx.Fact, real: Callable[[], Decision]) -> Decision:
        if not (isinstance(fact, fx.TimerFired | fx.CallStarting) and state.paused):
            return real()
        state.paused = False
        decision = real()
        state.paused = True
        return decision

    _deciding(patch, change)


def taken_back_in_any_order(patch: pytest.MonkeyPatch) -> None:
    def change(state: State, fact: fx.Fact, real: Callable[[], Decision]) -> Decision:
        if state.rolling_back:
            state.effects.sort()
        return real()

    _deciding(patch, change)


def doubt_is_forgotten(patch: pytest.MonkeyPatch) -> None:
    patch.setitem(FOLDS, ev.StepFailed, step_erred)


def items_joined_backwards(patch: pytest.MonkeyPatch) -> None:
    def planted(state: State, step: StepState) -> dict[str, Any]:
        real = joined(state, step)
        return {**real, "results": real["results"][::-1]}

    everywhere(patch, "joined", joined, planted)


def failed_commit_taken_for_done(patch: pytest.MonkeyPatch) -> None:
    async def planted(self: GroupCommit, appends: list[Append]) -> Committed:
        try:
            return await self._journal.commit(appends)
        except StorageFailed:
            return Committed(first_positions=[1] * len(appends))

    patch.setattr(GroupCommit, "_until_kept", planted)


def error_not_written(patch: pytest.MonkeyPatch) -> None:
    real = Live.write

    def planted(self: Live, at_ms: int, event: ev.Event) -> None:
        cut = isinstance(event, ev.StepFailed | ev.AttemptFailed | ev.OutcomeLost)
        real(self, at_ms, msgspec.structs.replace(event, error="e") if cut else event)

    patch.setattr(Live, "write", planted)


def timers_forgotten(patch: pytest.MonkeyPatch) -> None:
    def change(state: State, fact: fx.Fact, real: Callable[[], Decision]) -> Decision:
        decision = real()
        decision.commands = [c for c in decision.commands if not isinstance(c, cmd.SetTimer)]
        return decision

    _deciding(patch, change)


def closes_without_ending(patch: pytest.MonkeyPatch) -> None:
    async def planted(self: Pump) -> bool:
        await self._commits.flush()
        return True

    patch.setattr(Pump, "close", planted)


def engine_stumbles(patch: pytest.MonkeyPatch) -> None:
    def change(state: State, fact: fx.Fact, real: Callable[[], Decision]) -> Decision:
        if isinstance(fact, fx.PreconditionBroken):
            raise KeyError(fact.step)
        return real()

    _deciding(patch, change)


def every_claim_is_free(patch: pytest.MonkeyPatch) -> None:
    def planted(*given: Any) -> Work[bool]:
        return False
        yield

    patch.setattr(locks, "_is_taken", planted)


def tokens_are_used_again(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(
        locks,
        "_CLAIM",
        "INSERT INTO resource_locks"
        " (id, resource, access, execution, step, owner, granted, asked_at_ms)"
        " VALUES ((SELECT 1 + coalesce(max(id), 0) FROM resource_locks), ?, ?, ?, ?, ?, 0, ?)",
    )


def one_more_than_the_quota(patch: pytest.MonkeyPatch) -> None:
    real = room.left_of

    def planted(moment: Moment, name: str) -> Work[int]:
        return 1 + (yield from real(moment, name))

    patch.setattr(room, "left_of", planted)


def looking_takes_no_place(patch: pytest.MonkeyPatch) -> None:
    """To prepare a call, and to ask whether it happened, counts against no quota."""
    real = standard.turns

    def planted(sharing: Sharing, uses: Uses) -> InTurn:
        return real(sharing, uses)._replace(looking=lambda call, inner: inner(call))

    everywhere(patch, "turns", real, planted)


class _InPlaceOf:
    """A middleware under another's name."""

    def __init__(self, name: str, real: Limit | Lock) -> None:
        self.name = name
        self._real = real

    def __call__(self, call: Call, inner: Next) -> Awaitable[Verdict]:
        return self._real(call, inner)


def locked_before_it_is_limited(patch: pytest.MonkeyPatch) -> None:
    limits: list[Limit] = []

    def lock_as_limit(of: SharedQuotas, uses: Uses) -> _InPlaceOf:
        limits.append(Limit(of, uses))
        return _InPlaceOf("limit", Lock(SharedLocks(of._shared)))

    patch.setattr(standard, "Limit", lock_as_limit)
    patch.setattr(standard, "Lock", lambda of: _InPlaceOf("lock", limits.pop()))


def nobody_is_told_of_their_turn(patch: pytest.MonkeyPatch) -> None:
    async def planted(self: DatabaseSharing) -> Turns:
        return Turns([], None, 0)

    patch.setattr(DatabaseSharing, "turns", planted)


def nothing_is_given_back(patch: pytest.MonkeyPatch) -> None:
    async def planted(self: Holds, give: Callable[[], Awaitable[None]]) -> None:
        return

    patch.setattr(Holds, "_give_back", planted)


PLANTED: Sequence[Planted] = (
    Planted("a success is written twice", of.SUCCESS, 5, success_written_twice),
    Planted("a stale owner may write", of.OWNER, 800, stale_owner_may_write),
    Planted("a call doesn't wait for its intent", of.INTENT, 20, no_barrier),
    Planted("what needs approval isn't gated", of.APPROVAL, 20, nobody_is_asked),
    Planted("a call gets other arguments", of.APPROVAL, 20, other_arguments_than_approved),
    Planted("a lost call counts as failed", of.TWICE, 200, lost_calls_count_as_failed),
    Planted("each attempt has another key", of.KEYS, 100, key_counts_attempts),
    Planted("a call begins in a pause", of.ORDER, 400, begins_in_a_pause),
    Planted("effects are taken back in any order", of.UNDONE, 200, taken_back_in_any_order, 200),
    Planted("what may have happened is forgotten", of.UNDONE, 200, doubt_is_forgotten),
    Planted("items are joined backwards", of.EACH, 50, items_joined_backwards),
    Planted("a failed commit is taken for done", of.SHOWN, 100, failed_commit_taken_for_done),
    Planted("an error isn't written as it was", of.FOLD, 50, error_not_written),
    Planted("a timer is forgotten", of.ENDS, 100, timers_forgotten),
    Planted("closing leaves calls and timers", of.LEFT, 100, closes_without_ending),
    Planted("the engine stumbles over a fact", of.SOUND, 100, engine_stumbles),
    Planted("every claim is free", using.ALONE, 200, every_claim_is_free),
    Planted("tokens are used again", using.TOKENS, 200, tokens_are_used_again),
    Planted("one more than the quota", using.QUOTA, 100, one_more_than_the_quota),
    Planted("what only looks takes no place", using.QUOTA, 100, looking_takes_no_place),
    Planted("locked before it is limited", using.THROTTLED, 200, locked_before_it_is_limited),
    Planted("nobody is told of their turn", using.TURNS, 200, nobody_is_told_of_their_turn),
    Planted("nothing is given back", using.RETURNED, 200, nothing_is_given_back),
)
