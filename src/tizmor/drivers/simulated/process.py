"""One imagined process: the engine put together over the simulated journal, clock and loop.

Nothing of the engine is replaced: orchestrator, pump, group commit, performer and pipeline are
those of every driver.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, TypeVar

from tizmor.caching.keys import partition
from tizmor.caching.meaning import meaning
from tizmor.core.errors import EngineError
from tizmor.drivers.simulated.choices import Stream
from tizmor.drivers.simulated.clock import SimulatedClock
from tizmor.drivers.simulated.faults import Faults
from tizmor.drivers.simulated.journal import SimulatedDatabase, SimulatedJournal
from tizmor.drivers.simulated.loop import PROCESS, SimulatedLoop
from tizmor.engine.limits import Limits
from tizmor.engine.orchestrator import Orchestrator
from tizmor.engine.perform import Performer
from tizmor.engine.present import Presenter
from tizmor.engine.pump import Pump
from tizmor.pipeline.breaker import Breaker
from tizmor.pipeline.cache import Cache
from tizmor.pipeline.rules import QuotaRules
from tizmor.pipeline.shares import Shares
from tizmor.pipeline.standard import standard, turns
from tizmor.ports.agent import Agent
from tizmor.ports.breakers import STANDARD, Breaking
from tizmor.ports.budgets import NO_BUDGETS, Budgeting
from tizmor.ports.planner import Planner
from tizmor.ports.policy import BY_DEFAULT, Policy
from tizmor.ports.quotas import Quota
from tizmor.ports.secrets import NO_SECRETS, Secrets
from tizmor.ports.workspace import Workspace

_T = TypeVar("_T")

VERIFY = 0.02
"""The part of answers served for their meaning that is verified."""
NO_QUOTAS: Mapping[str, Quota] = {}


class SimulatedProcess:
    """An engine that can be killed and stopped. `name` is its name as an owner, too.

    `tizmor` is what users hold. What they want of it is run by `ask`, as part of this process.
    """

    def __init__(
        self,
        name: str,
        *,
        loop: SimulatedLoop,
        clock: SimulatedClock,
        database: SimulatedDatabase,
        faults: Faults,
        dice: Stream,
        agents: Mapping[str, Agent],
        planner: Planner,
        workspace: Workspace,
        patience_s: float,
        limits: Limits,
        interactive: bool,
        killed: Callable[[str], None],
        secrets: Secrets = NO_SECRETS,
        budgets: Budgeting = NO_BUDGETS,
        breaking: Breaking = STANDARD,
        policy: Policy = BY_DEFAULT,
        quotas: Mapping[str, Quota] = NO_QUOTAS,
    ) -> None:
        """`killed` is told the name when the process is killed, by whomever; `quotas` are those of
        the settings."""
        self.name = name
        self.alive = True
        self.stopped = False
        self.closing = False
        self.lapsed = False
        self.journal = SimulatedJournal(
            database, name, faults, self.kill, clock=clock, patience_s=patience_s
        )
        self._loop = loop
        self._killed = killed
        self._context = contextvars.copy_context()
        self._context.run(PROCESS.set, name)
        uses = QuotaRules(agents.values(), quotas)
        performer = Performer(
            agents=agents,
            planner=planner,
            pipeline=standard(
                self.journal.sharing,
                agents.values(),
                uses=uses,
                cache=Cache(
                    self.journal.sharing.cache,
                    agents.values(),
                    within=partition(workspace),
                    meaning=meaning,
                    verify=VERIFY,
                    dice=lambda: dice.below(1000) / 1000,
                ),
                breaker=Breaker(self.journal.sharing.breakers, agents.values(), breaking, clock),
                shares=Shares(budgets, clock, workspace.zone),
                clock=clock,
            ),
            turns=turns(self.journal.sharing, uses),
            workspace=workspace,
            clock=clock,
            dice=lambda: dice.below(1000) / 1000,
            secrets=secrets,
            policy=policy,
        )
        self.pump = Pump(
            journal=self.journal,
            performer=performer,
            clock=clock,
            patience_s=patience_s,
            interactive=interactive,
            limits=limits,
        )
        self.presenter = Presenter(zone=workspace.zone, folder=workspace.root)
        self.tizmor = Orchestrator(
            journal=self.journal,
            pump=self.pump,
            performer=performer,
            agents=agents,
            presenter=self.presenter,
            clock=clock,
            random_bits=lambda bits: next(database.numbers),
        )
        self._asked: list[asyncio.Task[Any]] = []
        self._inbox = self._spawn(self.tizmor.obey())

    def ask(self, work: Coroutine[Any, Any, _T]) -> asyncio.Task[_T]:
        """Run what a user of this process asks for; it is cut off when the process closes, and
        before it begins when it is asked for then."""
        task = self._spawn(work)
        if self.closing:
            task.cancel()
        self._asked = [asked for asked in self._asked if not asked.done()]
        self._asked.append(task)
        return task

    def kill(self) -> None:
        """As `kill -9`: nothing of it runs any more, and what it owned is free."""
        if self.alive:
            self.alive = False
            self.stopped = False
            self._loop.kill(self.name)
            self.journal.die()
            self._killed(self.name)

    def stop(self, *, lease_runs_out: bool) -> None:
        """As SIGSTOP. On one machine it keeps its lock; a lease runs out."""
        self.stopped = True
        self._loop.stop_process(self.name)
        if lease_runs_out:
            self.lapsed = True
            self.journal.lapse()

    def go_on(self) -> None:
        """As SIGCONT."""
        self.stopped = False
        self.journal.renew()
        self._loop.go_on(self.name)

    def close(self) -> asyncio.Task[bool]:
        """End in order, as a program does whose work is done or that was interrupted. False when a
        call with an effect didn't end: its journal stays open, and is at work, till it is killed.
        """
        self.closing = True
        return self._spawn(self._close())

    def _spawn(self, work: Coroutine[Any, Any, _T]) -> asyncio.Task[_T]:
        return self._loop.create_task(work, context=self._context.copy())

    async def _close(self) -> bool:
        for task in self._asked:
            task.cancel()
        await asyncio.gather(*self._asked, return_exceptions=True)
        self._inbox.cancel()
        with contextlib.suppress(asyncio.CancelledError, EngineError):
            await self._inbox
        whole = await self.pump.close()
        if whole:
            with contextlib.suppress(EngineError):
                await self.journal.close()
        return whole
