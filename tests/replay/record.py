"""Record the scenarios that have no journal yet: `python -m tests.replay.record`.

A journal that is there is never written again, whatever the engine does by now: it stands for those
that users have. Look at the new `.json` before it is committed.
"""

from __future__ import annotations

import sys

from tests.replay.recording import keep, recorded
from tests.replay.scenarios import SCENARIOS
from tests.replay.stage import record


def main() -> None:
    known = {name for name, _ in recorded()}
    for name, scenario in SCENARIOS.items():
        if name not in known:
            events = record(scenario)
            keep(name, events)
            sys.stdout.write(f"{name}: {len(events)} events\n")


if __name__ == "__main__":
    main()
