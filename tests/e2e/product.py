"""The product as its user runs it: real processes on a real workspace."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import icalendar

ANCHOR = "תקרא מה עשינו בדצמבר בתבואות, תבין את האסטרטגיה ותקבע פגישה עם יואב"
MINE = "@tizmor"
"""What the UIDs of events that Tizmor made end with."""


class Tizmor:
    """The command line on one workspace."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {
            k: v for k, v in os.environ.items() if not k.startswith(("TIZMOR_", "DATABASE_"))
        }

    def command(self, *words: str) -> list[str]:
        verb, *rest = words
        return [sys.executable, "-m", "tizmor", verb, "--workspace", str(self.folder), *rest]

    def __call__(
        self, *words: str, stdin: str | None = None, timeout: float = 60
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*words),
            input=stdin or "",
            capture_output=True,
            text=True,
            timeout=timeout,
            env=self.environment,
            check=False,
        )

    def start(self, *words: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            self.command(*words),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=self.environment,
        )

    def lines(self, *words: str) -> list[dict[str, Any]]:
        """What a verb prints with --json."""
        return [json.loads(line) for line in self(*words, "--json").stdout.splitlines()]

    def show(self, execution: str) -> dict[str, Any]:
        return self.lines("show", execution)[-1]

    def made_events(self) -> list[icalendar.Event]:
        """The events that Tizmor wrote into the calendar."""
        events = []
        for path in sorted((self.folder / "calendar").glob(f"*{MINE}.ics")):
            calendar = icalendar.Calendar.from_ical(path.read_bytes())
            events += [e for e in calendar.walk("VEVENT") if str(e["UID"]).endswith(MINE)]
        return events

    def agendas(self) -> list[Path]:
        return sorted((self.folder / "out").rglob("*.md"))
