"""The machine's view: one JSON object a line on standard output."""

from __future__ import annotations

import sys
from typing import Any

import msgspec

from tizmor.cli.ends import ENDS
from tizmor.engine.views import Execution, StreamEvent


def write_json(value: Any) -> None:
    """One line, on its way at once."""
    sys.stdout.write(msgspec.json.encode(value).decode() + "\n")
    sys.stdout.flush()


def closing_line(execution: Execution, last: StreamEvent | None) -> dict[str, Any]:
    """The last line of a verb that follows an execution; its `id` is the journaled end's."""
    line: dict[str, Any] = {
        "type": ENDS.get(execution.status, execution.status.value.lower()),
        "executionId": execution.id,
        "status": execution.status.value,
        "result": execution.result,
        "waitingFor": execution.waiting_for,
        "durationMs": execution.duration_ms,
        "tokens": execution.tokens,
        "costUsd": execution.cost_usd,
    }
    if execution.dry_run:
        line |= {"dryRun": True, "wouldDo": execution.would_do, "recording": execution.recording}
        line["command"] = execution.command
    if execution.carries_out:
        line["carriesOut"] = execution.carries_out
    if execution.error:
        line["error"] = execution.error
    if last is not None and last.id is not None:
        line["id"] = last.id
    return line
