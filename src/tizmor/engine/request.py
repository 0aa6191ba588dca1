"""What a request may be."""

from __future__ import annotations

import datetime as dt

from tizmor.core.check import budget_problems
from tizmor.core.errors import RequestRefused, UserError
from tizmor.core.events import storable
from tizmor.core.plan import Budget
from tizmor.core.state import State
from tizmor.observability.trace_context import parsed

MAX_REQUEST = 20_000
"""Characters."""
MAX_USER = 320
"""Characters; no e-mail address is longer (RFC 3696, section 3)."""
MAX_PRIORITY = 1_000_000
MAX_DEADLINE = dt.timedelta(days=3650)


def checked_request(request: str) -> str:
    """The request without surrounding space. Raises `RequestRefused`."""
    request = request.strip()
    if request != storable(request):
        raise RequestRefused("the request is not text: it holds bytes that are no UTF-8")
    if not request:
        raise RequestRefused(
            'the request is empty; say what you want done, for example: "what is on my calendar '
            'tomorrow?"'
        )
    if len(request) > MAX_REQUEST:
        raise RequestRefused(
            f"the request has {len(request):,} characters; at most {MAX_REQUEST:,} are read. "
            "Put the material into a document of the workspace and refer to it"
        )
    return request


def checked_user(user: str) -> str:
    """Raises `UserError` for a name that can't be written down, or is none."""
    if not user.strip() or len(user) > MAX_USER or user != storable(user):
        raise UserError(f"a user is named by a text of at most {MAX_USER} characters, in UTF-8")
    return user


def checked_priority(priority: int) -> int:
    """Raises `UserError` for one that is out of bounds."""
    if abs(priority) > MAX_PRIORITY:
        raise UserError(f"a priority is a number from {-MAX_PRIORITY:,} to {MAX_PRIORITY:,}")
    return priority


def checked_deadline(deadline: dt.timedelta | None) -> float | None:
    """The deadline in seconds. Raises `UserError` for one that is past or years away."""
    if deadline is None:
        return None
    if not dt.timedelta() < deadline <= MAX_DEADLINE:
        raise UserError("a deadline lies ahead, and within ten years")
    return deadline.total_seconds()


def checked_budget(budget: Budget | None) -> Budget | None:
    """Raises `UserError` for one that can't be reckoned with."""
    if problem := next(budget_problems(budget), None):
        raise UserError(problem)
    return budget


def checked_traceparent(traceparent: str | None) -> str | None:
    """The span that asks for it; None without one, and for what names none: a request isn't refused
    for what was said of its trace."""
    caller = parsed(traceparent)
    return None if caller is None else caller.header


def time_given_s(state: State) -> float | None:
    """How long an execution had from its creation, in seconds; None for one without a deadline."""
    return None if state.deadline_ms is None else (state.deadline_ms - state.created_at_ms) / 1000
