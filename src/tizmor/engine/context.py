"""What a running call is given: the engine's side of `AgentContext`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping

from tizmor.core.events import storable
from tizmor.ports.clock import Clock
from tizmor.ports.workspace import Workspace

_MESSAGE_LIMIT = 2000


class CallContext:
    """See `tizmor.ports.agent.AgentContext`."""

    __slots__ = (
        "_clock",
        "_make_key",
        "_report",
        "answers",
        "attempt",
        "execution_id",
        "language",
        "step_id",
        "workspace",
    )

    def __init__(
        self,
        *,
        execution_id: str,
        step_id: str,
        attempt: int,
        make_key: Callable[[], str],
        language: str,
        workspace: Workspace,
        answers: Mapping[str, str],
        clock: Clock,
        report: Callable[[str], None],
    ) -> None:
        self.execution_id = execution_id
        self.step_id = step_id
        self.attempt = attempt
        self._make_key = make_key
        self.language = language
        self.workspace = workspace
        self.answers = answers
        self._clock = clock
        self._report = report

    @property
    def key(self) -> str:
        return self._make_key()

    @property
    def now(self) -> dt.datetime:
        return self._clock.now().astimezone(self.workspace.zone)

    def progress(self, message: str) -> None:
        self._report(storable(message)[:_MESSAGE_LIMIT])

    def say(self, *, he: str, en: str) -> str:
        return he if self.language == "he" else en
