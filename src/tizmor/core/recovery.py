"""When a call that did not happen is tried again.

Exponential backoff with full jitter (AWS Architecture Blog, "Exponential Backoff and Jitter",
2015): the delay is uniform between nothing and a bound that doubles. What the outside asked for
(`Retry-After`) goes first and is never undercut.
"""

from __future__ import annotations

from tizmor.core.plan import RetryPolicy

MAX_REPREPARES = 5
"""How often a call is prepared anew because what it was prepared for was gone."""
MAX_REPLANS = 2
"""How often an execution may look for another way."""
_LONGEST_S = 24 * 3600.0


def still_due_ms(due_ms: int, since_ms: int, now_ms: int) -> int:
    """The wall time of something that was to happen at `due_ms`, as it was put down at `since_ms`.
    When it is earlier than that by now, the clock was set back: the whole wait begins anew, and
    nothing is held back for longer."""
    return due_ms if now_ms >= since_ms else now_ms + (due_ms - since_ms)


def may_retry(policy: RetryPolicy, failures: int) -> bool:
    """Whether there is an attempt left after this many failures."""
    return failures < policy.attempts


def retry_delay_ms(
    policy: RetryPolicy, failures: int, dice: float, retry_after_s: float | None = None
) -> int:
    """Milliseconds until the next attempt; `dice` is uniform in [0, 1), `failures` at least 1."""
    if retry_after_s is not None:
        return int(1000 * min(max(0.0, retry_after_s), _LONGEST_S))
    bound_s = min(policy.max_delay_s, policy.first_delay_s * 2.0 ** min(failures - 1, 60))
    return int(1000 * bound_s * dice)
