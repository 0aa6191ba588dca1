"""The pipeline as every driver has it."""

from __future__ import annotations

from collections.abc import Awaitable, Iterable
from functools import partial

from tizmor.pipeline.approve import Approve
from tizmor.pipeline.breaker import Breaker
from tizmor.pipeline.budget import Budget
from tizmor.pipeline.cache import Cache
from tizmor.pipeline.call import Call
from tizmor.pipeline.classify import Classify
from tizmor.pipeline.compose import InTurn, Next, compose
from tizmor.pipeline.invoke import invoke
from tizmor.pipeline.limit import Limit, Uses
from tizmor.pipeline.lock import Lock
from tizmor.pipeline.meter import Meter
from tizmor.pipeline.shares import Shares
from tizmor.pipeline.trace import Trace
from tizmor.pipeline.verdicts import Verdict
from tizmor.ports.agent import Agent
from tizmor.ports.clock import Clock
from tizmor.ports.sharing import Sharing


def standard(
    sharing: Sharing,
    agents: Iterable[Agent],
    *,
    uses: Uses,
    cache: Cache,
    shares: Shares,
    breaker: Breaker,
    clock: Clock,
) -> Next:
    """The pipeline of these agents' calls, without what none of them needs. `uses` says which
    quotas a call counts against, `shares` which budgets; `cache` knows whose answers are kept,
    `breaker` before whom one stands."""
    priced = any(agent.spec.costs is not None for agent in agents)
    return compose(
        [
            Trace(),
            *([Meter()] if priced else []),
            cache,
            Approve(),
            Budget(sharing.budgets, shares, clock),
            *([breaker] if breaker.guards else []),
            Limit(sharing.quotas, uses),
            Lock(sharing.locks),
            Classify(),
        ],
        invoke,
    )


def turns(sharing: Sharing, uses: Uses) -> InTurn:
    """What is called beside an agent's calls counts as these do, and takes its turn. What only
    looks needs no lock: the call that is prepared takes it, and one that may have happened has it.
    What takes a call back isn't asked about again, and no budget or breaker keeps from being taken
    back what was done."""
    limit, lock = Limit(sharing.quotas, uses), Lock(sharing.locks)

    def undoing(call: Call, inner: Next) -> Awaitable[Verdict]:
        return limit(call, partial(lock, inner=inner))

    return InTurn(limit, undoing)
