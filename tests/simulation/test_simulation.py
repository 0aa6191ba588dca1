"""The engine on virtual time, through many seeds of faults. `make simulate` runs many more."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from tests.simulation import planted, planted_pipeline
from tests.simulation.kept import KEPT, Kept
from tests.simulation.people import ORDERS, WHIMS
from tests.simulation.planting import Planted
from tests.simulation.properties import PROPERTIES
from tests.simulation.run import UPSETS, Outcome, simulate
from tests.simulation.shrinking import shrunk, size
from tests.simulation.world import MISHAPS

from tizmor.core import events as ev
from tizmor.drivers.simulated.choices import Choices
from tizmor.drivers.simulated.faults import RATES, SHARING

ROOT = Path(__file__).parents[2]
SEEDS = 600
BATCH = 60

NEVER_SEEN = {"Event", "AnyEvent"}
"""What is no kind of event itself."""
PLANTED = (*planted.PLANTED, *planted_pipeline.PLANTED)


def violated(outcome: Outcome) -> set[str]:
    return {violation.property for violation in outcome.violations}


@pytest.fixture(scope="module")
def seen() -> tuple[Counter[str], Counter[str], Counter[str]]:
    """Faults, kinds of event and ends of all batches so far."""
    return Counter(), Counter(), Counter()


@pytest.mark.parametrize("start", range(0, SEEDS, BATCH))
def test_every_property_holds_in_every_run(
    start: int, seen: tuple[Counter[str], Counter[str], Counter[str]]
) -> None:
    for seed in range(start, start + BATCH):
        outcome = simulate(Choices(seed))
        assert not outcome.violations, (
            f"seed {seed}: {outcome.violations[0]}\n"
            f"for the whole story: python -m tests.simulation --replay {seed}"
        )
        for counter, counted in zip(
            seen, (outcome.faults, outcome.kinds, outcome.ends), strict=True
        ):
            counter.update(counted)


def test_everything_that_can_go_wrong_did_and_every_kind_of_event_was_seen(
    seen: tuple[Counter[str], Counter[str], Counter[str]],
) -> None:
    """A simulator in which something never happens proves nothing about it."""
    faults, kinds, ends = seen
    assert {*RATES, *SHARING, *MISHAPS, *UPSETS, *WHIMS, *ORDERS} <= set(faults)
    known = {kind.__name__ for kind in ev.Event.__subclasses__()}
    assert known - NEVER_SEEN <= set(kinds)
    assert {"COMPLETED", "FAILED", "REJECTED", "CANCELLED", "WAITING"} <= set(ends)


@pytest.mark.parametrize("kept", KEPT, ids=lambda kept: kept.name)
def test_what_once_failed_holds(kept: Kept) -> None:
    assert not simulate(Choices(record=kept.record)).violations


@pytest.mark.parametrize("bug", PLANTED, ids=lambda bug: bug.name)
def test_a_planted_bug_is_found_within_so_many_seeds(
    bug: Planted, monkeypatch: pytest.MonkeyPatch
) -> None:
    bug.plant(monkeypatch)
    assert any(bug.breaks in violated(simulate(Choices(seed))) for seed in bug.seeds)


def test_each_property_has_a_planted_bug() -> None:
    assert {bug.breaks for bug in PLANTED} == set(PROPERTIES)


def test_a_failing_run_is_made_small_and_fails_in_the_same_way(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bug = next(p for p in PLANTED if p.plant.__name__ == "timers_forgotten")
    bug.plant(monkeypatch)

    def fails(record: dict[str, list[int]]) -> bool:
        return bug.breaks in violated(simulate(Choices(record=record)))

    outcomes = (simulate(Choices(seed)) for seed in bug.seeds)
    found = next(outcome for outcome in outcomes if bug.breaks in violated(outcome))
    small = shrunk(found.record, fails, attempts=60)
    assert fails(small)
    assert size(small) * 2 < size(found.record)


def test_a_record_is_the_run_that_it_was_taken_from() -> None:
    for seed in range(20):
        outcome = simulate(Choices(seed))
        assert simulate(Choices(record=outcome.record)).digest == outcome.digest


DIGESTS = """
import json
from tests.simulation.run import simulate
from tizmor.drivers.simulated.choices import Choices
print(json.dumps([simulate(Choices(seed)).digest for seed in range(25)]))
"""


def digests(hash_seed: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", DIGESTS],
        cwd=ROOT,
        env={"PYTHONHASHSEED": hash_seed, "PYTHONPATH": f"{ROOT}:{ROOT / 'src'}"},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    found: list[str] = json.loads(done.stdout)
    return found


def test_the_same_seed_is_the_same_run_byte_for_byte_in_any_interpreter() -> None:
    one, other = digests("1"), digests("2")
    assert one == other
    assert len(set(one)) > len(one) - 5, "seeds lead to runs of their own"
