"""What running calls use, as the world sees it, and what must hold of it.

Who holds a thing, and how often something was called, is told by the calls themselves, when they
begin and when they end; what the engine says of it in its tables is looked at to be checked.

A process that was stopped past its lease is taken for dead. What it was calling then may run on
when others have its things: those calls are the one exception, and are left out.
"""

from __future__ import annotations

import contextlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import msgspec

from tizmor.core import events as ev
from tizmor.core.evolve import evolve
from tizmor.core.ids import parse_id
from tizmor.core.plan import Access
from tizmor.core.state import State
from tizmor.core.transitions import MOVES, StepStatus
from tizmor.drivers.simulated.journal import SimulatedDatabase
from tizmor.drivers.simulated.loop import PROCESS, SimulatedLoop
from tizmor.pipeline.trace import current_call
from tizmor.ports.agent import AgentContext
from tizmor.ports.locks import Holder
from tizmor.ports.quotas import Quota

ALONE = "nobody uses what another has to itself"
TOKENS = "who comes to hold a thing later has a higher token"
QUOTA = "no window holds more calls than the quota"
THROTTLED = "nobody holds a thing while throttled"
TURNS = "who stands in line goes on when it is their turn"
RETURNED = "nothing is held for what has ended"

PROPERTIES = (ALONE, TOKENS, QUOTA, THROTTLED, TURNS, RETURNED)

_SETTLED_S = 6.0
"""After the calm has begun or a process has ended: what stands behind wake-ups comes every 5 s."""
_PATIENCE_S = 2.5
_BACK_S = 2.0
"""For so long a process that was taken for dead may not know that it has lost what it had."""

_GRANTED = (
    "SELECT id FROM resource_locks"
    " WHERE execution = ? AND step = ? AND resource = ? AND granted = 1"
)
_BOTH = (
    "SELECT DISTINCT l.execution, l.step, l.resource, l.owner FROM resource_locks AS l"
    " JOIN rate_tickets AS t ON t.execution = l.execution AND t.step = l.step"
    " WHERE l.granted = 1 AND t.state IN (0, 4)"
)
_LEFT = (
    "SELECT execution, step, resource, owner FROM resource_locks",
    "SELECT execution, step, name, owner FROM rate_tickets WHERE state <> 2",
    "SELECT execution, step, 'an answer to be', owner FROM cache_claims",
    "SELECT execution, step, name, owner FROM circuit_waits",
    "SELECT execution, step, name, owner FROM circuit_breakers WHERE state = 2",
)


class _Running(msgspec.Struct, frozen=True):
    """A call that is being made."""

    process: str
    holder: Holder
    used: Mapping[str, Access]


class _Made(NamedTuple):
    at: float
    execution: int


class Using:
    """Sees which calls run, and objects."""

    def __init__(
        self,
        loop: SimulatedLoop,
        database: SimulatedDatabase,
        quotas: Mapping[str, Quota],
        object_: Callable[[str, str], None],
        *,
        shares: bool,
    ) -> None:
        """`shares`: whether anything is shared in this run at all."""
        self._loop = loop
        self._database = database
        self._quotas = quotas
        self._shares = shares
        self._object = object_
        self._running: list[_Running] = []
        self._excused: set[tuple[str, Holder]] = set()
        self._tokens: dict[str, tuple[int, Holder]] = {}
        self._made: dict[str, list[_Made]] = defaultdict(list)
        self._clock_set: list[float] = []
        self._came_back: list[float] = []
        self._last_used: dict[str, float] = {}
        self._held: dict[Holder, tuple[str, float]] = {}
        self._told = 0
        self.settled_at = float("inf")

    @contextlib.contextmanager
    def call(self, ctx: AgentContext, api: str) -> Iterator[None]:
        """A call is made by the process that runs now, for as long as this lasts."""
        call = current_call.get()
        used = {r.name: r.access for r in call.step.resources} if call is not None else {}
        holder = Holder(parse_id(ctx.execution_id) or 0, ctx.step_id)
        running = _Running(PROCESS.get(), holder, used)
        if (running.process, holder) not in self._excused:
            self._look_at_uses(running)
            self._count(holder, api)
        self._running.append(running)
        try:
            yield
        finally:
            self._end(running)

    def count(self, ctx: AgentContext, api: str) -> None:
        """An API is called beside an agent's call: to prepare it, to ask whether it happened, or to
        take it back."""
        holder = Holder(parse_id(ctx.execution_id) or 0, ctx.step_id)
        if (PROCESS.get(), holder) not in self._excused:
            self._count(holder, api)

    def lose(self, process: str) -> None:
        """A process was killed, and nothing of it runs any more."""
        for running in [r for r in self._running if r.process == process]:
            self._end(running)
        if self.settled_at != float("inf"):
            self.calm()

    def presume_dead(self, process: str, calling: Iterable[Holder]) -> None:
        """A process is stopped past its lease while it makes these calls."""
        self._excused |= {(process, holder) for holder in calling}

    def clock_was_set(self) -> None:
        """The wall clock was set; to the database, time has jumped."""
        self._clock_set.append(self._loop.time())

    def came_back(self) -> None:
        """A process goes on that was taken for dead: what it still says of calls, before it finds
        out, may be of those that another makes in its place."""
        self._came_back.append(self._loop.time())

    def calm(self) -> None:
        """Nothing goes wrong any more."""
        self.settled_at = self._loop.time() + _SETTLED_S

    def look(self, resting: Iterable[int] = ()) -> None:
        """See how things stand; those that rest wait for a human."""
        if not self._shares:
            return
        self._follow()
        is_told = not self._just_came_back()
        for execution, step, resource, owner in self._rows(_BOTH) if is_told else ():
            stored = self._database.executions[execution]
            is_owner = owner == stored.owner and owner in self._database.living
            if is_owner and not self._is_in_doubt(Holder(execution, step)):
                where = f"{execution}/{step}"
                self._object(THROTTLED, f"{where} has {resource} and waits for its turn at a quota")
        now = self._loop.time()
        away = set(resting)
        for holder, (on, since) in self._held.items():
            kind, _, name = on.partition(":")
            if kind != "lock" or holder.execution in away:
                continue
            if any(name in running.used for running in self._running):
                continue
            free_since = max(self._last_used.get(name, 0.0), since, self.settled_at)
            if now - free_since > _PATIENCE_S:
                self._object(TURNS, f"{holder} waits for {name}, which nobody has used for long")

    def _just_came_back(self) -> bool:
        """Whether a process may still speak for calls that it has lost."""
        now = self._loop.time()
        return any(now - at <= _BACK_S for at in self._came_back)

    def judge(self) -> None:
        """All have come to their ends, or wait for someone; the processes haven't ended yet."""
        for statement in _LEFT:
            for execution, step, name, owner in self._rows(statement):
                stored = self._database.executions.get(execution)
                if stored is not None and stored.row.ended and owner in self._database.living:
                    self._object(RETURNED, f"{owner} has {name} for {execution}/{step}")

    def _look_at_uses(self, running: _Running) -> None:
        for name, access in running.used.items():
            for other in self._running:
                if (other.process, other.holder) in self._excused or name not in other.used:
                    continue
                if Access.EXCLUSIVE in (access, other.used[name]):
                    self._object(ALONE, f"{name}: {running.holder} began while {other.holder} ran")
            self._look_at_token(running.holder, name, access)

    def _look_at_token(self, holder: Holder, name: str, access: Access) -> None:
        rows = self._rows(_GRANTED, (*holder, name))
        if not rows:
            self._object(ALONE, f"{holder} uses {name}, and doesn't hold it")
            return
        token = rows[0][0]
        highest, of = self._tokens.get(name, (0, holder))
        if token <= highest and holder != of and access is Access.EXCLUSIVE:
            self._object(TOKENS, f"{name}: {holder} has {token}, and {of} had {highest} before")
        if token > highest:
            self._tokens[name] = (token, holder)

    def _count(self, holder: Holder, api: str) -> None:
        now = self._loop.time()
        for name in ("workspace", f"api:{api}"):
            if name not in self._quotas:
                continue
            amount, window_ms = self._quotas[name]
            made = self._made[name]
            made.append(_Made(now, holder.execution))
            since = now - (window_ms - 1) / 1000
            if any(since <= at <= now for at in self._clock_set):
                continue
            if any(since - _BACK_S <= at <= now for at in self._came_back):
                continue
            within = [one for one in made if one.at > since]
            if len(within) > amount:
                self._object(QUOTA, f"{name}: {len(within)} calls from {within[0].at} to {now}")

    def _end(self, running: _Running) -> None:
        if running in self._running:
            self._running = [r for r in self._running if r is not running]
            for name in running.used:
                self._last_used[name] = self._loop.time()

    def _follow(self) -> None:
        """Who is held, by what the journal has said since the last look."""
        for record in self._database.journal[self._told :]:
            event = ev.decode(record.payload)
            if isinstance(event, ev.StepHeld):
                self._held[Holder(record.execution, event.step)] = (event.on, self._loop.time())
            elif isinstance(event, ev.Ended | ev.Replanned):
                steps = self._folded(record.execution).steps
                for holder in [h for h in self._held if h.execution == record.execution]:
                    if steps[holder.step].status is not StepStatus.HELD:
                        del self._held[holder]  # what another plan keeps still stands in line
            elif type(event) in MOVES:
                self._held.pop(Holder(record.execution, getattr(event, "step", "")), None)
        self._told = len(self._database.journal)

    def _is_in_doubt(self, holder: Holder) -> bool:
        """Whether a call of the step may have happened, and its journal doesn't say yet."""
        step = self._folded(holder.execution).steps[holder.step]
        return step.lost or step.status is StepStatus.RUNNING

    def _folded(self, execution: int) -> State:
        state = State(execution)
        for record in self._database.histories[execution]:
            evolve(state, ev.decode(record.payload), record.at_ms)
        return state

    def _rows(self, statement: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        return self._database.tables.connection.execute(statement, values).fetchall()
