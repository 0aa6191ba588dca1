"""The processes of a run: started, killed, waited for."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import NamedTuple

import msgspec
from tests.load import wire
from tests.load.scene import Scene

_CLOSE_S = 30.0


class _Member(NamedTuple):
    name: str
    process: subprocess.Popen[bytes]


class Cast:
    """The processes of a run, and what they have cost."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._alive: list[_Member] = []
        self.cpu_s: dict[str, float] = {}
        self.killed: list[str] = []

    def start(self, module: str, name: str, *, first: int = 0, executions: int = 0) -> None:
        told = msgspec.structs.replace(self._scene, name=name, first=first, executions=executions)
        process = subprocess.Popen([sys.executable, "-m", module], stdin=subprocess.PIPE)
        assert process.stdin is not None
        process.stdin.write(msgspec.json.encode(told) + b"\n")
        process.stdin.close()
        self._alive.append(_Member(name, process))

    def kill(self, name: str) -> None:
        """As `kill -9`."""
        member = next(member for member in self._alive if member.name == name)
        member.process.kill()
        self._reap(member)
        self.killed.append(name)

    def leave(self) -> None:
        """Wait until all have closed; who doesn't in time is killed."""
        deadline = time.monotonic() + _CLOSE_S
        for member in list(self._alive):
            while time.monotonic() < deadline and not self._has_ended(member):
                time.sleep(0.05)
            if member in self._alive:
                member.process.kill()
                self._reap(member)

    def _has_ended(self, member: _Member) -> bool:
        return self._reap(member, os.WNOHANG)

    def _reap(self, member: _Member, options: int = 0) -> bool:
        pid, status, usage = os.wait4(member.process.pid, options)
        if pid == 0:
            return False
        member.process.returncode = os.waitstatus_to_exitcode(status)
        self.cpu_s[member.name] = usage.ru_utime + usage.ru_stime
        self._alive.remove(member)
        return True


@contextlib.contextmanager
def recording() -> Iterator[wire.Address]:
    """A recorder, in a process of its own, and where it is reached."""
    command = [sys.executable, "-m", "tests.load.recorder"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            yield ("127.0.0.1", int(process.stdout.readline()))
        finally:
            process.kill()
