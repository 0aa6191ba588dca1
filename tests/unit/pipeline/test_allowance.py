"""What an API's answer says of how often it may be called."""

from __future__ import annotations

import datetime as dt

import pytest

from tizmor.pipeline.allowance import allowance
from tizmor.ports.quotas import Left

NOW = dt.datetime(2026, 11, 21, 15, 0, tzinfo=dt.UTC)
EPOCH = int(NOW.timestamp())


@pytest.mark.parametrize(
    ("headers", "left"),
    [
        ({"Retry-After": "120"}, Left(0, 120_000)),
        ({"retry-after": "Sat, 21 Nov 2026 15:00:30 GMT"}, Left(0, 30_000)),
        ({"Retry-After": "Sat, 21 Nov 2026 14:00:00 GMT"}, Left(0, 0)),
        ({"RateLimit": '"default";r=50;t=30'}, Left(50, 30_000)),
        ({"RateLimit": '"burst";r=9;t=5, "daily";r=3;t=600'}, Left(3, 600_000)),
        ({"RateLimit": '"a,b;r=1";r=7;t=5'}, Left(7, 5_000)),
        ({"RateLimit": '"p";r=0', "RateLimit-Policy": '"p";q=100;w=60'}, Left(0, 60_000)),
        ({"RateLimit": '"p";r=0', "RateLimit-Policy": '"q";q=100;w=60'}, None),
        ({"RateLimit": "limit=10, remaining=4, reset=7"}, Left(4, 7_000)),
        ({"RateLimit-Remaining": "2", "RateLimit-Reset": "9"}, Left(2, 9_000)),
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(EPOCH + 40)}, Left(0, 40_000)),
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": f"{EPOCH + 40}000"}, Left(0, 40_000)),
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1.5"}, Left(0, 1_500)),
        (
            {"Retry-After": "5", "X-RateLimit-Remaining": "9", "X-RateLimit-Reset": "60"},
            Left(0, 5_000),
        ),
        ({"X-RateLimit-Remaining": "9"}, None),
        ({"Content-Type": "text/plain"}, None),
        ({}, None),
    ],
)
def test_what_the_fields_say(headers: dict[str, str], left: Left | None) -> None:
    assert allowance(headers, NOW) == left


@pytest.mark.parametrize(
    "headers",
    [
        {"Retry-After": "soon"},
        {"Retry-After": "-5"},
        {"Retry-After": "Sat, 99 Nov 2026 15:00:30 GMT"},
        {"Retry-After": "9" * 5_000},
        {"RateLimit": "r=;t=;;;=,,"},
        {"RateLimit": '"' * 999},
        {"X-RateLimit-Remaining": "٣", "X-RateLimit-Reset": "5"},
        {"X-RateLimit-Remaining": "1", "X-RateLimit-Reset": "1e9999"},
    ],
)
def test_what_cant_be_understood_is_passed_over(headers: dict[str, str]) -> None:
    assert allowance(headers, NOW) is None


def test_nobody_is_kept_from_calling_for_more_than_a_day() -> None:
    assert allowance({"Retry-After": "99999999999"}, NOW) == Left(0, 86_400_000)
