"""Exit codes: the same meaning for every verb."""

from __future__ import annotations

import enum

from tizmor.engine.views import Status


class ExitCode(enum.IntEnum):
    """What the shell is told."""

    DONE = 0
    FAILED = 1
    WRONG_INPUT = 2
    WAITS_FOR_HUMAN = 3
    STOPPED = 4
    """Rejected or cancelled."""
    INTERRUPTED = 130


_OF_STATUS = {
    Status.COMPLETED: ExitCode.DONE,
    Status.FAILED: ExitCode.FAILED,
    Status.WAITING: ExitCode.WAITS_FOR_HUMAN,
    Status.PAUSED: ExitCode.WAITS_FOR_HUMAN,
    Status.REJECTED: ExitCode.STOPPED,
    Status.CANCELLED: ExitCode.STOPPED,
}


ENDED = (Status.COMPLETED, Status.FAILED, Status.REJECTED, Status.CANCELLED)
"""After these, an execution doesn't change any more."""


def exit_code(status: Status) -> ExitCode:
    """How a verb ends that followed an execution up to this status.

    One that still has work to do and nobody who does it was interrupted.
    """
    return _OF_STATUS.get(status, ExitCode.INTERRUPTED)
