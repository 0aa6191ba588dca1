"""Middlewares folded into one function."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple, Protocol

from tizmor.pipeline.call import Call
from tizmor.pipeline.order import check_order
from tizmor.pipeline.verdicts import Verdict

Next = Callable[[Call], Awaitable[Verdict]]


Around = Callable[[Call, Next], Awaitable[Verdict]]
"""What stands around a call: given the call and what is within, it gives what that gives, or a
verdict."""


class InTurn(NamedTuple):
    """What stands around what an agent offers beside its call: around what only looks (it prepares
    a call, foresees one, asks whether one happened), and around what takes one back."""

    looking: Around
    undoing: Around


class Middleware(Protocol):
    """`name` is its place in `order.ORDER`. It gives what `inner` gives, or a verdict. One that has
    nothing to do with a call hands it on by a plain return, so that it costs that call nothing."""

    name: str

    def __call__(self, call: Call, inner: Next) -> Awaitable[Verdict]: ...


def compose(middlewares: Sequence[Middleware], innermost: Next) -> Next:
    """The pipeline, outermost first, around `innermost`. Raises `ValueError` for a wrong order."""
    check_order([*(m.name for m in middlewares), "invoke"])
    pipeline = innermost
    for middleware in reversed(middlewares):
        pipeline = _around(pipeline, middleware.__call__)
    return pipeline


def _around(inner: Next, enter: Around) -> Next:
    """One middleware around what is below it: a plain function, which is entered five times as fast
    as a partial of an object."""

    def go(call: Call) -> Awaitable[Verdict]:
        return enter(call, inner)

    return go
