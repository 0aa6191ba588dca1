"""What retention does to the shared tables for an execution that goes: each statement takes its
number.

What it has used of a quota counts until its window is over, whoever it was. A request that began it
is remembered for as long as any: it is not to be begun once more.
"""

from __future__ import annotations

FORGET = (
    "DELETE FROM logs WHERE execution = ?",
    "DELETE FROM resource_locks WHERE execution = ?",
    "UPDATE rate_limits SET taken = taken - gone.amount"
    " FROM (SELECT name, sum(amount) AS amount FROM rate_tickets"
    " WHERE execution = ? AND state IN (1, 5) GROUP BY name) AS gone"
    " WHERE gone.name = rate_limits.name",
    "DELETE FROM rate_tickets WHERE execution = ? AND state <> 2",
    "UPDATE rate_tickets SET execution = 0, step = '' WHERE execution = ?",
    "UPDATE kept_answers SET gone = 1 WHERE execution = ?",
)

LEFT_OVER = (
    "SELECT count(*) FROM (SELECT execution FROM resource_locks UNION ALL"
    " SELECT execution FROM rate_tickets WHERE state <> 2) AS held WHERE NOT EXISTS"
    " (SELECT 1 FROM executions WHERE executions.id = held.execution AND executions.ended = 0)"
)
"""How much executions hold, or wait for, that have ended: nothing, but for those that end now."""
MISCOUNTED = (
    "SELECT count(*) FROM rate_limits WHERE taken <> (SELECT coalesce(sum(amount), 0)"
    " FROM rate_tickets WHERE rate_tickets.name = rate_limits.name AND state IN (1, 2, 5))"
)
"""Of how many quotas the sum isn't that of their tickets: of none."""


def finding(left_over: int, miscounted: int) -> tuple[str, str, str]:
    """What `doctor` says of it."""
    if miscounted:
        return ("sharing", "failed", f"{miscounted} quotas count otherwise than their tickets say")
    if left_over:
        detail = f"{left_over} locks and places in line of executions that have ended: tizmor gc"
        return ("sharing", "warning", detail)
    return ("sharing", "ok", "nothing is held by what has ended")
