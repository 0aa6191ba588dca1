"""What is said to the recorder: one JSON line each way over a connection of its own."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec

Address = tuple[str, int]

LIMIT = 64 * 2**20
"""Bytes in one line: the whole log is one."""


class OfStep(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """What is said of one step of one execution."""

    execution: str
    step: str

    @property
    def step_of(self) -> str:
        """The step, unique among all executions."""
        return f"{self.execution}/{self.step}"


class Call(OfStep, frozen=True):
    """A raw call of an agent. `key` is the idempotency key that the engine gave it."""

    agent: str
    effect: str
    key: str


class Probe(OfStep, frozen=True):
    """An agent asks whether the call with this key happened."""

    key: str


class Undo(OfStep, frozen=True):
    """An agent takes back what the call with this key did."""

    key: str


class Look(OfStep, frozen=True):
    """A human who was asked looks whether any call of the step happened."""


class Ack(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The product has confirmed something to `by`: an execution's start, or an order."""

    verb: str
    execution: str
    by: str
    said: str = ""


class Trouble(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """A process could not go on."""

    who: str
    error: str


class Enter(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The run goes into another phase: `crash`, `drain`, `stop`."""

    phase: str


class Phase(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Which phase it is."""


class Job(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The number of the next execution to start; none in any phase but `crash`."""


class Dump(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """All that the recorder saw, in the order in which it saw it."""


Request = Call | Probe | Undo | Look | Ack | Trouble | Enter | Phase | Job | Dump

encode = msgspec.json.Encoder().encode
decode = msgspec.json.Decoder(Request).decode


async def ask(address: Address, request: msgspec.Struct) -> dict[str, Any]:
    """The recorder's answer. Raises `ConnectionError` when it cut the connection."""
    reader, writer = await asyncio.open_connection(*address, limit=LIMIT)
    try:
        writer.write(encode(request) + b"\n")
        line = await reader.readline()
    finally:
        writer.close()
    if not line.endswith(b"\n"):
        raise ConnectionResetError("the other side cut the connection")
    answer: dict[str, Any] = msgspec.json.decode(line)
    return answer
