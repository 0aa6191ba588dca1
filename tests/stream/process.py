"""A server as a process, and what it takes up."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


class Uses(NamedTuple):
    """What a process takes up: seconds of CPU so far, bytes of memory, open files, threads."""

    cpu_s: float
    memory: int
    files: int
    threads: int


class Served:
    """One server on one workspace, on a port of its own that stays over restarts."""

    def __init__(self, workspace: Path) -> None:
        self.workspace = workspace
        self.port = 0
        self._process: subprocess.Popen[str] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def begin(self) -> None:
        """Begin, or begin again after a kill; returns when it can be asked."""
        command = [sys.executable, "-m", "tests.stream.served", str(self.workspace), str(self.port)]
        paths = [str(ROOT / "src"), str(ROOT)]
        self._process = subprocess.Popen(  # noqa: ASYNC220
            command,
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(paths)},
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        said = await asyncio.to_thread(self._process.stdout.readline)
        if not said:
            raise RuntimeError("the server didn't begin")
        self.port = int(said.rpartition(":")[2])

    def kill(self) -> None:
        """kill -9."""
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def end(self) -> int:
        """End it in order; its exit code."""
        assert self._process is not None
        if self._process.poll() is None:
            self._process.terminate()
        return self._process.wait(timeout=60)

    def uses(self) -> Uses:
        assert self._process is not None
        proc = Path("/proc") / str(self._process.pid)
        fields = (proc / "stat").read_text().rpartition(")")[2].split()
        return Uses(
            cpu_s=(int(fields[11]) + int(fields[12])) / _TICKS,
            memory=int((proc / "statm").read_text().split()[1]) * _PAGE,
            files=len(list((proc / "fd").iterdir())),
            threads=int(fields[17]),
        )
