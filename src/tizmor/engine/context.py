"""What a running call is given: the engine's side of `AgentContext`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Container, Mapping
from typing import Any, TypeVar

import msgspec
from msgspec import structs

from tizmor.core.events import storable
from tizmor.ports.clock import Clock
from tizmor.ports.secrets import NO_SECRETS, Secrets
from tizmor.ports.workspace import Workspace

_MESSAGE_LIMIT = 2000
_STRUCK_OUT = "•••"
_V = TypeVar("_V")


class CallContext:
    """See `tizmor.ports.agent.AgentContext`."""

    __slots__ = (
        "_clock",
        "_make_key",
        "_report",
        "_revealed",
        "_secrets",
        "_stopping",
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
        secrets: Secrets = NO_SECRETS,
        stopping: Container[str] = (),
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
        self._secrets = secrets
        self._stopping = stopping
        self._revealed: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        return self._make_key()

    @property
    def now(self) -> dt.datetime:
        return self._clock.now().astimezone(self.workspace.zone)

    def progress(self, message: str) -> None:
        self._report(self.redacted(storable(message))[:_MESSAGE_LIMIT])

    @property
    def stopping(self) -> bool:
        return self.step_id in self._stopping

    def secret(self, name: str) -> str:
        value = self._secrets.get(name)
        if value and value not in self._revealed:
            # The longest first: one that is a part of another would leave the rest of it.
            self._revealed = tuple(sorted((*self._revealed, value), key=len, reverse=True))
        return value

    def redacted(self, text: str) -> str:
        """The text with every secret that the call was given struck out."""
        for value in self._revealed:
            text = text.replace(value, _STRUCK_OUT)
        return text

    def cleared(self, said: _V) -> _V:
        """What a call says, as JSON or as a struct of it, without the secrets that it was given."""
        if not self._revealed:
            return said
        cleared: _V = self._without_secrets(said)
        return cleared

    def _without_secrets(self, value: Any) -> Any:
        match value:
            case str():
                return self.redacted(value)
            case dict():
                return {
                    self.redacted(key): self._without_secrets(part) for key, part in value.items()
                }
            case list():
                return [self._without_secrets(part) for part in value]
            case tuple():
                return tuple(self._without_secrets(part) for part in value)
            case msgspec.Struct():
                fields = structs.asdict(value)
                return structs.replace(
                    value, **{name: self._without_secrets(part) for name, part in fields.items()}
                )
            case _:
                return value

    def say(self, *, he: str, en: str) -> str:
        return he if self.language == "he" else en
