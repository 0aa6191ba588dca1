"""Dry runs: an execution that does nothing, and the one that carries out what it showed.

The second one's number follows from the first one's. So of all who carry a dry run out, in whatever
process and however often, one begins an execution, and the others find it there.
"""

from __future__ import annotations

from msgspec import structs

from tizmor.core import facts as fx
from tizmor.core.errors import UserError
from tizmor.core.events import CallsApproved
from tizmor.core.foresight import recorded_outputs
from tizmor.core.ids import public_id
from tizmor.core.plan import Plan
from tizmor.core.state import State
from tizmor.core.terms import Seat
from tizmor.engine.foreseen import MAY_BE_CARRIED_OUT
from tizmor.engine.projections import status_of


def rehearsed(request: fx.Requested, recorded: State | None, plan: Plan | None) -> fx.Requested:
    """The request for a dry run of `plan`, None to have it made; with what its reads gave in an
    execution that was `recorded`."""
    if recorded is None or plan is None:
        return structs.replace(request, dry_run=True, plan=plan)
    kept = {} if plan.questions else recorded_outputs(plan, recorded)
    recording = public_id(recorded.execution)
    return structs.replace(request, dry_run=True, plan=plan, kept=kept, recording=recording)


def approved_as_shown(dry_run: State, by: str, seat: Seat | None) -> CallsApproved:
    """All calls that a dry run showed as exact, and what was answered to its steps. Raises
    `UserError` where nothing was shown yet, or all that was shown was called off."""
    name = public_id(dry_run.execution)
    if not dry_run.dry_run:
        raise UserError(f"{name} is no dry run: `tizmor run REQUEST --dry-run` makes one")
    status = status_of(dry_run)
    if status not in MAY_BE_CARRIED_OUT:
        raise UserError(f"the dry run {name} is {status}: only one that has ended is carried out")
    shown = (step.foreseen for step in dry_run.steps.values())
    return CallsApproved(
        dry_run=name,
        calls=tuple(call.key for call in shown if call is not None and call.key),
        answers={n: step.answers for n, step in dry_run.steps.items() if step.answers},
        by=by,
        seat=seat,
    )


def carried_out_as(dry_run: int) -> int:
    """The number of the execution that carries a dry run out: the next one after it."""
    return dry_run + 1


def real_plan(dry_run: State) -> Plan:
    """The plan that a dry run went by. Raises `UserError` when it had none."""
    if dry_run.plan is None:
        name = public_id(dry_run.execution)
        raise UserError(f"the dry run {name} came to no plan: {dry_run.error}")
    return structs.replace(dry_run.plan, questions=())
