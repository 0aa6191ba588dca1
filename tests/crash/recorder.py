"""The recorder: the outside world, in a process that is never killed.

It takes raw calls over TCP, keeps the books (`ledger`), and behaves as servers do: some calls are
slow, some are refused before anything happened, some have their connection cut before or after the
effect, some come to nothing within the time that the caller gives them. A probe of a call that is
still being worked on is answered when that is over, and now and then not at all.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections import Counter
from multiprocessing.connection import Connection
from typing import Any, NamedTuple

import msgspec
from tests.crash import wire
from tests.crash.ledger import Entry, Ledger

HANG_S = 1.6
"""Longer than the agents' time-out."""
_QUICK_S = 0.012
_SLOW_S = (0.05, 0.3)
_NO_TELLING = 0.04
_REFUSALS = ("refused", "refused_for_good", "stale")


class Odds(NamedTuple):
    """How often a call is met so. The rest is quick and goes well."""

    refused: float = 0.06
    refused_for_good: float = 0.01
    stale: float = 0.0
    cut_before: float = 0.02
    cut_after: float = 0.04
    hangs: float = 0.004
    slow: float = 0.15


ODDS = {
    "Glance": Odds(),
    "Put": Odds(),
    "Book": Odds(),
    "Meet": Odds(stale=0.05),
    "Send": Odds(cut_before=0.002, cut_after=0.004, hangs=0.001, slow=0.1),
    "Pay": Odds(),
    "Undo": Odds(refused_for_good=0.03),
}
"""A connection that is cut under `Send`, which can't be probed, is a question to a human each time,
and their share is one of the figures: it stays near that of a real provider."""


class Fate(NamedTuple):
    """How one call is met. `late`: the effect comes at the end of `delay_s`, not at its start."""

    end: str
    delay_s: float
    late: bool


def drawn(dice: random.Random, agent: str) -> Fate:
    """The fate of a call of this agent."""
    odds = ODDS[agent]
    delay_s = dice.uniform(*_SLOW_S) if dice.random() < odds.slow else dice.uniform(0, _QUICK_S)
    late = dice.random() < 0.5
    mark = dice.random()
    for end, share in zip(Odds._fields[:-1], odds, strict=False):
        if mark < share:
            return Fate(end, HANG_S if end == "hangs" else delay_s, late)
        mark -= share
    return Fate("well", delay_s, late)


class Recorder:
    """Answers requests; `seed` draws the calls' fates."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._ledger = Ledger()
        self._undos: Counter[str] = Counter()
        self._running: Counter[str] = Counter()
        self._settled = asyncio.Condition()
        self._phase = "crash"
        self._jobs = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            line = await reader.readline()
            if line.endswith(b"\n"):  # else its sender died while it wrote
                answer = await self.answer(wire.decode(line))
                if answer is not None:
                    writer.write(msgspec.json.encode(answer) + b"\n")
                    await writer.drain()
        writer.close()

    async def answer(self, request: wire.Request) -> dict[str, Any] | None:
        """What is said; None cuts the connection."""
        match request:
            case wire.Call():
                return await self._call(request)
            case wire.Probe():
                return await self._probe(request)
            case wire.Look():
                return await self._look(request)
            case wire.Undo():
                return await self._undo(request)
            case wire.Enter():
                self._phase = request.phase
            case wire.Job():
                self._jobs += self._phase == "crash"
                return {"job": self._jobs if self._phase == "crash" else None}
            case wire.Ack():
                self._note_ack(request)
            case wire.Trouble():
                self._ledger.note(Entry(kind="trouble", by=request.who, outcome=request.error))
            case wire.Dump():
                return {"entries": self._ledger.entries}
        return {"phase": self._phase}

    async def _call(self, call: wire.Call) -> dict[str, Any] | None:
        entry, number = self._ledger.begin(call)
        fate = drawn(random.Random(f"{self._seed}/{call.key}/{number}"), call.agent)
        if number > 1 and call.effect != "irreversible" and fate.end in _REFUSALS:
            fate = fate._replace(end="well")  # a server that knows the key doesn't refuse it now
        does = fate.end in ("well", "cut_after", "hangs")
        self._running[call.step_of] += 1
        try:
            if does and not fate.late:
                self._ledger.apply(entry)
            await asyncio.sleep(fate.delay_s)
            if does and fate.late:
                self._ledger.apply(entry)
        finally:
            await self._settle(call.step_of)
        if does:
            return None if fate.end == "cut_after" else {"key": call.key}
        entry.outcome = "nothing" if fate.end == "cut_before" else "refused"
        return None if fate.end == "cut_before" else {fate.end: True}

    async def _settle(self, step: str) -> None:
        async with self._settled:
            self._running[step] -= 1
            self._settled.notify_all()

    async def _at_rest(self, step: str) -> None:
        async with self._settled:
            await self._settled.wait_for(lambda: not self._running[step])

    async def _probe(self, probe: wire.Probe) -> dict[str, Any]:
        await self._at_rest(probe.step_of)
        silent = random.Random(f"{self._seed}/{probe.key}/probe").random() < _NO_TELLING
        happened = self._ledger.happened(probe.key)
        outcome = "silent" if silent else "happened" if happened else "not there"
        self._ledger.note(
            Entry(
                kind="probe",
                execution=probe.execution,
                step=probe.step,
                key=probe.key,
                outcome=outcome,
            )
        )
        return {"outcome": outcome}

    async def _look(self, look: wire.Look) -> dict[str, Any]:
        await self._at_rest(look.step_of)
        key = self._ledger.step_happened(look.execution, look.step)
        outcome = "not there" if key is None else "happened"
        self._ledger.note(
            Entry(kind="look", execution=look.execution, step=look.step, outcome=outcome)
        )
        return {"outcome": outcome}

    async def _undo(self, undo: wire.Undo) -> dict[str, Any] | None:
        fate = drawn(random.Random(f"{self._seed}/{undo.key}/{self._undos[undo.key]}"), "Undo")
        self._undos[undo.key] += 1
        await asyncio.sleep(fate.delay_s)
        if fate.end in _REFUSALS:
            return {fate.end: True}
        if fate.end == "cut_before":
            return None
        entry = Entry(kind="undo", execution=undo.execution, step=undo.step, key=undo.key)
        self._ledger.undo(entry)
        return None if fate.end == "cut_after" else {"key": undo.key}

    def _note_ack(self, ack: wire.Ack) -> None:
        self._ledger.note(
            Entry(kind="ack", verb=ack.verb, execution=ack.execution, by=ack.by, outcome=ack.said)
        )


def main(seed: int, tell: Connection) -> None:
    """Serve for ever on a free port of this machine; the address goes through `tell`."""
    asyncio.run(_serve(seed, tell))


async def _serve(seed: int, tell: Connection) -> None:
    server = await asyncio.start_server(Recorder(seed).serve, "127.0.0.1", 0, backlog=1024)
    tell.send(server.sockets[0].getsockname())
    async with server:
        await server.serve_forever()
