"""Why a process can't go on with an execution, or with any."""

from __future__ import annotations

import logging

from tizmor.core.errors import EngineError

_log = logging.getLogger("tizmor.engine")


class Failures:
    """What went wrong in this process; `of_all` is why it can't go on with any execution."""

    def __init__(self) -> None:
        self.of_all: EngineError | None = None
        self._of: dict[int, EngineError] = {}

    def of(self, execution: int) -> EngineError | None:
        return self.of_all or self._of.get(execution)

    def note(self, execution: int, where: str, error: BaseException) -> EngineError:
        """Remember why an execution isn't gone on with; as users are told it."""
        if not isinstance(error, EngineError):
            _log.error(
                "the engine failed in %s", where, exc_info=error, extra={"execution": execution}
            )
            error = EngineError(f"the engine failed: {type(error).__name__}: {error}")
        self._of[execution] = error
        return error

    def forget(self, execution: int) -> None:
        """It is gone on with, after all."""
        self._of.pop(execution, None)
