"""What an agent is given when it runs."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol

from tizmor.ports.logs import Log
from tizmor.ports.talk import WATCH, Messages, SharedView
from tizmor.ports.tracing import RunningSpan, SpanKind
from tizmor.ports.workspace import Workspace

STANDARD, CHEAPER = "standard", "cheaper"
"""How a call is to be made, see `AgentContext.tier`."""


class AgentContext(Protocol):
    """What a running call may know and say.

    `key` is the idempotency key: the same for every attempt of the same call with the same
    arguments, in every process. `answers` holds what a human answered to this step's own
    questions (see `NeedsAnswer`).
    """

    @property
    def execution_id(self) -> str: ...
    @property
    def step_id(self) -> str: ...
    @property
    def attempt(self) -> int: ...
    @property
    def key(self) -> str: ...
    @property
    def traceparent(self) -> str:
        """The call's span in its execution's trace, for requests to the outside: the value of the
        header `traceparent` (W3C Trace Context). In `prepare`, `foresee` and `probe` it is the
        step's span, in `compensate` the compensation's."""
        ...

    @property
    def language(self) -> str: ...
    @property
    def now(self) -> dt.datetime:
        """The wall time, aware, in the workspace's zone."""
        ...

    @property
    def workspace(self) -> Workspace: ...
    @property
    def answers(self) -> Mapping[str, str]: ...
    @property
    def stopping(self) -> bool:
        """Whether the call was told to stop: cancelled, or out of time. An agent that works in
        parts looks here between two of them; one that doesn't is cut off after some seconds."""
        ...

    @property
    def tier(self) -> str:
        """`standard`, or `cheaper`: a budget leaves only what the agent's `costs.cheaper` takes,
        so it is to be done in that way."""
        ...

    def spend(self, *, tokens: int = 0, usd: float = 0.0) -> None:
        """Report what was used just now, whatever comes of the call; an agent that declares
        `costs` and reports nothing is taken to have used all of it. Raises `ValueError` for less
        than nothing."""
        ...

    def source(self, path: str) -> Path:
        """Say that the call reads this file or folder of the workspace; its place. An answer that
        is kept is given again only while all sources are as they were when this was said: so say it
        before reading, and name the folder where files may be added. Blocks for as long as it
        takes to look at each file. Raises `Permanent` for a path that leads outside."""
        ...

    def secret(self, name: str) -> str:
        """The value of a secret by its name; it is struck out of all that the call says. Raises
        `Permanent` when there is none."""
        ...

    @property
    def log(self) -> Log:
        """Writes lines of the workspace's log that say whose call wrote them: `ctx.log.info("asked
        for rates", pages=3)`. Secrets, and personal data, are struck out."""
        ...

    def span(
        self,
        name: str,
        *,
        kind: SpanKind = SpanKind.WORK,
        attributes: Mapping[str, str | int | float | bool] | None = None,
    ) -> AbstractContextManager[RunningSpan]:
        """Tell a part of the call in the execution's trace, for as long as the block takes; one
        within another is a part of that one. `attributes` are best named by OpenTelemetry's
        conventions (`gen_ai.request.model`). An error that leaves the block is told by its type.
        The first 128 of a call are kept; what is more is counted as lost."""
        ...

    def progress(self, message: str) -> None:
        """Report a finding ("found 15 documents"). It is journaled and shown live."""
        ...

    def partial(self, text: str) -> None:
        """Show a piece of what the call is about to give, as a model's next words, to who watches
        just now. It is kept nowhere and may be lost on its way: what counts is what is returned."""
        ...

    def heed(self, headers: Mapping[str, str]) -> None:
        """Hand on the header fields of an API's answer, of a good one, too: what they say of how
        often it may be called (`Retry-After`, `RateLimit`, `X-RateLimit-…`) holds for all calls of
        this API, in every process."""
        ...

    async def share(self, key: str, value: Any, *, expected_version: int | None = None) -> int:
        """Share a value (JSON, or what `msgspec` makes JSON of; at most 8 MiB) with the other steps
        of this execution. The number of the version that it makes, from 1.

        Other steps have it at once; it is journaled, so it survives a crash, and a fork keeps what
        its kept steps shared. A call that runs again shares again: where its n-th value for the key
        is the same as before, no version is made. With `expected_version` it is shared only if that
        is the newest one (0: none is there yet), else `Conflict` is raised. Raises `TalkError` for
        what can't be shared.
        """
        ...

    async def shared(self, key: str, kind: Any = None) -> SharedView | None:
        """The newest version that any step of this execution has shared, its value as a `kind`
        where one is given; None when there is none.

        A step that reads an `untrusted` value is marked like it, with all that it gives. One that
        was approved by a human can't be given what it wasn't approved with: it reads such values in
        `prepare`. Raises `TalkError`.
        """
        ...

    def watch(
        self, key: str, kind: Any = None, *, after: int = 0, timeout: dt.timedelta = WATCH
    ) -> AsyncIterator[SharedView]:
        """The newest version above `after`, and each newer one as it comes; one that is at once
        followed by another may be passed over. Ends when none has come for `timeout`, and with the
        call's own time."""
        ...

    @property
    def messages(self) -> Messages:
        """Requests, answers and events between the steps of this execution."""
        ...

    def say(self, *, he: str, en: str) -> str:
        """The one of the two that is in the request's language."""
        ...
