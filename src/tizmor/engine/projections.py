"""Read models: what of a state stands in tables beside the journal, as of a commit."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from msgspec import structs

from tizmor.core.folds.talking import answer_of
from tizmor.core.state import State, StepState
from tizmor.core.talk import Kind, Message
from tizmor.core.transitions import TERMINAL, StepStatus
from tizmor.engine.views import Status
from tizmor.ports.journal import ExecutionRow, MessageRow, SharedRow, StepRow, WaitingRow

RESTS = (Status.WAITING, Status.PAUSED)
"""Nothing happens until a human says something, or a timer fires."""
_STATUS = {status: status.value for status in StepStatus}
"""As it is stored: a plain string, which a member only looks like."""


def status_of(state: State) -> Status:
    """Where an execution stands, as its own journal tells it."""
    if state.ended:
        return Status(state.status)
    if state.paused:
        return Status.PAUSED
    if state.waits_for_human:
        return Status.WAITING
    return Status(state.status)


def execution_row(state: State) -> ExecutionRow:
    total = len(state.steps)
    ended = state.ended_at_ms is not None
    return ExecutionRow(
        status=state.status if ended else status_of(state).value,
        steps_total=total,
        steps_done=total - state.unfinished,
        updated_at_ms=state.updated_at_ms,
        ended=ended,
    )


def step_rows(state: State, names: Iterable[str]) -> list[StepRow]:
    """The rows of steps, in the order given. Steps of a plan that was replaced are left out."""
    rows = []
    for name in names:
        step = state.steps.get(name)
        if step is None:
            continue
        status, began_ms = step.status, step.started_at_ms
        row = StepRow(
            step=name,
            agent=step.step.agent,
            status=_STATUS[status],
            attempt=step.attempt,
            started_at_ms=began_ms,
            ended_at_ms=step.ended_at_ms if status in TERMINAL else None,
            queue_ms=0 if began_ms == step.ready_at_ms else queue_ms(step),
            run_ms=step.run_ms,
        )
        if step.waited_ms or step.tokens or step.cost_usd or step.cached:
            row = _full_row(row, step)
        rows.append(row)
    return rows


def _full_row(row: StepRow, step: StepState) -> StepRow:
    """With what most steps have none of."""
    return structs.replace(
        row,
        wait_ms=step.waited_ms,
        tokens=step.tokens,
        microusd=round(step.cost_usd * 1_000_000),
        cached=int(step.cached),
    )


def queue_ms(step: StepState) -> int:
    """How long a step was ready before its first call began, without the time that it waited for
    others or for a human."""
    if step.started_at_ms is None or step.ready_at_ms is None:
        return 0
    return max(0, step.started_at_ms - step.ready_at_ms - step.idle_ms)


def waiting_rows(state: State, ids: Iterable[str]) -> list[WaitingRow]:
    """The rows of approvals and questions, in the order given."""
    return [_gate_row(state, i) if i in state.gates else _question_row(state, i) for i in ids]


def _gate_row(state: State, gate_id: str) -> WaitingRow:
    gate = state.gates[gate_id]
    return WaitingRow(
        id=gate_id,
        kind="approval",
        step=gate.step,
        state=gate.state,
        payload=msgspec.json.encode({"arguments": gate.arguments, **gate.shown}),
        asked_at_ms=gate.opened_at_ms,
        decided_at_ms=gate.decided_at_ms,
    )


def _question_row(state: State, question_id: str) -> WaitingRow:
    asked = state.questions[question_id]
    return WaitingRow(
        id=question_id,
        kind="question",
        step=asked.step,
        state=asked.state,
        payload=msgspec.json.encode(asked.question),
        asked_at_ms=asked.asked_at_ms,
        decided_at_ms=asked.answered_at_ms,
    )


def shared_rows(state: State, versions: Iterable[tuple[str, int]]) -> list[SharedRow]:
    """The rows of versions of shared values, by key and version, in the order given."""
    if state.talk is None:
        return []
    return [
        SharedRow(
            key=key,
            version=version,
            step=(made := state.talk.context[key][version - 1]).step,
            payload=msgspec.json.encode({"value": made.value}),
            untrusted=made.untrusted,
            at_ms=made.at_ms,
        )
        for key, version in versions
    ]


def message_rows(state: State, ids: Iterable[str]) -> list[MessageRow]:
    """The rows of messages, in the order given, each with that of its answer where it has one."""
    mail = {} if state.talk is None else state.talk.mail
    return [row for i in ids for row in _message_rows(state, mail[i])]


def _message_rows(state: State, message: Message) -> list[MessageRow]:
    row = MessageRow(
        id=message.id,
        kind=message.kind.value,
        sender=message.step,
        recipient=message.to,
        correlation=None,
        payload=msgspec.json.encode({"payload": message.payload}),
        untrusted=message.untrusted,
        state=message.state,
        reason=message.reason,
        sent_at_ms=message.sent_at_ms,
        due_ms=message.due_ms,
        ended_at_ms=message.ended_at_ms,
    )
    if message.state != "answered":
        return [row]
    answer = MessageRow(
        id=f"{message.id}.answer",
        kind=Kind.RESPONSE.value,
        sender=message.answered_by,
        recipient=message.step,
        correlation=message.id,
        payload=msgspec.json.encode({"payload": answer_of(state, message)}),
        untrusted=message.answer_untrusted,
        state="delivered",
        reason=None,
        sent_at_ms=message.ended_at_ms or message.sent_at_ms,
        ended_at_ms=message.ended_at_ms,
    )
    return [row, answer]
