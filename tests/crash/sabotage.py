"""The barrier taken out, to see that the harness finds what is then done twice.

Nothing of the product is changed: while a call runs, what its execution has written (the intent
first of all) is kept from the journal, and the call doesn't wait for it. So an execution is
journaled as by an engine that writes down results only.
"""

from __future__ import annotations

from collections import Counter
from contextvars import ContextVar

from tizmor.core import commands as cmd
from tizmor.core import facts as fx
from tizmor.core.plan import Effect
from tizmor.engine.commit import GroupCommit
from tizmor.engine.context import Report
from tizmor.engine.live import Live
from tizmor.engine.perform import CallSite, Performer
from tizmor.engine.pump import Pump
from tizmor.pipeline.call import Begin

_beginning: ContextVar[bool] = ContextVar("_beginning", default=False)
_calling: Counter[int] = Counter()


def take_out_the_barrier() -> None:
    """For this process, for good."""
    run, durable, add = Performer.run, Pump.durable, GroupCommit.add

    async def run_at_once(
        self: Performer,
        site: CallSite,
        command: cmd.RunCall,
        begin: Begin,
        report: Report,
    ) -> fx.Fact:
        async def begin_at_once(key: str) -> bool:
            _beginning.set(True)
            try:
                begun = begin(key)
                return begun if isinstance(begun, bool) else await begun
            finally:
                _beginning.set(False)

        if command.step.effect is Effect.READ:
            return await run(self, site, command, begin, report)
        _calling[site.execution] += 1
        try:
            return await run(self, site, command, begin_at_once, report)
        finally:
            _calling[site.execution] -= 1

    async def durable_unless_beginning(self: Pump, live: Live) -> None:
        if not _beginning.get():
            await durable(self, live)

    def add_unless_calling(self: GroupCommit, live: Live, *, urgent: bool) -> None:
        if not _calling[live.execution]:
            add(self, live, urgent=urgent)

    # The type checker takes a method for what can't be replaced; here that is the point.
    setattr(Performer, "run", run_at_once)  # noqa: B010
    setattr(Pump, "durable", durable_unless_beginning)  # noqa: B010
    setattr(GroupCommit, "add", add_unless_calling)  # noqa: B010
