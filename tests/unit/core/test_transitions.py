"""The life of a step as data: complete, and without a way back from its end."""

from __future__ import annotations

import itertools

import pytest

from tizmor.core import events as ev
from tizmor.core.evolve import FOLDS
from tizmor.core.transitions import MOVES, TERMINAL, UNDOING, IllegalMove, StepStatus, moved

STEP_EVENTS = {event for event in FOLDS if "step" in event.__struct_fields__} - {
    ev.Found,
    ev.CallCharged,
    ev.OutcomeFound,
    ev.ProbeHeld,
    ev.DeadlinePassed,
    ev.Shared,
    ev.Tainted,
    ev.MessageSent,
    ev.WorkHandedOver,
    ev.MessageTaken,
    ev.MessageAnswered,
}
"""Events that name a step; what it found, cost, shared, read or said moves nothing, nor does a
deadline by itself."""
OF_GATES_AND_QUESTIONS = {
    ev.GateApproved,
    ev.GateRejected,
    ev.GateExpired,
    ev.GateLapsed,
    ev.QuestionAnswered,
}


def test_every_event_is_in_the_union() -> None:
    assert set(ev.AnyEvent.__args__) == set(ev.Event.__subclasses__())


def test_every_event_of_the_union_can_be_folded() -> None:
    assert set(FOLDS) == set(ev.AnyEvent.__args__)


def test_every_event_that_moves_a_step_has_its_row() -> None:
    assert set(MOVES) == STEP_EVENTS | OF_GATES_AND_QUESTIONS


def test_nothing_leads_out_of_an_end_but_taking_back_what_was_done() -> None:
    for sources, target in MOVES.values():
        if ended := sources & TERMINAL:
            assert ended <= {StepStatus.SUCCEEDED, StepStatus.FAILED, StepStatus.COMPENSATING}
            assert target in UNDOING


def test_every_status_but_the_two_of_arithmetic_is_led_to() -> None:
    reached = {target for _, target in MOVES.values()}
    assert set(StepStatus) - reached == {StepStatus.PENDING}


def test_an_end_can_be_reached_from_every_status() -> None:
    ways: dict[StepStatus, set[StepStatus]] = {status: set() for status in StepStatus}
    for (sources, target), status in itertools.product(MOVES.values(), StepStatus):
        if status in sources:
            ways[status].add(target)
    for status in set(StepStatus) - TERMINAL:
        assert StepStatus.CANCELLED in ways[status]
        assert StepStatus.FAILED in ways[status]


@pytest.mark.parametrize("status", sorted(StepStatus))
@pytest.mark.parametrize("event", sorted(MOVES, key=lambda e: e.__name__))
def test_a_move_that_the_table_does_not_have_is_refused(
    event: type[ev.Event], status: StepStatus
) -> None:
    sources, target = MOVES[event]
    blank = event(**dict.fromkeys(event.__struct_fields__, ""))
    if status in sources:
        assert moved(status, blank) is target
    else:
        with pytest.raises(IllegalMove, match=event.__name__):
            moved(status, blank)
