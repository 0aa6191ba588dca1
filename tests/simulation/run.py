"""One simulated run: a few executions, processes that come and go, and a calm at the end.

In the first part everything may go wrong. Then all faults end, stopped processes go on, a new
process takes up what nobody runs, and all must come to its end, or wait for someone named.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import gc
import hashlib
import logging
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
from tests.simulation.approving import Approving
from tests.simulation.breaking import Breaking
from tests.simulation.chronicle import Chronicle
from tests.simulation.extras import adorned, drawn_extras
from tests.simulation.keeping import Keeping
from tests.simulation.menu import MENU, WHOLE_MENU
from tests.simulation.people import WHIMS, Person
from tests.simulation.plans import DrawnPlanner, drawn_plan, drawn_quotas
from tests.simulation.properties import ENDS, LEFT, SOUND, Violation, Witness
from tests.simulation.spending import Spending
from tests.simulation.telling import Telling
from tests.simulation.using import Using
from tests.simulation.world import MISHAPS, WORLD, World

from tizmor.core.errors import EngineError
from tizmor.core.events import decode
from tizmor.core.ids import parse_id, public_id
from tizmor.core.terms import OnExpiry
from tizmor.drivers.simulated.choices import Choices
from tizmor.drivers.simulated.clock import SimulatedClock
from tizmor.drivers.simulated.faults import RATES, SHARING, Faults
from tizmor.drivers.simulated.journal import SimulatedDatabase
from tizmor.drivers.simulated.loop import SimulatedLoop, Stuck
from tizmor.drivers.simulated.process import SimulatedProcess
from tizmor.engine.limits import LIMITS, Limits
from tizmor.ports.breakers import STANDARD
from tizmor.ports.locks import Holder
from tizmor.ports.workspace import Workspace

UPSETS: dict[str, tuple[float, ...]] = {
    "crash": (0.0, 0.1, 0.3),
    "stopped": (0.0, 0.2),
    "stopped past its lease": (0.0, 0.2),
    "another process": (0.0, 0.2),
    "closed": (0.0, 0.1),
    "suspended": (0.0, 0.1),
    "clock changed": (0.0, 0.1),
}
"""What befalls whole processes and the machine, with the rates that a run draws from."""

CHAOS_S = 4.0
CALM_S = 90.0
"""For so long nothing may happen before an execution that hasn't ended is stuck, ..."""
LONGEST_S = 900.0
"""... and for so long it may go on at all."""
MAX_CALLBACKS = 100_000
MAX_PROCESSES = 6


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """How a run went. `digest` is the same for the same run, `record` replays it."""

    violations: tuple[Violation, ...]
    digest: str
    record: dict[str, list[int]]
    events: int
    callbacks: int
    seconds: float
    faults: dict[str, int]
    ends: dict[str, int]
    kinds: dict[str, int]
    story: tuple[str, ...]


def simulate(choices: Choices) -> Outcome:
    """One run, whole."""
    return contextvars.copy_context().run(lambda: Run(choices).outcome())


class Run:
    """See above; `Person` looks at the public parts."""

    def __init__(self, choices: Choices) -> None:
        self._choices = choices
        self._outside = contextvars.copy_context()
        self._story = choices.stream("story")
        self.loop = SimulatedLoop(self._order(), max_callbacks=MAX_CALLBACKS)
        self.clock = SimulatedClock(self.loop)
        self.faults = Faults.drawn(
            choices.stream("faults"), {**RATES, **MISHAPS, **WHIMS, **UPSETS, **SHARING}
        )
        self._sharing = choices.stream("sharing")
        self._shares = self._sharing.chance(0.5)
        self._quotas = drawn_quotas(self._sharing) if self._shares else {}
        self._one_clock = self._sharing.chance(0.5)
        clock = self.clock if self._one_clock else SimulatedClock(self.loop)
        self.database = SimulatedDatabase(now_ms=clock.now_ms)
        self.extras = drawn_extras(choices.stream("extras"))
        self._adorning = choices.stream("adorning")
        chronicle = Chronicle(self.database)
        self.approving = Approving(self.extras, self._object)
        self.telling = Telling(chronicle, self._object)
        self.spending = Spending(self.database, self.extras.budgets, self._object)
        self.using = Using(
            self.loop, self.database, self._quotas, self._object, shares=self._shares
        )
        self.world = World(
            self.loop, self.faults, choices.stream("world"), self.using, self.telling, self.spending
        )
        WORLD.set(self.world)
        self.witness = Witness(self.loop, self.database, self.world, chronicle, self.approving)
        self.keeping = Keeping(self.extras, self._object)
        self.breaking = Breaking(self.loop, self.database, self._object)
        self._see()
        self.world.watch = self.witness.call_begins
        self.world.watch_undoing = self.witness.undoing_begins
        self.world.heard = self.witness.note
        self.world.stop = lambda name: self._stop(self._named(name), lease_runs_out=True)
        self.world.kill = lambda name: self._named(name).kill()
        self.person = Person(self, choices.stream("person"), choices.stream("others"))
        self.processes: list[SimulatedProcess] = []
        self._planner = DrawnPlanner(choices.stream("planner"))
        self._workspace = Workspace(root=Path("/simulated"), timezone="UTC")
        self._followers: dict[tuple[str, str], asyncio.Task[None]] = {}

    def _see(self) -> None:
        """Have calls watched by those who can see something in this run."""
        if self.extras.talks:
            self.witness.judges.append(self.telling.judge)
        if self.extras.keeps:
            self.witness.judges.append(self.keeping.judge)
            self.world.watching.append(self.keeping)
        if self.extras.costs:
            self.world.watching.append(self.spending)
        if self.extras.breaking is not STANDARD:
            self.world.watching.append(self.breaking)

    def _order(self) -> Callable[[int], int]:
        """Which ready callback runs: mostly the oldest, or any, as the run has it."""
        stream = self._choices.stream("schedule")
        disorder = self._story.pick((0.0, 0.05, 0.3, 1.0))
        if disorder == 0:
            return lambda count: 0
        return lambda count: stream.below(count) if stream.chance(disorder) else 0

    def outcome(self) -> Outcome:
        with _engine_errors() as errors:
            try:
                self.loop.run_until_complete(self._tell())
            except Stuck as error:
                self.witness.object(ENDS, str(error))
            finally:
                heard = [*errors, *self.loop.errors]
                self.loop.close()  # what is closed with it is no error of the engine's
        for error in heard:
            self.witness.object(SOUND, error)
        digest = hashlib.sha256()
        for part in self.witness.digest():
            digest.update(part)
        return Outcome(
            violations=tuple(self.witness.violations),
            digest=digest.hexdigest(),
            record=self._choices.taken(),
            events=len(self.database.journal),
            callbacks=self.loop.callbacks,
            seconds=self.loop.time(),
            faults=dict(self.faults.struck),
            ends=dict(Counter(s.row.status for s in self.database.executions.values())),
            kinds=dict(Counter(type(decode(r.payload)).__name__ for r in self.database.journal)),
            story=tuple(self.witness.story()),
        )

    # What the person may see of the run.

    def at_work(self) -> list[SimulatedProcess]:
        return [p for p in self.processes if p.alive and not (p.stopped or p.closing)]

    def follow(self, process: SimulatedProcess, execution_id: str) -> None:
        followed = self._followers.get((process.name, execution_id))
        if process in self.at_work() and (followed is None or followed.done()):
            # Who follows anew sees everything again from the first event.
            self.witness.shown.pop((process.name, execution_id), None)
            task = process.ask(self._watch(process, execution_id))
            self._followers[process.name, execution_id] = task

    async def _watch(self, process: SimulatedProcess, execution_id: str) -> None:
        stream = process.tizmor.stream(execution_id, keep_waiting=True)
        with contextlib.suppress(EngineError):
            async with contextlib.aclosing(stream):
                async for event in stream:
                    self.witness.saw(process.name, event)

    # The story.

    async def _tell(self) -> None:
        self._open()
        for number in range(1 + self._story.below(3)):
            await self._begin(f"request {number}")
        person = self.loop.create_task(self.person.live())
        while self.loop.time() < CHAOS_S and not self._over():
            await asyncio.sleep(self._story.pick((0.1, 0.03, 0.3)))
            await self._upset()
            await self.person.carry_out()
        person.cancel()
        await self._calm()
        for process in [p for p in self.processes if p.alive]:
            await self._end(process)
        for execution_id in self._known():
            self.witness.judge(execution_id, self.processes[0].presenter)

    async def _begin(self, request: str) -> None:
        plan = drawn_plan(self._choices.stream("plan"), self._sharing, shares=self._shares)
        plan = adorned(plan, self._adorning, self.extras)
        self._planner.add(request, plan)
        given = None if self._story.chance(0.3) else plan
        approve_all, priority = self._story.chance(0.3), self._story.below(3)
        if self.extras.rehearses and self._adorning.chance(0.7):
            await self.person.rehearse(request, given)
            return
        await self.person.begin(request, given, approve_all=approve_all, priority=priority)

    def _open(self) -> SimulatedProcess:
        process = SimulatedProcess(
            f"p{len(self.processes) + 1}",
            loop=self.loop,
            clock=self.clock,
            database=self.database,
            faults=self.faults,
            dice=self._choices.stream("dice"),
            agents=WHOLE_MENU if self.extras.adorns else MENU,
            planner=self._planner,
            workspace=self._workspace,
            patience_s=1.0,
            limits=self._story.pick((LIMITS, Limits(calls=2, live=2), Limits(calls=1, live=1))),
            interactive=self._story.chance(0.5),
            killed=self._killed,
            quotas=self._quotas,
            budgets=self.extras.budgets,
            breaking=self.extras.breaking,
            policy=self.extras.policy,
        )
        self.processes.append(process)
        self.witness.note(f"{process.name} begins")
        return process

    def _object(self, name: str, detail: str) -> None:
        self.witness.object(name, detail)

    def _named(self, name: str) -> SimulatedProcess:
        return next(process for process in self.processes if process.name == name)

    def _killed(self, process: str) -> None:
        self.witness.note(f"{process} is gone")
        self.world.lose(process)

    async def _upset(self) -> None:
        """Something befalls a process, or the machine."""
        await self._end_what_failed()
        if not self.at_work() and len(self.processes) < MAX_PROCESSES:
            self._open()
        processes = self.at_work()
        if not processes:
            return
        process = self._story.pick(processes)
        if self.faults.strikes("crash"):
            process.kill()
        elif self.faults.strikes("stopped"):
            self._stop(process, lease_runs_out=False)
        elif self.faults.strikes("stopped past its lease"):
            self._stop(process, lease_runs_out=True)
        elif self.faults.strikes("closed"):
            await self._end(process)
        elif len(self.processes) < MAX_PROCESSES and self.faults.strikes("another process"):
            other = self._open()
            for execution_id in self.person.executions:
                await self.person.resume(other, execution_id)
        if self.faults.strikes("suspended"):
            self.loop.pass_time(self.faults.seconds(0.3, 5.0, 60.0))
        if self.faults.strikes("clock changed"):
            self.clock.shift(self.faults.seconds(1.0, -1.0, 5.0, -5.0))
            if self._one_clock:
                self.using.clock_was_set()
        self._look()
        for living in self.at_work():
            for live in living.pump.running():
                self.witness.compare(live)

    def _look(self) -> None:
        self.using.look()
        if self.extras.costs:
            self.spending.look()
        if self.extras.breaking is not STANDARD:
            self.breaking.look()

    def _stop(self, process: SimulatedProcess, *, lease_runs_out: bool) -> None:
        self.witness.note(f"{process.name} is stopped{' past its lease' * lease_runs_out}")
        process.stop(lease_runs_out=lease_runs_out)
        if lease_runs_out:
            calling = [
                Holder(x.execution, name) for x in process.pump.running() for name in x.tasks
            ]
            self.using.presume_dead(process.name, calling)
            self.keeping.excused.add(process.name)
            self.spending.is_exact = False
        delay_s = self.faults.seconds(0.3, 0.05, 1.5)
        self.loop.call_later(delay_s, self._go_on, process, context=self._outside)

    def _go_on(self, process: SimulatedProcess) -> None:
        if process.alive and process.stopped:
            self.witness.note(f"{process.name} goes on")
            if process.lapsed:
                self.using.came_back()
            self.breaking.came_back(process.name)
            process.go_on()

    async def _end_what_failed(self) -> None:
        """A process that can't write any more ends itself; one that can't go on with an execution,
        and can't give it up as a call of it may be under way, is ended by who runs it."""
        for process in self.at_work():
            if process.pump.failure is not None or self._keeps_what_failed(process):
                self.faults.note("process gave up")
                self.witness.note(f"{process.name} gives up: {process.pump.failure}")
                await self._end(process)

    def _keeps_what_failed(self, process: SimulatedProcess) -> bool:
        return self.faults.calm and any(
            process.pump.failure_of(number) is not None
            for number, stored in self.database.executions.items()
            if stored.owner == process.name and not stored.row.ended
        )

    async def _end(self, process: SimulatedProcess) -> None:
        """Close a process as its program would."""
        self.witness.note(f"{process.name} closes")
        closing = process.close()
        for _ in range(40):
            await asyncio.wait([closing], timeout=0.5)
            if closing.done() or not process.alive:
                break
        if not process.alive or process.stopped:
            return
        if not closing.done():
            self.witness.object(LEFT, f"{process.name} does not end")
        elif (error := closing.exception()) is not None:
            self.witness.object(SOUND, f"{process.name} ended with {error!r}")
        elif closing.result():
            await asyncio.sleep(0.001)
            if remains := self.loop.remains(process.name):
                self.witness.object(LEFT, f"of {process.name}: {'; '.join(remains)}")
        process.kill()

    # The calm.

    async def _calm(self) -> None:
        self.faults.calm = True
        self.using.calm()
        self.witness.note("all is calm")
        for process in self.processes:
            self._go_on(process)
        rescuer = self._open()
        away = self._story.chance(0.2)
        until, latest = self.loop.time() + CALM_S, self.loop.time() + LONGEST_S
        happened = 0
        while self.loop.time() < min(until, latest):
            if len(self.database.journal) > happened:  # many may wait for few turns
                happened, until = len(self.database.journal), self.loop.time() + CALM_S
            await self._end_what_failed()
            for execution_id in self._known():
                if not self._ended(execution_id):
                    await self._tend(rescuer, execution_id, away=away)
            await self.person.carry_out()
            if self._over(away=away):
                break
            self._look_at_talk()
            self.using.look(parse_id(i) or 0 for i in self._known() if away and self._rests(i))
            await asyncio.sleep(0.2)
        for process in self.at_work():
            for live in process.pump.running():
                self.witness.compare(live)
        for execution_id in self._known() if not self.witness.violations else ():
            if not (self._ended(execution_id) or (away and self._rests(execution_id))):
                self.witness.object(
                    ENDS, f"{execution_id} does not: {self._standing(execution_id)}"
                )

        await asyncio.sleep(max(1.0, 1.0 + self.using.settled_at - self.loop.time()))
        self.using.judge()
        if self.extras.costs:
            self.spending.judge()

    def _look_at_talk(self) -> None:
        if self.extras.talks and self.loop.time() > self.using.settled_at:
            moving = [i for i in self._known() if not (self._ended(i) or self._rests(i))]
            self.telling.look(self.clock.now_ms(), [parse_id(i) or 0 for i in moving])

    async def _tend(self, rescuer: SimulatedProcess, execution_id: str, *, away: bool) -> None:
        if (rescuer.name, execution_id) not in self._followers:
            await self.person.resume(rescuer, execution_id)
        elif not away:
            view = await self.person.look(rescuer, execution_id)
            if view is not None and view.status == "PAUSED":
                await self.person.resume(rescuer, execution_id)

    def _over(self, *, away: bool = False) -> bool:
        if self.witness.violations:
            return True
        return all(self._ended(i) or (away and self._rests(i)) for i in self._known())

    def _known(self) -> list[str]:
        """All there are, also those of which nobody was told because their process ended."""
        return [public_id(number) for number in self.database.executions]

    def _ended(self, execution_id: str) -> bool:
        stored = self.database.executions.get(parse_id(execution_id) or 0)
        return stored is not None and stored.row.ended

    def _rests(self, execution_id: str) -> bool:
        """Whether it waits for someone named, by its own journal. What is asked anew when nobody
        has answered in time is asked for ever, and between two times it stands in line."""
        state = self.witness.folded(execution_id)
        asked_anew = any(
            gate.state == "expired" and gate.terms.on_expiry is OnExpiry.ASK
            for gate in state.gates.values()
        )
        return state.paused or state.waits_for_human or asked_anew

    def _standing(self, execution_id: str) -> str:
        state = self.witness.folded(execution_id)
        stored = self.database.executions[state.execution]
        steps = ", ".join(f"{name} {step.status}" for name, step in state.steps.items())
        return f"{state.status}, owned by {stored.owner} in epoch {stored.epoch}: {steps}"


class _Errors(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        cause = record.exc_info[1] if record.exc_info else None
        self.messages.append(f"{record.getMessage()}: {cause!r}")


@contextlib.contextmanager
def _engine_errors() -> Iterator[list[str]]:
    """The errors that the engine logs; what it only warns of is not heard."""
    log = logging.getLogger("tizmor")
    handler = _Errors()
    level, propagate = log.level, log.propagate
    log.addHandler(handler)
    log.setLevel(logging.ERROR)
    log.propagate = False
    # The run's order must not hang on when cycles happen to be collected.
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield handler.messages
    finally:
        log.removeHandler(handler)
        log.setLevel(level)
        log.propagate = propagate
        if collecting:
            gc.enable()
