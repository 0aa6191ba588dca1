"""`tizmor run` on a real terminal device, in a process of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PLAYER = """
import sys
import tizmor
from tests.unit.cli.fake import ANCHOR, GATE, ID, Scripted, Shell, events_of, opener
from tizmor.cli.main import main
store = {ID: Scripted(coming=events_of(ANCHOR, gate=GATE))}
vars(tizmor)["Tizmor"] = opener(Shell(None, store, [], None))
sys.exit(main(["run", "meet Yoav", *sys.argv[1:]]))
"""


class Terminal:
    """A terminal with `tizmor run` on it. `seen` is all that was written to it so far."""

    def __init__(self, device: int, process: subprocess.Popen[bytes]) -> None:
        self.device = device
        self.process = process
        self.seen = ""

    def wait_for(self, text: str) -> None:
        """Read until the text has been written; fails when the process ends without it."""
        while text not in self.seen:
            piece = self._read()
            assert piece, f"ended without {text!r}:\n{self.seen}"

    def type(self, line: str) -> None:
        os.write(self.device, line.encode())

    def end(self) -> int:
        while self._read():
            pass
        return self.process.wait(timeout=20)

    def _read(self) -> str:
        try:
            piece = os.read(self.device, 65536).decode(errors="replace")
        except OSError:  # Linux: the other side was closed
            return ""
        self.seen += piece
        return piece


@contextmanager
def running(workspace: Path, **environment: str) -> Iterator[Terminal]:
    device, other = os.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", PLAYER, "--workspace", str(workspace)],
        stdin=other,
        stdout=other,
        stderr=other,
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "TERM": "xterm", "LANG": "C.UTF-8"} | environment,
        start_new_session=True,
    )
    os.close(other)
    try:
        yield Terminal(device, process)
    finally:
        process.kill()
        process.wait()
        os.close(device)


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    return tmp_path


def test_a_gate_is_approved_where_it_is_shown(workspace: Path) -> None:
    with running(workspace) as terminal:
        terminal.wait_for("[a]pprove")
        terminal.type("a\n")
        assert terminal.end() == 0
        assert "Approval needed" in terminal.seen
        assert "completed" in terminal.seen


def test_a_gate_is_rejected_where_it_is_shown(workspace: Path) -> None:
    with running(workspace) as terminal:
        terminal.wait_for("[a]pprove")
        terminal.type("r\n")
        assert terminal.end() == 4


def test_the_end_of_input_leaves_it_waiting_with_the_line_to_paste(workspace: Path) -> None:
    with running(workspace) as terminal:
        terminal.wait_for("[a]pprove")
        terminal.type("\x04")
        assert terminal.end() == 3
        assert "tizmor approve 06b1x3k8q9r2t calendar.1" in terminal.seen


def test_an_interrupt_says_how_to_go_on(workspace: Path) -> None:
    with running(workspace) as terminal:
        terminal.wait_for("[a]pprove")
        terminal.process.send_signal(signal.SIGINT)
        assert terminal.end() == 130
        assert f"tizmor resume 06b1x3k8q9r2t --workspace {workspace}" in terminal.seen
        assert "Traceback" not in terminal.seen


def test_no_color_means_no_colour(workspace: Path) -> None:
    with running(workspace, NO_COLOR="1") as terminal:
        terminal.wait_for("[a]pprove")
        assert "\x1b[3" not in terminal.seen
        assert "\x1b[9" not in terminal.seen


def test_a_terminal_that_can_not_be_drawn_on_gets_plain_lines(workspace: Path) -> None:
    with running(workspace, TERM="dumb") as terminal:
        assert terminal.end() == 3
        assert "\x1b" not in terminal.seen
        assert "search: found by DriveSearch" in terminal.seen
