"""Who shows what is no token is held up, and nobody else."""

from __future__ import annotations

import pytest

from tizmor.access import attempts
from tizmor.access.attempts import AGAIN_S, AT_ONCE, Attempts, TooManyAttempts


class Hours:
    """A clock that is set."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Hours:
    return Hours()


@pytest.fixture
def tries(clock: Hours) -> Attempts:
    return Attempts(clock)


def exhaust(tries: Attempts, address: str) -> None:
    for _ in range(AT_ONCE):
        tries.take(address)


def test_after_so_many_at_once_one_comes_free_at_a_time(tries: Attempts, clock: Hours) -> None:
    exhaust(tries, "192.0.2.1")
    with pytest.raises(TooManyAttempts) as refused:
        tries.take("192.0.2.1")
    assert refused.value.retry_after_s == AGAIN_S
    clock.now += AGAIN_S
    tries.take("192.0.2.1")
    with pytest.raises(TooManyAttempts):
        tries.take("192.0.2.1")
    clock.now += 10 * AGAIN_S * AT_ONCE
    exhaust(tries, "192.0.2.1")


def test_one_address_doesnt_hold_up_another(tries: Attempts) -> None:
    exhaust(tries, "192.0.2.1")
    tries.take("192.0.2.2")


def test_all_addresses_of_one_subscriber_count_as_one(tries: Attempts) -> None:
    """Of IPv6 everybody has some 2 to the power of 64."""
    for number in range(AT_ONCE):
        tries.take(f"2001:db8::{number:x}")
    with pytest.raises(TooManyAttempts):
        tries.take("2001:db8::ffff")
    tries.take("2001:db8:1::1")


def test_what_was_a_token_doesnt_count(tries: Attempts) -> None:
    for _ in range(3 * AT_ONCE):
        tries.take("192.0.2.1")
        tries.give_back("192.0.2.1")
    exhaust(tries, "192.0.2.1")


def test_so_many_addresses_are_remembered_and_no_more(
    tries: Attempts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attempts, "_MOST", 2)
    for number in range(9):
        tries.take(f"192.0.2.{number}")
    assert list(tries._full_at) == ["192.0.2.7", "192.0.2.8"]
