"""What is said to the recorder: one JSON line each way over a connection of its own."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from tests.crash.wire import LIMIT, Address, ask

from tizmor.core.plan import Access

__all__ = ["LIMIT", "Address", "ask", "decode"]


class Made(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """A raw call of an agent: what it goes to, what it uses meanwhile, and the most tokens that it
    may take."""

    execution: str
    step: str
    key: str
    effect: str
    api: str
    uses: Mapping[str, Access] = {}
    tokens: int = 0
    by: str = ""
    """The process that makes it."""


class Look(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """A human who was asked looks whether a call of the step happened."""

    execution: str
    step: str


class Ready(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """A process is up, which has cost it so much of the processor."""

    name: str
    cpu_s: float


class Started(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The product has confirmed so many executions to a process."""

    name: str
    executions: int


class Standing(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """How far it has come."""


class Stop(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Everybody is to close."""


class Dump(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """All that the recorder saw."""


Request = Made | Look | Ready | Started | Standing | Stop | Dump

decode = msgspec.json.Decoder(Request).decode
