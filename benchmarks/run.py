"""One measurement, from an empty folder to an `Outcome`: the processes of its lives and its time.

A process that takes longer than `LIMIT_S` is ended and the row says so.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.catalog import System
from benchmarks.environments import NotInstalled, python_of
from benchmarks.one import Life, Task
from benchmarks.outcome import Outcome, parse
from benchmarks.servers import NotAvailable, Running, Servers
from benchmarks.workloads import Kind, Workload

LIMIT_S = 80.0
_ROOT = Path(__file__).parent.parent


class NotRun(Exception):
    """There is no figure; the message is the row's reason."""


def measured(system: System, workload: Workload, servers: Servers) -> Outcome:
    """Raises `NotRun`."""
    if reason := system.reason_against(workload):
        raise NotRun(reason)
    try:
        python = python_of(system.environment)
        server = servers.get(system.server) if system.server else None
    except (NotInstalled, NotAvailable) as error:
        raise NotRun(f"not run: {error}") from error
    with _folders() as (state, notes):
        task = Task(
            system=system.name,
            workload=workload.name,
            state=str(state),
            notes=str(notes),
            url=server.new_database() if server else "",
            server_pids=list(server.pids) if server else [],
        )
        outcome = _lives(python, task, workload, server)
        if server:
            outcome.bytes = server.stored_bytes()
    return outcome


def _lives(python: Path, task: Task, workload: Workload, server: Running | None) -> Outcome:
    environment = os.environ | (server.environment if server else {})
    if workload.kind is Kind.THROUGHPUT:
        return _outcome(_lived(python, task, Life.ONLY, environment))
    died = _lived(python, task, Life.KILLED, environment)
    if died.returncode != -signal.SIGKILL:
        raise NotRun(f"failed: the life that was to be killed ended itself: {_last_line(died)}")
    if workload.history:
        _lived_well(_history(python, task, workload.history))
    return _outcome(_lived(python, task, Life.NEXT, environment))


def _lived(
    python: Path, task: Task, life: Life, environment: dict[str, str]
) -> subprocess.CompletedProcess[str]:
    task = Task(**{**vars(task), "life": life, "born": time.time()})
    return _ended([str(python), "-m", "benchmarks.one", task.line()], environment)


def _ended(command: list[str], environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """The process when it has ended. All that it started goes with it."""
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=_ROOT,
        env=environment, start_new_session=True,
    )  # fmt: skip
    try:
        output, errors = process.communicate(timeout=LIMIT_S)
    except subprocess.TimeoutExpired as error:
        raise NotRun(f"over {LIMIT_S:.0f} s: ended") from error
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
    return subprocess.CompletedProcess(command, process.returncode, output, errors)


def _history(python: Path, task: Task, executions: int) -> subprocess.CompletedProcess[str]:
    command = [str(python), "-m", "benchmarks.history", task.state, str(executions)]
    return _ended(command, dict(os.environ))


def _outcome(lived: subprocess.CompletedProcess[str]) -> Outcome:
    _lived_well(lived)
    outcome = parse(lived.stdout.splitlines()[-1])
    if not outcome.steps:
        raise NotRun(f"over {outcome.cut_off_s} s: cut off before its first step")
    return outcome


def _lived_well(lived: subprocess.CompletedProcess[str]) -> None:
    if lived.returncode:
        raise NotRun(f"failed: {_last_line(lived)}")


def _last_line(lived: subprocess.CompletedProcess[str]) -> str:
    lines = [line for line in lived.stderr.splitlines() if line.strip()]
    return lines[-1].strip()[:200] if lines else f"exit code {lived.returncode}"


@contextlib.contextmanager
def _folders() -> Iterator[tuple[Path, Path]]:
    """The system's own, and one for notes about it."""
    with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_FOLDER")) as name:
        state, notes = Path(name, "state"), Path(name, "notes")
        state.mkdir()
        notes.mkdir()
        yield state, notes
