"""What the steps of one execution tell each other: values that they share, and messages.

Both are part of the state, folded from events, so that a crash loses nothing of them. What comes
from a document or a stranger keeps that mark on its way: a step that has read it is tainted from
then on, and so is all that it shares, sends and gives.
"""

from __future__ import annotations

import enum
import re
from typing import Any

import msgspec

MAX_KEYS = 1_000
"""Keys that one execution may share values under."""
MAX_VERSIONS = 10_000
"""Versions of all keys together that one execution may have."""
MAX_BYTES = 8 * 1024 * 1024
"""One value, as JSON."""
MAX_TOTAL_BYTES = 64 * 1024 * 1024
"""All versions of all values together, as JSON."""
MAX_MESSAGES = 10_000
"""Messages that the steps of one execution may send."""
MAX_PAYLOAD = 1024 * 1024
"""Of one message, as JSON, in bytes."""
MAX_WORK = 256
"""Pieces of work that may be handed over in one execution."""
MAX_DEPTH = 4
"""How often work may be handed on from one to the next."""
ANSWER, WORD = "answer:", "message:"
"""What a step is held on that waits for an answer, by its request's id, or for any message."""
NAME = re.compile(r"[^\W_][\w.:/@-]{0,127}")
"""A key or a topic: a letter or a digit first, of any script."""


class SharedValue(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One version of a shared value: who shared it and when. `put` is which of its step's puts to
    the key it was, from 0; `untrusted`: it carries what a document or a stranger said; `size` is
    its length as JSON."""

    version: int
    value: Any
    step: str
    at_ms: int
    put: int = 0
    untrusted: bool = False
    size: int = 0


class Kind(enum.StrEnum):
    """What a message is: a request wants one answer from one step, an event goes to all whose agent
    receives its topic, a broadcast to all."""

    REQUEST = "REQUEST"
    RESPONSE = "RESPONSE"
    EVENT = "EVENT"
    BROADCAST = "BROADCAST"


class Message(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One message. `number` is which of its step's it was, from 0; `to` a step, an agent or a
    topic; `state` open, answered, delivered or dead, and then `reason` why; `taken` the steps that
    have it; `work` the step that a request was made into."""

    id: str
    kind: Kind
    step: str
    number: int
    to: str
    payload: Any
    sent_at_ms: int
    due_ms: int | None = None
    untrusted: bool = False
    state: str = "open"
    taken: list[str] = []
    reason: str | None = None
    answer: Any = None
    answered_by: str = ""
    answer_untrusted: bool = False
    ended_at_ms: int | None = None
    work: str = ""

    def end(self, at_ms: int) -> None:
        """Nobody will take or answer it any more."""
        if self.state != "open":
            return
        self.ended_at_ms = at_ms
        if self.kind is Kind.REQUEST or not self.taken:
            self.state = "dead"
            self.reason = "nobody took it" if not self.taken else "the execution has ended"
        else:
            self.state = "delivered"


class Talk(msgspec.Struct, omit_defaults=True):
    """All that was shared and said in one execution. `context` holds each key's versions, oldest
    first; `tainted`, by step, where it first read what a stranger said. `open` are the requests
    without an answer, `sent` what each step's n-th message is, `waits` until when a step waits for
    a message, by its n-th wait, `work` the request that each handed-over step is for."""

    context: dict[str, list[SharedValue]] = {}
    shared_bytes: int = 0
    versions: int = 0
    tainted: dict[str, str] = {}
    mail: dict[str, Message] = {}
    mail_bytes: int = 0
    open: dict[str, None] = {}
    sent: dict[str, str] = {}
    waits: dict[str, int] = {}
    work: dict[str, str] = {}

    def sent_before(
        self, step: str, number: int, kind: Kind, to: str, payload: Any
    ) -> Message | None:
        """The message that a call has sent as this very one, when it ran before."""
        known = self.mail.get(self.sent.get(f"{step} {number}", ""))
        if known is None or (known.kind, known.to, known.payload) != (kind, to, payload):
            return None
        return known

    def newest(self, key: str) -> SharedValue | None:
        versions = self.context.get(key)
        return versions[-1] if versions else None

    def put_before(self, step: str, key: str, put: int, value: Any) -> SharedValue | None:
        """The version that a call made by this very put, when it ran before."""
        for known in reversed(self.context.get(key, ())):
            if known.step == step and known.put == put:
                return known if known.value == value else None
        return None


def waits_for_word(on: str) -> bool:
    """Whether what a step is held on comes from another step of its execution."""
    return on.startswith((ANSWER, WORD))


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What some steps have shared, as (key, version) in order, and which of them are tainted."""

    shared: tuple[tuple[str, SharedValue], ...] = ()
    tainted: dict[str, str] = {}
