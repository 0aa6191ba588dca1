"""What follows from a plan, worked out once for as long as the plan lives."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from functools import wraps
from typing import TypeVar

from tizmor.core.plan import Plan

_T = TypeVar("_T")


def remembered(work_out: Callable[[Plan], _T]) -> Callable[[Plan], _T]:
    """Have a pure function of a plan answer from memory when it is asked about the same plan again.

    A plan is known by identity: an execution's never changes, and to compare two costs as much as
    the work. What is worked out must not hold the plan, or neither would ever be let go of.
    """
    known: dict[int, tuple[weakref.ref[Plan], _T]] = {}

    @wraps(work_out)
    def answer(plan: Plan) -> _T:
        number = id(plan)
        found = known.get(number)
        if found is None:
            found = weakref.ref(plan, lambda gone: known.pop(number, None)), work_out(plan)
            known[number] = found
        return found[1]

    return answer
