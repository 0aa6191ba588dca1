"""What the steps of one execution tell each other, as agents see it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Mapping
from typing import Any, Protocol

import msgspec

ANSWER = dt.timedelta(minutes=5)
"""How long an answer, or a message, is waited for unless it is told otherwise."""
LONGEST = dt.timedelta(days=30)
WATCH = dt.timedelta(seconds=30)
"""How long a watch waits for the next version unless it is told otherwise."""


class SharedView(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """One version of a shared value: which step shared it and when. `untrusted`: it carries what a
    document or a stranger said. Versions of a key count from 1."""

    key: str
    version: int
    value: Any
    step: str
    at: dt.datetime
    untrusted: bool = False


class Received(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A message as who takes it sees it. `kind` is REQUEST (it wants an answer), EVENT or
    BROADCAST, `sender` the step that sent it, `to` what it was sent to. `untrusted`: it carries
    what a document or a stranger said."""

    id: str
    kind: str
    sender: str
    to: str
    payload: Any
    at: dt.datetime
    untrusted: bool = False


class Messages(Protocol):
    """What a running call says to other steps of its execution, and is told by them.

    All of it is journaled: a message that was sent is there after a crash, and a call that runs
    again sends again without anything being sent twice, as long as its n-th message is the same.

    A call that changes nothing ends where it has to wait (`request`, `receive`, `hand_over`): it
    holds no place meanwhile, and *runs again from its beginning* when what it waits for is there,
    to which it then comes at once. So what is dear belongs behind the waiting, not before. A call
    with an effect isn't run again: it waits where it is.

    A step that is told what a document or a stranger said is marked like it. Payloads are JSON, or
    what `msgspec` makes JSON of, at most 1 MiB. `TalkError` is raised for what can't be sent.
    """

    def request(
        self, to: str, payload: Any, kind: Any = None, *, timeout: dt.timedelta = ANSWER
    ) -> Awaitable[Any]:
        """Ask a step by its id, or whichever step of an agent takes it; its answer, as a `kind`
        where one is given. Raises `Undelivered` when none comes in its time, or can come any more:
        nobody is there to take it, it could not be read, or who took it ended without a word."""
        ...

    def receive(
        self, kind: Any = None, *, timeout: dt.timedelta = ANSWER
    ) -> Awaitable[Received | None]:
        """The next message for this step, in the order in which they were sent; its payload as a
        `kind` where one is given: what doesn't fit is a dead letter, and passed over. None when
        none has come in its time. A call that runs again gets again what it had, but for requests
        that it has answered."""
        ...

    def respond(self, request: Received, payload: Any) -> Awaitable[None]:
        """Answer a request. Raises `Undelivered` when nobody waits for it any more."""
        ...

    def publish(self, topic: str, payload: Any) -> Awaitable[str]:
        """Tell all steps whose agent `receives` the topic; the message's id. Raises `TalkError`."""
        ...

    def broadcast(self, payload: Any) -> Awaitable[str]:
        """Tell all steps; the message's id. Raises `TalkError`."""
        ...

    def hand_over(
        self, agent: str, arguments: Mapping[str, Any], kind: Any = None, *, title: str = ""
    ) -> Awaitable[Any]:
        """Have another agent do a piece of work; what it gave, as a `kind` where one is given.

        It becomes a step of this execution and is held to what a plan is held to: a known agent,
        fitting arguments, an effect no graver than this agent declares (`hands_over`), the human's
        approval where it needs one, and always where this step has read what a stranger said. Only
        a call that changes nothing may hand work over. Raises `TalkError` when it isn't taken,
        `Undelivered` when the work fails.
        """
        ...
