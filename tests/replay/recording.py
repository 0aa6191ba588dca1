"""A recorded journal, and what folding it must lead to, as files."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from tizmor.core import events as ev
from tizmor.core.evolve import evolve
from tizmor.core.result import result
from tizmor.core.state import GateState, State
from tizmor.core.terms import PLAIN
from tizmor.engine.projections import status_of

JOURNALS = Path(__file__).parent / "journals"
EXECUTION = 7
_LONG = 200

Event = tuple[int, bytes]
"""When it was, in ms since the epoch, and its payload."""


class _Line(msgspec.Struct):
    at_ms: int
    event: msgspec.Raw


def recorded() -> Iterator[tuple[str, Path]]:
    """Every recorded journal by its name."""
    for path in sorted(JOURNALS.rglob("*.jsonl")):
        yield path.relative_to(JOURNALS).with_suffix("").as_posix(), path


def read(path: Path) -> list[Event]:
    lines = msgspec.json.Decoder(_Line).decode_lines(path.read_bytes())
    return [(line.at_ms, bytes(line.event)) for line in lines]


def written(events: Sequence[Event]) -> bytes:
    return b"".join(
        msgspec.json.encode(_Line(at_ms, msgspec.Raw(payload))) + b"\n" for at_ms, payload in events
    )


def folded(events: Sequence[Event], state: State | None = None) -> State:
    """The state after the events, from nothing or from another state on."""
    state = state or State(EXECUTION)
    for at_ms, payload in events:
        evolve(state, ev.decode(payload), at_ms)
    return state


def picture(state: State) -> dict[str, Any]:
    """A state for people to read, and to be compared with what it was."""
    shown: dict[str, Any] = {
        "status": status_of(state).value,
        "request": state.query,
        "user": state.user,
        "error": state.error,
        "priority": state.priority,
        "forked_from": state.forked_from,
        "deadline_ms": state.deadline_ms,
        "replans": state.replans,
        "created_at_ms": state.created_at_ms,
        "ended_at_ms": state.ended_at_ms,
        "steps": {name: _step(state, name) for name in state.steps},
        "outputs": state.outputs,
        "gates": {name: _gate(gate) for name, gate in state.gates.items()},
        "questions": {name: msgspec.to_builtins(asked) for name, asked in state.questions.items()},
        "effects": state.effects,
        "result": result(state),
    }
    if state.talk is not None:
        shown["talk"] = msgspec.to_builtins(state.talk)
    decoded: dict[str, Any] = json.loads(json.dumps(_short(shown)))
    return decoded


def _gate(gate: GateState) -> dict[str, Any]:
    """Who agreed, and to what end, is told only of a gate under terms of its own."""
    told: dict[str, Any] = msgspec.to_builtins(gate)
    if gate.terms == PLAIN:
        for name in ("terms", "needs", "signatures", "reminded_at_ms"):
            del told[name]
    return told


def _step(state: State, name: str) -> dict[str, Any]:
    step = state.steps[name]
    told = {
        "agent": step.step.agent,
        "status": step.status.value,
        "attempt": step.attempt,
        "error": step.error,
        "messages": step.messages,
        "arguments": step.arguments,
        "key": step.key,
        "started_at_ms": step.started_at_ms,
        "ended_at_ms": step.ended_at_ms,
        "unmet": step.unmet,
    }
    return {key: value for key, value in told.items() if value or key == "status"}


def _short(value: Any) -> Any:
    """Long texts by their beginning, length and hash."""
    if isinstance(value, str) and len(value) > _LONG:
        digest = hashlib.sha256(value.encode()).hexdigest()
        return f"{value[:20]}… ({len(value)} characters, SHA-256 {digest})"
    if isinstance(value, dict):
        return {key: _short(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_short(part) for part in value]
    return value


def expected(path: Path) -> Any:
    return json.loads(path.with_suffix(".json").read_text("utf-8"))


def keep(name: str, events: Sequence[Event]) -> None:
    """Write a journal and what it leads to. Raises `FileExistsError`: what was recorded stays."""
    path = JOURNALS / f"{name}.jsonl"
    path.parent.mkdir(exist_ok=True)
    with path.open("xb") as file:
        file.write(written(events))
    shown = json.dumps(picture(folded(events)), ensure_ascii=False, indent=1)
    path.with_suffix(".json").write_text(shown + "\n", "utf-8")
