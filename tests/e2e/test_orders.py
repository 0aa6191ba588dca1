"""Orders given twice, from terminals that know nothing of one another."""

from __future__ import annotations

import json

from tests.e2e.product import ANCHOR, Tizmor


def test_an_order_that_is_given_twice_is_confirmed_twice_and_carried_out_once(
    tevuot: Tizmor,
) -> None:
    waiting = json.loads(tevuot("run", ANCHOR, "--json").stdout.splitlines()[-1])
    execution, gate = waiting["executionId"], waiting["waitingFor"][0]["id"]

    for _ in range(2):
        paused = tevuot("pause", execution)
        assert (paused.returncode, paused.stdout.splitlines()[0]) == (3, "paused"), paused.stderr
        assert waiting["result"]["summary"].splitlines()[0] not in paused.stdout
    assert tevuot("approve", execution, gate).stdout.startswith(f"{gate} approved")
    assert tevuot("approve", execution, gate).stdout.startswith(f"{gate} was approved already")
    assert tevuot.made_events() == [], "it is paused"

    for _ in range(2):
        assert tevuot("resume", execution).returncode == 0
    again = tevuot("approve", execution, gate)
    assert (again.returncode, again.stdout.splitlines()[0]) == (0, f"{gate} was approved already")
    assert tevuot("reject", execution, gate).returncode == 2
    assert len(tevuot.made_events()) == 1
    replayed = tevuot("replay", execution)
    assert replayed.returncode == 0
    assert replayed.stdout.endswith(" lead to COMPLETED, as it is shown.\n")
