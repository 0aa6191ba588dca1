"""Budgets and breakers as people write them."""

from __future__ import annotations

import pytest

from tizmor.core.plan import Budget, Exhausted
from tizmor.ports.breakers import Breaking, breaking
from tizmor.ports.budgets import Budgeting, budget, budgeting


def test_a_budget_is_read_as_it_is_written() -> None:
    written = "usd=0.5, tokens=20000,time=10m,calls=50,exhausted=cheaper+ask"
    policy = (Exhausted.CHEAPER, Exhausted.ASK)
    assert budget(written) == Budget(usd=0.5, tokens=20_000, time_s=600, calls=50, exhausted=policy)


@pytest.mark.parametrize(
    "written",
    ["", "usd", "usd=", "usd=-1", "usd=nan", "money=1", "tokens=1.5", "calls=1m", "exhausted=ask",
     "usd=1,exhausted=perhaps", "tokens=99999999999"],
)  # fmt: skip
def test_what_is_no_budget_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        budget(written)


def test_the_settings_name_scope_and_measure_with_or_without_quotes() -> None:
    given = {"day.usd": 5.0, "execution": {"calls": 500}, "exhausted": ["cheaper", "ask"]}
    expected = Budgeting(
        {"day.usd": 5_000_000, "execution.calls": 500}, (Exhausted.CHEAPER, Exhausted.ASK)
    )
    assert budgeting(given) == expected
    assert budgeting("day.usd=5,execution.calls=500,exhausted=cheaper+ask") == expected


@pytest.mark.parametrize(
    "given", [{"day": 5}, {"year.usd": 5}, {"day.money": 5}, {"day.usd": True}, 7]
)
def test_what_is_no_table_of_budgets_is_refused(given: object) -> None:
    with pytest.raises(ValueError, match=r"."):
        budgeting(given)


def test_when_a_breaker_opens_is_read_as_it_is_written() -> None:
    assert breaking({"failures": 3, "pause_s": 1.5}) == Breaking(failures=3, pause_s=1.5)
    assert breaking("failures=3,rate=0.2") == Breaking(failures=3, rate=0.2)


@pytest.mark.parametrize(
    "given", ["failures=0", "failures=x", {"rate": 2}, {"failures": 1.5}, {"x": 1}, 3]
)
def test_what_is_no_rule_for_breakers_is_refused(given: object) -> None:
    with pytest.raises(ValueError, match=r"."):
        breaking(given)
