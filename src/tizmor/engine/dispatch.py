"""Each command to whom it is for: a worker, the timers, or those who stand in line."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from tizmor.core import commands as cmd
from tizmor.engine.holds import Holds
from tizmor.engine.live import Live
from tizmor.engine.timers import Timers
from tizmor.engine.workers import CallCommand, Workers
from tizmor.ports.locks import Holder


class Dispatch:
    """Hands commands on; whoever takes one answers it, if it is one to be answered."""

    def __init__(self, workers: Workers, timers: Timers, holds: Holds) -> None:
        self._workers = workers
        self._timers = timers
        self._holds = holds
        # By type, and not case by case: this is done for every step.
        self._ways: dict[type[cmd.Command], Callable[[Live, Any, int], None]] = {
            cmd.RunCall: self._run,
            cmd.PrepareCall: self._run,
            cmd.ForeseeCall: self._run,
            cmd.ProbeCall: self._run,
            cmd.CompensateCall: self._run,
            cmd.MakePlan: self._plan,
            cmd.Replan: self._plan,
            cmd.SetTimer: self._set_timer,
            cmd.StopCall: self._stop_call,
            cmd.StandInLine: self._stand_in_line,
            cmd.Release: self._release,
            cmd.Finish: self._finish,
        }

    def hand_on(self, live: Live, command: cmd.Command, at_ms: int) -> None:
        """Hand on a command that was decided at this wall time."""
        self._ways[type(command)](live, command, at_ms)

    def _run(self, live: Live, command: CallCommand, at_ms: int) -> None:
        if self._holds.is_releasing and self._holds.releases(live, command.step.id):
            live.queued += 1
            again = partial(self._call_after_all, live, command)
            self._holds.once_released(live, command.step.id, again)
        else:
            self._workers.call(live, command)

    def _call_after_all(self, live: Live, command: CallCommand) -> None:
        """What the step had has been given back."""
        live.queued -= 1
        self._workers.call(live, command)

    def _plan(self, live: Live, command: cmd.MakePlan | cmd.Replan, at_ms: int) -> None:
        self._workers.plan(live, command)

    def _set_timer(self, live: Live, command: cmd.SetTimer, at_ms: int) -> None:
        step, timer, due_ms = command.step, command.timer, command.due_ms
        self._timers.set(live.execution, step, timer, due_ms, as_of_ms=at_ms)

    def _stop_call(self, live: Live, command: cmd.StopCall, at_ms: int) -> None:
        self._workers.stop_call(live, command.step)

    def _stand_in_line(self, live: Live, command: cmd.StandInLine, at_ms: int) -> None:
        self._holds.add(Holder(live.execution, command.step), command.until_ms)

    def _release(self, live: Live, command: cmd.Release, at_ms: int) -> None:
        self._holds.release(live, command.step)

    def _finish(self, live: Live, command: cmd.Finish, at_ms: int) -> None:
        self._timers.drop(live.execution)
