"""Forecasts: the critical path over measured calls, and never nothing for what isn't known."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tizmor.core.forecast import FEW, Forecast, Measured, forecast
from tizmor.core.plan import Costs, ForEach, Plan, Step

STEADY = [Measured(100, 10, 2_000)] * FEW
PAID = Costs(tokens=100, usd=1.0)


def step(name: str, *after: str, agent: str = "A", **more: Any) -> Step:
    return Step(id=name, agent=agent, after=after, **more)


def of(*steps: Step, measured: Any = None) -> Forecast:
    return forecast(Plan(goal="g", steps=steps), {"A": STEADY} if measured is None else measured)


def median(told: Forecast) -> float | None:
    return None if told.time_ms is None else told.time_ms.median


def test_steps_in_a_row_take_their_sum_and_steps_side_by_side_the_longest() -> None:
    assert median(of(step("a"), step("b", "a"), step("c", "b"))) == 300
    assert median(of(step("a"), step("b"), step("c"))) == 100
    assert median(of(step("a"), step("b"), step("c", "a", "b"))) == 200


def test_tokens_and_money_are_the_sum_over_all_steps() -> None:
    told = of(step("a", costs=PAID), step("b", costs=PAID))
    assert told.tokens is not None
    assert told.cost_usd is not None
    assert (told.tokens.median, told.cost_usd.median) == (20, 0.004)


def test_the_spread_is_that_of_what_was_measured() -> None:
    measured = {"A": [Measured(ms, 0, 0) for ms in range(1, 1001)]}
    told = of(step("a"), measured=measured).time_ms
    assert told is not None
    assert 60 < told.p10 < 140
    assert 430 < told.median < 570
    assert 860 < told.p90 < 940


def test_the_sum_of_many_is_surer_than_each_and_the_longest_of_many_is_longer() -> None:
    measured = {"A": [Measured(ms, 0, 0) for ms in range(1, 1001)]}
    row = of(*(step(f"s{i}", *([f"s{i - 1}"] if i else [])) for i in range(20)), measured=measured)
    side = of(*(step(f"s{i}") for i in range(20)), measured=measured)
    assert row.time_ms is not None
    assert side.time_ms is not None
    assert (row.time_ms.p90 - row.time_ms.p10) / row.time_ms.median < 0.5
    assert side.time_ms.median > 900


def test_what_was_never_measured_is_unknown_and_the_rest_is_the_least() -> None:
    told = of(step("a"), step("b", "a", agent="New"), step("c", "b"))
    assert told.time_ms is None
    assert told.at_least["timeMs"].median == 200
    assert told.unknown == ("New",)
    assert told.measurements == {"A": FEW, "New": 0}


def test_money_is_unknown_only_where_something_is_paid_for() -> None:
    free = of(step("a", agent="New"))
    assert free.time_ms is None
    assert free.tokens is not None
    assert free.tokens.median == 0
    paid = of(step("a", agent="New", costs=PAID))
    assert (paid.tokens, paid.cost_usd) == (None, None)
    assert set(paid.at_least) == {"timeMs", "tokens", "costUsd"}


def test_few_measurements_are_told_as_few() -> None:
    told = of(step("a"), measured={"A": STEADY[: FEW - 1]})
    assert told.few == ("A",)
    assert median(told) == 100
    assert of(step("a")).few == ()


@pytest.mark.parametrize(
    ("count", "width", "expected_ms"), [(4, 2, 200), (5, 2, 300), (1, 8, 100), (1000, 10, 10_000)]
)
def test_a_list_takes_as_long_as_its_calls_side_by_side(
    count: int, width: int, expected_ms: int
) -> None:
    told = of(step("a", for_each=ForEach(items=[0] * count, width=width), costs=PAID))
    assert median(told) == expected_ms
    assert told.tokens is not None
    assert told.tokens.median == 10 * count


def test_a_list_that_is_not_there_yet_is_unknown() -> None:
    listed = step("b", for_each=ForEach(items={"$ref": "/a/items"}))
    told = of(step("a"), listed)
    assert told.time_ms is None
    assert told.unknown == ("b",)
    empty = of(step("a", for_each=ForEach(items=[])))
    assert median(empty) == 0


def test_the_same_is_always_forecast_the_same_and_large_plans_are_quick() -> None:
    measured = {"A": [Measured(ms, 0, 0) for ms in range(1, 100)]}
    steps = [step(f"s{i}", *([f"s{i - 1}"] if i else [])) for i in range(2_000)]
    began = time.process_time()
    first = of(*steps, measured=measured)
    assert time.process_time() - began < 2
    assert first == of(*steps, measured=measured)
