"""The world outside the engine: it receives requests, and keeps count of what they did.

A request is `received` when it has had its effect, whatever the caller hears of it. One that is on
its way when its caller is killed has its effect then or never, so that asking afterwards tells;
after a time-out it may have it later.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import msgspec
from tests.simulation.scripts import Speaker
from tests.simulation.spending import Spending
from tests.simulation.telling import Telling
from tests.simulation.using import Using
from tests.simulation.ways import TOKENS, Made, Out, Watching, Way, kept_value

from tizmor.core.errors import (
    NeedsAnswer,
    OutcomeUnknown,
    Permanent,
    PreconditionFailed,
    Transient,
)
from tizmor.core.plan import Effect
from tizmor.drivers.simulated.choices import Stream
from tizmor.drivers.simulated.faults import Faults
from tizmor.drivers.simulated.loop import PROCESS, SimulatedLoop
from tizmor.ports.agent import AgentContext

WORLD: contextvars.ContextVar[World] = contextvars.ContextVar("world")

MISHAPS: dict[str, tuple[float, ...]] = {
    "refused for now": (0.0, 0.1, 0.4),
    "refused for good": (0.0, 0.05),
    "stale": (0.0, 0.1),
    "asks": (0.0, 0.1),
    "unforeseen": (0.0, 0.1),
    "lost": (0.0, 0.15, 0.5),
    "done but lost": (0.0, 0.15, 0.5),
    "timed out": (0.0, 0.15, 0.5),
    "done but timed out": (0.0, 0.15, 0.5),
    "timed out, done later": (0.0, 0.15, 0.5),
    "slow": (0.0, 0.2),
    "stopped before it sent": (0.0, 0.1),
    "crash while under way": (0.0, 0.1, 0.3),
    "probe can't tell": (0.0, 0.2, 1.0),
    "probe failed": (0.0, 0.5),
    "preparation failed": (0.0, 0.1),
    "compensation failed": (0.0, 0.3),
    "compensation done but lost": (0.3, 0.8),
}
"""What can befall a call, with the rates that a run draws from."""

_TIMED_OUT = ("timed out", "done but timed out", "timed out, done later")
_SENT = ("lost", "done but lost", *_TIMED_OUT, "slow")
_REFUSED = ("refused for now", "refused for good", "stale", "asks", "unforeseen")


class Request(msgspec.Struct, kw_only=True):
    """A call on its way."""

    execution_id: str
    step: str
    key: str
    effect: Effect
    process: str


class World:
    """`received` lists what had its effect, `done` the answers by key; `using` watches what running
    calls use, `watching` all of them. `watch` is told of every call with an effect at the moment it
    is made, `heard` of every effect; `stop` and `kill` befall the process that is just calling."""

    def __init__(
        self,
        loop: SimulatedLoop,
        faults: Faults,
        stream: Stream,
        using: Using,
        telling: Telling,
        spending: Spending,
    ) -> None:
        self.using = using
        self.telling = telling
        self.spending = spending
        self.received: list[Request] = []
        self.done: dict[str, Out] = {}
        self.undone: set[str] = set()
        self.watch_undoing: Callable[[AgentContext], None] = lambda ctx: None
        self.watch: Callable[[Made], None] = lambda made: None
        self.watching: list[Watching] = []
        self.stop: Callable[[str], None] = lambda process: None
        self.kill: Callable[[str], None] = lambda process: None
        self.heard: Callable[[str], None] = lambda text: None
        self.calls: Counter[str] = Counter()
        self._sent: set[str] = set()
        self._loop = loop
        self._faults = faults
        self._stream = stream
        self._on_the_way: list[tuple[Request, asyncio.TimerHandle]] = []
        self._context = contextvars.copy_context()

    async def call(
        self, ctx: AgentContext, way: Way, arguments: dict[str, Any], script: Sequence[str] = ()
    ) -> Out:
        """What an agent does; raises what an agent may."""
        made = Made(PROCESS.get(), ctx, way, arguments)
        with self.using.call(ctx, way.effect.value), self._watched(made):
            return await self._called(made, script)

    @contextlib.contextmanager
    def _watched(self, made: Made) -> Iterator[None]:
        for one in self.watching:
            one.begins(made)
        try:
            yield
        finally:
            for one in self.watching:
                one.ends(made)

    async def _called(self, made: Made, script: Sequence[str]) -> Out:
        ctx, effect = made.ctx, made.way.effect
        self.calls[effect.value] += 1
        if effect is not Effect.READ:
            self.watch(made)
        if made.way.costs:
            tokens = self._stream.pick(TOKENS[ctx.tier])
            ctx.spend(tokens=tokens)
            self.spending.reported(made, tokens)
        if script:
            await Speaker(made, self.telling, self._faults).run(script)
        if self._stream.chance(0.2):
            ctx.progress("found something")
        if how := self._mishap(_REFUSED):
            raise self._refusal(how, ctx, effect)
        how = self._mishap(_SENT)
        if how in _TIMED_OUT and not made.way.hurries:
            how = ""
        if effect is Effect.READ:
            value = kept_value(made.arguments) if made.way.keeps else ctx.step_id
            return await self._answer(how, value)
        return await self._send(ctx, effect, how)

    async def _answer(self, how: str, value: str) -> Out:
        """A read has nothing to leave behind."""
        if how in _TIMED_OUT:
            await self._loop.create_future()
        await asyncio.sleep(self._faults.seconds(0.001, 0.0, 0.02, 0.1))
        if how in ("lost", "done but lost"):
            raise ConnectionError("the connection broke")
        return Out(value=value)

    async def _send(self, ctx: AgentContext, effect: Effect, how: str) -> Out:
        request = Request(
            execution_id=ctx.execution_id,
            step=ctx.step_id,
            key=ctx.key,
            effect=effect,
            process=PROCESS.get(),
        )
        if self._faults.strikes("stopped before it sent"):
            self.stop(request.process)
            await asyncio.sleep(0)
        self._sent.add(request.key)
        delay_s = self._faults.seconds(0.001, 0.0, 0.02, 0.1)
        if how in ("lost", "timed out"):
            await asyncio.sleep(delay_s)
        else:
            delay_s += {"slow": 0.3, "timed out, done later": 1.0}.get(how, 0.0)
            await self._landing(request, delay_s)
        if how in _TIMED_OUT:
            await self._loop.create_future()
        if how in ("lost", "done but lost"):
            raise self._stream.pick(
                (OutcomeUnknown("no answer"), ConnectionError("it broke"), ValueError("garbled"))
            )
        return self.done[request.key]

    async def _landing(self, request: Request, delay_s: float) -> None:
        """Wait until the request has had its effect; it goes on without the one who waits."""
        landed: asyncio.Future[None] = self._loop.create_future()

        def land() -> None:
            self._on_the_way = [(r, t) for r, t in self._on_the_way if r is not request]
            self._land(request)
            if not landed.done():
                landed.set_result(None)

        timer = self._loop.call_later(delay_s, land, context=self._context)
        self._on_the_way.append((request, timer))
        if self._faults.strikes("crash while under way"):
            self.kill(request.process)
        await landed

    def _land(self, request: Request) -> None:
        self.received.append(request)
        self.heard(f"{request.step} by {request.key[:8]} from {request.process} has its effect")
        self.done.setdefault(request.key, Out(value=request.step))

    def lose(self, process: str) -> None:
        """A process was killed: what it had on the way has its effect now, or never."""
        self.using.lose(process)
        for one in self.watching:
            one.lose(process)
        for request, timer in [e for e in self._on_the_way if e[0].process == process]:
            timer.cancel()
            if self._stream.chance(0.5):
                self._land(request)
        self._on_the_way = [e for e in self._on_the_way if e[0].process != process]

    def landed(self, execution_id: str, step: str) -> int:
        """How often requests of a step have had their effect."""
        return sum(r.step == step and r.execution_id == execution_id for r in self.received)

    async def prepare(self, ctx: AgentContext, way: Way) -> dict[str, Any]:
        self.using.count(ctx, way.effect.value)
        await asyncio.sleep(self._faults.seconds(0.0, 0.01))
        if self._mishap(("preparation failed",)):
            how = self._stream.pick(("refused for now", "refused for good", "asks", "unforeseen"))
            raise self._refusal(how, ctx, Effect.READ)
        return {"slot": self._stream.below(3)}

    async def probe(self, ctx: AgentContext, way: Way) -> Out | None:
        """Say whether the call with this key happened."""
        self.using.count(ctx, way.effect.value)
        await asyncio.sleep(self._faults.seconds(0.0, 0.01))
        if self._mishap(("probe can't tell",)):
            raise OutcomeUnknown("it keeps no record")
        if self._mishap(("probe failed",)):
            raise ConnectionError("the probe didn't get through")
        return self.done.get(ctx.key)

    async def compensate(self, ctx: AgentContext, way: Way) -> None:
        """Take back what a call with this key did; once more does no harm."""
        self.using.count(ctx, way.effect.value)
        self.watch_undoing(ctx)
        await asyncio.sleep(self._faults.seconds(0.001, 0.0, 0.02))
        if self._mishap(("compensation failed",)):
            raise self._stream.pick((Transient("busy"), Permanent("too late"), KeyError("odd")))
        self.undone.add(ctx.key)
        self.heard(f"{ctx.step_id} by {ctx.key[:8]} is taken back")
        if self._mishap(("compensation done but lost",)):
            raise ConnectionError("it broke")

    def _mishap(self, kinds: tuple[str, ...]) -> str:
        return next((kind for kind in kinds if self._faults.strikes(kind)), "")

    def _refusal(self, how: str, ctx: AgentContext, effect: Effect) -> Exception:
        # What its own earlier request has taken is no lost precondition to a decent agent.
        if how == "stale" and effect is not Effect.READ and ctx.key in self._sent:
            how = "refused for now"
        refusals: dict[str, Exception] = {
            "unforeseen": KeyError("nobody thought of this"),
            "refused for now": Transient("busy", retry_after_s=self._stream.pick((None, 0.2))),
            "refused for good": Permanent("no"),
            "stale": PreconditionFailed("taken"),
        }
        if how in refusals:
            return refusals[how]
        if how == "asks" and "which" not in ctx.answers:
            return NeedsAnswer("Which?", question_id="which", choices=(("a", "A"), ("b", "B")))
        return Transient("not now")
