"""Draw the life of a step, as Mermaid, from the table that the engine runs by."""

from __future__ import annotations

from tizmor.core.transitions import MOVES, TERMINAL, StepStatus


def drawing() -> str:
    """An arrow for each move; what ends a step from anywhere has only one."""
    lines = ["stateDiagram-v2", "    [*] --> pending", "    pending --> ready: needs met"]
    live = frozenset(StepStatus) - TERMINAL
    for event, (sources, target) in MOVES.items():
        if sources == live:
            lines.append(f"    live --> {target}: {event.__name__}")
            continue
        lines += [
            f"    {source} --> {target}: {event.__name__}"
            for source in StepStatus
            if source in sources
        ]
    return "\n".join([*lines, *(f"    {end} --> [*]" for end in StepStatus if end in TERMINAL)])


if __name__ == "__main__":
    print(drawing())
