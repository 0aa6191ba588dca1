"""What one measuring process says on its last line, as JSON."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass, field


@dataclass(kw_only=True)
class Outcome:
    """`stored_steps` are those that `bytes` were stored for, the warm-up's included. What was
    `cut_off_s` has some of its steps only, and the latencies of what had ended."""

    n: int
    steps: int
    wall_s: float
    cpu_s: float
    latencies_ms: list[float]
    server_cpu_s: float | None = None
    stored_steps: int = 0
    bytes: int = 0
    fsync_ms: float = 0.0
    pace_ms: float = 0.0
    repeated_steps: int | None = None
    resumed_ms: float | None = None
    cut_off_s: float | None = None
    versions: dict[str, str] = field(default_factory=dict)

    def line(self) -> str:
        return json.dumps(dataclasses.asdict(self))


def parse(line: str) -> Outcome:
    return Outcome(**json.loads(line))
