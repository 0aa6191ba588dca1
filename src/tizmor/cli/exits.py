"""Exit codes: the same meaning for every verb."""

from __future__ import annotations

import enum


class ExitCode(enum.IntEnum):
    """What the shell is told."""

    DONE = 0
    FAILED = 1
    WRONG_INPUT = 2
    WAITS_FOR_HUMAN = 3
    STOPPED = 4
    """Rejected or cancelled."""
    INTERRUPTED = 130
