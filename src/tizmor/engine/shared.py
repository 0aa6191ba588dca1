"""What processes share, as users see it: quotas and locks, who has them and who waits."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

from tizmor.core.ids import public_id
from tizmor.engine.views import LimitView, LockView
from tizmor.ports.locks import Claim
from tizmor.ports.quotas import UNLIMITED, Standing


def limits(standing: Iterable[Standing], zone: dt.tzinfo) -> Sequence[LimitView]:
    """How quotas stand, with times in this zone."""
    return [
        LimitView(
            name=each.name,
            amount=None if each.quota == UNLIMITED else each.quota.amount,
            window_s=None if each.quota == UNLIMITED else each.quota.window_ms / 1000,
            taken=each.taken,
            waiting=each.waiting,
            since=_written(each.since_ms, zone),
            left=each.left,
            until=_written(each.left_until_ms, zone),
        )
        for each in standing
    ]


def locks(claims: Iterable[Claim], zone: dt.tzinfo) -> Sequence[LockView]:
    """Claims on resources, with times in this zone."""
    return [
        LockView(
            resource=claim.resource,
            access=claim.access,
            state="held" if claim.held else "waiting",
            execution_id=public_id(claim.holder.execution),
            step=claim.holder.step,
            since=_written(claim.since_ms, zone) or "",
        )
        for claim in claims
    ]


def _written(at_ms: int | None, zone: dt.tzinfo) -> str | None:
    if at_ms is None:
        return None
    return dt.datetime.fromtimestamp(at_ms / 1000, zone).isoformat(timespec="milliseconds")
