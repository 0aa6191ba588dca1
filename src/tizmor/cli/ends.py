"""What becomes of how an execution stands, when a verb that followed it ends."""

from __future__ import annotations

from tizmor.cli.exits import ExitCode
from tizmor.engine.views import Status

ENDS = {
    Status.COMPLETED: "complete",
    Status.FAILED: "failed",
    Status.WAITING: "waiting",
    Status.CANCELLED: "cancelled",
    Status.REJECTED: "rejected",
    Status.PAUSED: "paused",
}
"""The type of the last line, by how the execution stands."""
_OF_STATUS = {
    Status.COMPLETED: ExitCode.DONE,
    Status.FAILED: ExitCode.FAILED,
    Status.WAITING: ExitCode.WAITS_FOR_HUMAN,
    Status.PAUSED: ExitCode.WAITS_FOR_HUMAN,
    Status.REJECTED: ExitCode.STOPPED,
    Status.CANCELLED: ExitCode.STOPPED,
}


def exit_code(status: Status) -> ExitCode:
    """How a verb ends that followed an execution up to this status.

    One that still has work to do and nobody who does it was interrupted.
    """
    return _OF_STATUS.get(status, ExitCode.INTERRUPTED)
