"""The person who asks, decides, changes their mind and asks again, through any process."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Protocol, TypeVar

from tests.simulation.approving import Approving
from tests.simulation.extras import PEOPLE, Extras
from tests.simulation.properties import SOUND, Witness
from tests.simulation.spending import Spending
from tests.simulation.world import World

from tizmor.core import events as ev
from tizmor.core.approval import AGAIN, EDIT, HAPPENED, STOP
from tizmor.core.errors import EngineError, UserError
from tizmor.core.ids import parse_id
from tizmor.core.plan import Plan
from tizmor.drivers.simulated.choices import Stream
from tizmor.drivers.simulated.faults import Faults
from tizmor.drivers.simulated.journal import SimulatedDatabase
from tizmor.drivers.simulated.process import SimulatedProcess
from tizmor.engine.views import Execution, Status, Waiting

_T = TypeVar("_T")

WHIMS: dict[str, tuple[float, ...]] = {
    "order doubled": (0.0, 0.3),
    "order: pause": (0.0, 0.1, 0.4),
    "order: resume": (0.0, 0.1),
    "order: cancel": (0.0, 0.1),
    "order: roll back": (0.0, 0.1),
    "order: fork": (0.0, 0.05),
    "order: approve all": (0.0, 0.1),
}
"""What a person does of their own accord, with the rates that a run draws from."""

ORDERS = ("order: dry run", "order: carry out")
"""What they do where a run has dry runs."""
_PATIENCE = 16
_TRIES = 3
_NOT_TAKEN = "written down"


class Office(Protocol):
    """Where the person works."""

    extras: Extras
    approving: Approving
    spending: Spending

    database: SimulatedDatabase
    witness: Witness
    world: World
    faults: Faults

    def at_work(self) -> list[SimulatedProcess]:
        """The processes that answer."""
        ...

    def follow(self, process: SimulatedProcess, execution_id: str) -> None: ...


class Person:
    """Decides what waits for them; `executions` is what they asked for, oldest first."""

    def __init__(self, office: Office, stream: Stream, others: Stream) -> None:
        """`others`: what is chosen where there are several people, and dry runs."""
        self.executions: list[str] = []
        self._office = office
        self._stream = stream
        self._others = others
        self._rehearsed: list[str] = []

    async def begin(
        self, request: str, plan: Plan | None, *, approve_all: bool, priority: int
    ) -> None:
        """Ask for something, a few times if it isn't answered."""
        for _ in range(_TRIES):
            if (process := self._process()) is None:
                return
            started = await self._ask(
                process,
                process.tizmor.start(
                    request, plan=plan, approve_all=approve_all, priority=priority
                ),
            )
            if started is not None:
                self._add(process, started)
                return

    async def rehearse(self, request: str, plan: Plan | None) -> None:
        """Ask for a dry run."""
        recording = None
        if plan is not None and self.executions and self._others.chance(0.3):
            recording = self._others.pick(self.executions)
        if (process := self._process()) is not None:
            started = await self._ask(
                process, process.tizmor.dry_run(request, plan=plan, recording=recording)
            )
            if started is not None:
                self._office.faults.note(ORDERS[0])
                self._rehearsed.append(started.id)
                self._add(process, started)

    async def carry_out(self) -> None:
        """Have done what dry runs have shown that have ended; now and then twice at once."""
        for execution_id in [i for i in self._rehearsed if self._ended(i)]:
            self._rehearsed.remove(execution_id)
            times = 2 if self._others.chance(0.3) else 1
            given = [(p, p.ask(p.tizmor.carry_out(execution_id))) for p in self._some(times)]
            begun = [self._heard(process, task) for process, task in given]
            for (process, _), started in zip(given, await asyncio.gather(*begun), strict=True):
                if started is not None:
                    self._office.faults.note(ORDERS[1])
                    self._add(process, started)

    def _some(self, times: int) -> list[SimulatedProcess]:
        return [p for p in [self._process() for _ in range(times)] if p is not None]

    def _add(self, process: SimulatedProcess, started: Execution) -> None:
        self.executions.append(started.id)
        self._office.witness.was_told(
            "the start", started.id, lambda event: isinstance(event, ev.Created)
        )
        self._office.follow(process, started.id)

    async def live(self) -> None:
        """Look in now and then, for ever."""
        while True:
            await asyncio.sleep(self._stream.pick((0.05, 0.01, 0.2)))
            for execution_id in list(self.executions):
                if (process := self._process()) is None:
                    continue
                if self._ended(execution_id) and not self._stream.chance(0.1):
                    continue
                if self._stream.chance(0.3):
                    continue
                view = await self.look(process, execution_id)
                if view is not None:
                    await self._on_a_whim(view)

    async def look(
        self, process: SimulatedProcess, execution_id: str, *, decide: bool = True
    ) -> Execution | None:
        """See how an execution stands and, with `decide`, decide what it waits for."""
        # A process whose lease ran out may not know yet that another has gone on.
        known = self._office.database.histories.get(parse_id(execution_id) or 0, [])
        before = 0 if process.lapsed else len(known)
        view = await self._ask(process, process.tizmor.get(execution_id))
        if view is None:
            return None
        self._office.witness.was_given(view, process.presenter, before)
        if view.status is Status.INTERRUPTED:
            await self.resume(process, execution_id)
        for waiting in view.waiting_for if decide else ():
            if self._office.faults.calm or self._stream.chance(0.7):
                await self._decide(view.id, waiting)
        return view

    async def resume(self, process: SimulatedProcess, execution_id: str) -> None:
        """Have a process go on with it, and follow it there."""
        if await self._ask(process, process.tizmor.resume(execution_id)) is not None:
            self._office.follow(process, execution_id)

    async def _decide(self, execution_id: str, waiting: Waiting) -> None:
        if waiting.kind == "question":
            choice = self._answer(execution_id, waiting)
            edits = {"note": "z"} if choice == EDIT else None
            self._office.spending.raised(execution_id, waiting.text, choice)
            await self._order(
                f"the answer to {waiting.id}",
                execution_id,
                lambda p: p.tizmor.answer(
                    execution_id, choice, question=waiting.id, arguments=edits
                ),
                lambda e: isinstance(e, ev.QuestionAnswered) and e.id == waiting.id,
            )
            return
        by = self._somebody()
        self._office.approving.said.add((execution_id, waiting.id, by or "me"))
        if by is not None and self._others.chance(0.15):
            to = self._others.pick(PEOPLE)
            await self._order(
                f"the handing on of {waiting.id}",
                execution_id,
                lambda p: p.tizmor.delegate(execution_id, waiting.id, to=to, by=by),
                lambda e: isinstance(e, ev.GateDelegated) and (e.id, e.by) == (waiting.id, by),
            )
        elif (how := self._stream.pick(("approve", "approve", "edit", "reject"))) == "reject":
            await self._order(
                f"the rejection of {waiting.id}",
                execution_id,
                lambda p: p.tizmor.reject(execution_id, waiting.id, by=by),
                lambda e: isinstance(e, ev.GateRejected) and e.id == waiting.id,
            )
        else:
            edits = {"note": self._stream.pick(("x", "y"))} if how == "edit" else None
            await self._order(
                f"the approval of {waiting.id}",
                execution_id,
                lambda p: p.tizmor.approve(execution_id, waiting.id, arguments=edits, by=by),
                lambda e: isinstance(e, ev.GateApproved | ev.GateSigned) and e.id == waiting.id,
            )

    def _somebody(self) -> str | None:
        """Who decides, where there are several; one who is never asked tries it as well."""
        return None if self._office.extras.rulings is None else self._others.pick(PEOPLE)

    def _answer(self, execution_id: str, waiting: Waiting) -> str:
        """They look at the world before they say what happened in it."""
        values = [choice.value for choice in waiting.choices]
        if HAPPENED in values and waiting.step is not None:
            happened = self._office.world.landed(execution_id, waiting.step)
            return self._stream.pick((HAPPENED if happened else AGAIN, STOP))
        return self._stream.pick(values)

    async def _on_a_whim(self, view: Execution) -> None:
        faults, i = self._office.faults, view.id
        if faults.strikes("order: pause"):
            await self._order(
                "the pause", i, lambda p: p.tizmor.pause(i), lambda e: isinstance(e, ev.Paused)
            )
        if (back := faults.strikes("order: roll back")) or faults.strikes("order: cancel"):
            await self._order(
                "the cancel",
                i,
                lambda p: p.tizmor.cancel(i, roll_back=back),
                lambda e: isinstance(e, ev.CancelRequested | ev.RollbackStarted),
            )
        if (process := self._process()) is None:
            return
        if faults.strikes("order: resume"):
            await self.resume(process, i)
        if faults.strikes("order: approve all"):
            await self._ask(process, process.tizmor.resume(i, approve_all=True))
        if faults.strikes("order: fork") and view.steps:
            step = self._stream.pick(view.steps).id
            forked = await self._ask(
                process, process.tizmor.fork(i, step, arguments={"note": "forked"})
            )
            if forked is not None:
                self._add(process, forked)

    async def _order(
        self,
        what: str,
        execution_id: str,
        give: Callable[[SimulatedProcess], Coroutine[Any, Any, str]],
        seen: Callable[[ev.Event], bool],
    ) -> None:
        """Give an order, now and then twice at once; what is confirmed must be so."""
        times = 2 if self._office.faults.strikes("order doubled") else 1
        asked = [p for p in [self._process() for _ in range(times)] if p]
        given = [(p, p.ask(give(p))) for p in asked]
        for said in await asyncio.gather(*(self._heard(p, task) for p, task in given)):
            if said is not None and not said.startswith(_NOT_TAKEN):
                self._office.witness.was_told(what, execution_id, seen)

    async def _ask(self, process: SimulatedProcess, work: Coroutine[Any, Any, _T]) -> _T | None:
        """What a process answers; None when it refuses, fails, or doesn't live to tell."""
        return await self._heard(process, process.ask(work))

    async def _heard(self, process: SimulatedProcess, task: asyncio.Task[_T]) -> _T | None:
        for _ in range(_PATIENCE):
            done, _ = await asyncio.wait([task], timeout=0.5)
            if done or not process.alive:
                break
        if not task.done() or task.cancelled():
            return None
        error = task.exception()
        if error is None:
            return task.result()
        if not isinstance(error, (UserError, EngineError)):
            self._office.witness.object(SOUND, f"a person was told {error!r}")
        return None

    def _process(self) -> SimulatedProcess | None:
        processes = self._office.at_work()
        return self._stream.pick(processes) if processes else None

    def _ended(self, execution_id: str) -> bool:
        stored = self._office.database.executions.get(parse_id(execution_id) or 0)
        return stored is not None and stored.row.ended
