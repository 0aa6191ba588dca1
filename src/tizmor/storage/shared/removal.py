"""What retention does to the shared tables for an execution that goes: each statement takes its
number.

What it has used of a quota counts until its window is over, whoever it was.
"""

from __future__ import annotations

FORGET = (
    "DELETE FROM resource_locks WHERE execution = ?",
    "UPDATE rate_limits SET taken = taken - gone.amount"
    " FROM (SELECT name, sum(amount) AS amount FROM rate_tickets"
    " WHERE execution = ? AND state IN (1, 5) GROUP BY name) AS gone"
    " WHERE gone.name = rate_limits.name",
    "DELETE FROM rate_tickets WHERE execution = ? AND state <> 2",
    "UPDATE rate_tickets SET execution = 0, step = '' WHERE execution = ?",
)
