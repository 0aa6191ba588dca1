"""The process that a command runs in: its event loop and its garbage."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import resource
from collections.abc import Coroutine
from typing import Any, TypeVar

import uvloop

_T = TypeVar("_T")

_YOUNG = 50_000
"""Objects that may come to be before young garbage is looked for: Python's own 700 are fewer than
the executions of one commit are made of, so that it would look at each of them several times."""


def run(work: Coroutine[Any, Any, _T]) -> _T:
    """Run a command's work to its end, on libuv's event loop; SIGINT is as `asyncio.run` has it."""
    tune_garbage()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(work)


def allow_files() -> None:
    """Let the process have as many files open as the system lets it: each connection is one, and
    many systems begin with 1,024 of them."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def tune_garbage() -> None:
    """Look for cyclic garbage seldom, and never in what was there when the work began.

    It holds for the whole process, so it is a program's to call, and no library's.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG, 20, 50)
