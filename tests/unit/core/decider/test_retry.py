"""What is known not to have happened is tried again: bounded, with jitter, as the API asks."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.core.script import Script, step, writing

from tizmor.core import commands as cmd
from tizmor.core import events as ev
from tizmor.core import facts as fx
from tizmor.core.plan import Effect, RetryPolicy
from tizmor.core.recovery import may_retry, retry_delay_ms

THREE = RetryPolicy(attempts=3, first_delay_s=2.0, max_delay_s=60.0)
dice = st.floats(0, 1, exclude_max=True)


@given(st.integers(1, 200), dice)
def test_full_jitter_is_between_nothing_and_a_bound_that_doubles(failures: int, die: float) -> None:
    policy = RetryPolicy(first_delay_s=0.5, max_delay_s=45.0)
    bound_s = min(45.0, 0.5 * 2.0 ** (failures - 1))
    assert 0 <= retry_delay_ms(policy, failures, die) <= 1000 * bound_s


def test_the_whole_range_is_used() -> None:
    assert retry_delay_ms(THREE, 3, 0.0) == 0
    assert retry_delay_ms(THREE, 3, 0.999) == 7992


@given(st.integers(1, 9), dice, st.floats(0, 3600))
def test_what_the_api_asked_for_goes_before_the_policy(
    failures: int, die: float, asked_s: float
) -> None:
    assert retry_delay_ms(THREE, failures, die, asked_s) == int(1000 * asked_s)


@pytest.mark.parametrize("asked_s", [-5.0, math.nan, math.inf, 1e300])
def test_a_senseless_wish_of_the_api_is_bounded_to_a_day(asked_s: float) -> None:
    assert 0 <= retry_delay_ms(THREE, 1, 0.5, asked_s) <= 24 * 3600 * 1000


def test_attempts_counts_the_first_one_too() -> None:
    assert [may_retry(THREE, failures) for failures in (1, 2, 3)] == [True, True, False]


def test_a_transient_failure_is_tried_again_when_its_timer_fires() -> None:
    script = Script(step("a", retry=THREE))
    script.begin("a")
    script.fail("a", retryable=True, dice=0.5)
    due_ms = script.at_ms + 1000
    assert script.one(ev.AttemptFailed).retry_at_ms == due_ms
    assert script.ordered(cmd.SetTimer) == cmd.SetTimer(step="a", due_ms=due_ms)
    assert script.status("a") == "retrying"
    script.tell(fx.TimerFired(step="a"), later_ms=1000)
    assert script.ordered(cmd.RunCall).attempt == 2
    script.complete("a")
    assert script.state.status == "COMPLETED"
    assert script.state.steps["a"].error is None


def test_a_clock_that_was_set_back_does_not_hold_a_retry_back_for_longer() -> None:
    script = Script(step("a", retry=THREE)).fail("a", retryable=True, dice=0.5)
    wait_ms = script.state.steps["a"].retry_at_ms - script.at_ms
    script.at_ms -= 3_600_000
    script.crash()
    assert script.ordered(cmd.SetTimer).due_ms - script.at_ms <= wait_ms + 1


def test_a_timer_that_fires_twice_starts_one_attempt() -> None:
    script = Script(step("a", retry=THREE)).fail("a", retryable=True)
    assert script.tell(fx.TimerFired(step="a"), later_ms=9000).starts() == ["a"]
    assert script.tell(fx.TimerFired(step="a")).starts() == []


def test_the_last_attempts_failure_is_the_steps() -> None:
    script = Script(step("a", retry=THREE))
    for _ in range(2):
        script.begin("a")
        script.fail("a", retryable=True)
        script.tell(fx.TimerFired(step="a"), later_ms=9000)
    script.begin("a")
    script.fail("a", "still broken", retryable=True)
    assert script.one(ev.StepFailed).error == "still broken"
    assert script.state.steps["a"].attempt == 3


def test_a_failure_that_trying_again_cannot_mend_is_not_tried_again() -> None:
    assert Script(step("a", retry=THREE)).fail("a").kinds() == ["StepFailed", "Ended"]


def test_a_retry_keeps_its_time_over_a_restart() -> None:
    script = Script(step("a", retry=THREE)).fail("a", retryable=True, dice=0.9)
    due_ms = script.state.steps["a"].retry_at_ms
    assert script.crash().commands == [cmd.SetTimer(step="a", due_ms=due_ms)]


def test_every_attempt_of_a_call_has_the_same_key() -> None:
    script = Script(writing(Effect.IDEMPOTENT, retry=THREE))
    first = script.key("a")
    script.begin("a")
    script.fail("a", retryable=True)
    script.tell(fx.TimerFired(step="a"), later_ms=9000)
    assert script.key("a") == first


def test_a_preparation_that_fails_is_tried_again_as_a_call_is() -> None:
    script = Script(step("a", prepares=True, retry=THREE))
    script.fail("a", retryable=True)
    script.tell(fx.TimerFired(step="a"), later_ms=9000)
    assert script.ordered(cmd.PrepareCall).attempt == 1
    script.tell(fx.CallPrepared(step="a", arguments={"t": 1}))
    assert script.ordered(cmd.RunCall).arguments == {"t": 1}
