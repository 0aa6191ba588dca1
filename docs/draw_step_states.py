"""Draw the life of a step, as Mermaid, from the table that the engine runs by."""

from __future__ import annotations

from tizmor.core.transitions import MOVES, STARTABLE, TERMINAL, UNBEGUN, StepStatus

GROUPS = {
    frozenset(StepStatus) - TERMINAL: "live",
    STARTABLE: "startable",
    UNBEGUN | {StepStatus.REPLANNING}: "unbegun",
}
"""Where several statuses move alike, one arrow stands for all of them."""
ENDS = [s for s in StepStatus if s in TERMINAL and s is not StepStatus.COMPENSATING]


def drawing() -> str:
    """An arrow for each move, or one for a group that moves together."""
    lines = ["stateDiagram-v2", "    [*] --> pending", "    pending --> ready: needs met"]
    for event, (sources, target) in MOVES.items():
        group = GROUPS.get(sources)
        names = [group] if group else [s.value for s in StepStatus if s in sources]
        lines += [f"    {name} --> {target}: {event.__name__}" for name in names]
    return "\n".join([*lines, *(f"    {end} --> [*]" for end in ENDS)])


if __name__ == "__main__":
    print(drawing())
