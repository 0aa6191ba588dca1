"""From state and events to what users see: views, stream events, commands ready to paste."""

from __future__ import annotations

import datetime as dt
import shlex
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from tizmor.core import events as ev
from tizmor.core.decisions.ladder import FAILURE
from tizmor.core.decisions.rollback import COMPENSATION
from tizmor.core.decisions.settling import OUTCOME
from tizmor.core.graph import resolvable
from tizmor.core.ids import public_id
from tizmor.core.origins import origins
from tizmor.core.plan import Choice
from tizmor.core.result import delivered, result
from tizmor.core.state import GateState, QuestionState, State, StepState
from tizmor.engine.foreseen import MAY_BE_CARRIED_OUT, planned_calls
from tizmor.engine.projections import status_of
from tizmor.engine.step_views import shown_status, step_views
from tizmor.engine.views import (
    Execution,
    ExecutionNews,
    ExecutionSummary,
    SignatureView,
    Status,
    StreamEvent,
    Waiting,
)
from tizmor.ports.journal import StoredExecution

_NEWS_OF_GATES: dict[type[ev.Event], str] = {
    ev.GateOpened: "open",
    ev.GateSigned: "signed",
    ev.GateDelegated: "delegated",
    ev.GateReminded: "reminded",
    ev.GateEscalated: "escalated",
    ev.GateExpired: "expired",
    ev.GateLapsed: "expired",
    ev.GateApproved: "approved",
    ev.GateRejected: "rejected",
}
"""What is told of an approval, by the event."""
_SECONDS = len("2026-01-31T23:59:59")
_SEEN = 16
"""Characters of a key that are as good as the whole."""
_ENDS = {
    "COMPLETED": "complete",
    "FAILED": "failed",
    "CANCELLED": "cancelled",
    "REJECTED": "rejected",
}


def end_type(status: Status) -> str:
    """The type of the last line of a run that ends, or stops, with this status."""
    return _ENDS.get(status.value, status.value.lower())


class Presenter:
    """Says things in one workspace's zone and for its folder; `program` is how this user calls
    the command line."""

    def __init__(self, *, zone: ZoneInfo, folder: Path, program: str = "tizmor") -> None:
        self.zone = zone
        self._folder = folder
        self._program = program
        # What is shown together happened within seconds, and much of it at once: the zone is asked
        # once for each second, and a time is put together once.
        self._said = lru_cache(maxsize=1024)(self._in_zone)
        self._second = lru_cache(maxsize=1024)(self._second_in_zone)

    def time(self, at_ms: int) -> str:
        """ISO 8601 with the workspace's offset, to the millisecond."""
        return self._said(at_ms)

    def _in_zone(self, at_ms: int) -> str:
        second, ms = divmod(at_ms, 1000)
        until, offset = self._second(second)
        return f"{until}.{ms:03d}{offset}"

    def _second_in_zone(self, second: int) -> tuple[str, str]:
        """A second of Unix time in the workspace's zone: its ISO 8601 form, and the offset then."""
        said = dt.datetime.fromtimestamp(second, self.zone).isoformat(timespec="seconds")
        return said[:_SECONDS], said[_SECONDS:]

    def summary(self, stored: StoredExecution, *, interrupted: bool) -> ExecutionSummary:
        return ExecutionSummary(
            execution_id=public_id(stored.execution),
            status=Status.INTERRUPTED if interrupted else Status(stored.row.status),
            query=stored.query,
            created_at=self.time(stored.created_at_ms),
            dry_run=stored.dry_run,
        )

    def execution(self, state: State, *, interrupted: bool) -> Execution:
        status = status_of(state)
        until = state.ended_at_ms or state.updated_at_ms
        return Execution(
            execution_id=public_id(state.execution),
            status=Status.INTERRUPTED if interrupted else status,
            query=state.query,
            created_at=self.time(state.created_at_ms),
            updated_at=self.time(state.updated_at_ms),
            language=state.plan.language if state.plan else "en",
            plan=state.plan,
            steps=step_views(state, self.time),
            waiting_for=tuple(self.waiting(state)),
            result=result(state),
            error=state.error,
            duration_ms=until - state.created_at_ms,
            tokens=state.tokens,
            cost_usd=state.cost_usd,
            dry_run=state.dry_run,
            would_do=planned_calls(state) if state.dry_run else (),
            recording=state.recording,
            command=self._carry_out(state),
            carries_out=None if state.given_before is None else state.given_before.dry_run,
        )

    def _carry_out(self, state: State) -> str:
        if not state.dry_run or status_of(state) not in MAY_BE_CARRIED_OUT:
            return ""
        return self.command("approve", public_id(state.execution), "--planned")

    def waiting(self, state: State) -> list[Waiting]:
        """All that is open, in the order in which it was asked."""
        gates = [(g.opened_at_ms, self.gate(g, state)) for g in state.open_gates()]
        questions = [
            (q.asked_at_ms, self._question(i, q, state)) for i, q in state.open_questions()
        ]
        return [view for _, view in sorted([*gates, *questions], key=lambda asked: asked[0])]

    def event(self, state: State, position: int, at_ms: int, event: ev.Event) -> StreamEvent | None:
        """The stream's form of an event that `state` has just folded; None for what isn't shown."""
        shown = self._shown(state, event)
        if shown is None:
            return None
        kind, fields = shown
        return StreamEvent(
            type=kind,
            execution_id=public_id(state.execution),
            id=position,
            at=self.time(at_ms),
            status=status_of(state).value,
            done=len(state.steps) - state.unfinished,
            total=len(state.steps),
            **fields,
        )

    def news(self, state: State, position: int, at_ms: int) -> ExecutionNews:
        """How an execution stands after an event that changed it."""
        return ExecutionNews(
            execution_id=public_id(state.execution),
            id=position,
            at=self.time(at_ms),
            status=status_of(state),
            query=state.query,
            user=state.user,
            created_at=self.time(state.created_at_ms),
            done=len(state.steps) - state.unfinished,
            total=len(state.steps),
            open=len(list(state.open_gates())) + len(list(state.open_questions())),
            dry_run=state.dry_run,
            tokens=state.tokens,
            cost_usd=state.cost_usd,
        )

    def partial(self, state: State, at_ms: int, event: ev.Event) -> StreamEvent | None:
        """The part of the result that an event has brought; None when there is none in it."""
        if not isinstance(event, ev.StepSucceeded) or not (part := delivered(event.output)):
            return None
        return StreamEvent(
            type="partial",
            execution_id=public_id(state.execution),
            at=self.time(at_ms),
            step=event.step,
            result=part,
        )

    def _shown(self, state: State, event: ev.Event) -> tuple[str, dict[str, Any]] | None:
        match event:
            case ev.Planned():
                return "progress", {"plan": event.plan}
            case ev.Replanned():
                return "progress", {"plan": event.plan}
            case ev.PlanningFailed():
                return "log", {"error": event.error}
            case ev.RollbackStarted():
                return "progress", {"message": event.reason}
            case ev.QuestionAsked() | ev.QuestionAnswered():
                asked = state.questions[event.id]
                view = self._question(event.id, asked, state)
                return "question", {"state": asked.state, "waiting": view, "step": asked.step}
            case _ if _NEWS_OF_GATES.get(type(event)) is not None:
                return "approval", self._news(state, event)
            case ev.Found():
                return "log", {"step": event.step, "message": event.message}
            case ev.Shared():
                return "log", {"step": event.step, "message": f"{event.key} ← {event.version}"}
            case ev.MessageSent():
                sent = f"{event.kind} {event.id} → {event.to}"
                return "log", {"step": event.step, "message": sent}
            case ev.WorkHandedOver():
                sent = f"REQUEST {event.id} → {event.work.agent} ({event.work.id})"
                return "log", {"step": event.step, "message": sent}
            case ev.MessageAnswered():
                answered = f"RESPONSE {event.id} ← {event.step}"
                return "log", {"step": _sender(state, event.id), "message": answered}
            case ev.MessageExpired():
                return "log", {"step": _sender(state, event.id), "error": event.reason}
            case ev.Tainted() | ev.MessageTaken():
                return None
            case ev.Ended():
                return _ENDS[event.status], {}
            case ev.Prepared() | ev.CallCharged():
                return None
            case _ if (name := getattr(event, "step", None)) is not None:
                return "step", self._step_fields(state.steps[name])
            case _:
                return "progress", {}

    def _step_fields(self, step: StepState) -> dict[str, Any]:
        return {
            "step": step.step.id,
            "agent": step.step.agent,
            "title": step.step.title,
            "state": shown_status(step),
            "message": step.held_on or None,
            "until": self.time(step.held_until_ms) if step.held_until_ms else None,
            "cached": step.cached or None,
            "error": step.error,
        }

    def _news(self, state: State, event: Any) -> dict[str, Any]:
        """What has become of an approval, and who did it, or was asked."""
        gate = state.gates[event.id]
        who = [getattr(event, "by", ""), *_names(getattr(event, "to", ()))]
        return {
            "state": _NEWS_OF_GATES[type(event)],
            "waiting": self.gate(gate, state),
            "step": gate.step,
            "message": " → ".join(filter(None, who)) or None,
        }

    def gate(self, gate: GateState, state: State) -> Waiting:
        """An approval as a human sees it."""
        shown = gate.shown
        participants = tuple(shown.get("participants", ()))
        parts = [shown["action"], shown.get("time"), ", ".join(participants)]
        return Waiting(
            id=gate.id,
            kind="approval",
            step=gate.step,
            text=" · ".join(p for p in parts if p),
            choices=(
                Choice(value="approve", label="approve"),
                Choice(value="reject", label="reject"),
            ),
            arguments=gate.arguments,
            action=shown["action"],
            time=shown.get("time"),
            participants=participants,
            details=shown.get("details", {}),
            warnings=tuple(shown.get("warnings", ())),
            assumptions=state.plan.assumptions if state.plan else (),
            untrusted=gate.untrusted,
            origins=origins(state, gate),
            policies=tuple(need.policy for need in gate.needs if need.policy),
            approvers=tuple(dict.fromkeys(n for need in gate.needs for n in need.approvers)),
            signatures=tuple(
                SignatureView(by=s.by, at=self.time(s.at_ms))
                for s in gate.signatures
                if s.key == gate.key
            ),
            missing=max(need.missing(gate.signers(gate.key)) for need in gate.needs)
            if gate.state == "open"
            else 0,
            expires_at=None if gate.expires_at_ms is None else self.time(gate.expires_at_ms),
            key=gate.key,
            command=self.command("approve", public_id(state.execution), gate.id, *_seen(gate)),
        )

    def _question(self, question_id: str, asked: QuestionState, state: State) -> Waiting:
        return Waiting(
            id=question_id,
            kind="question",
            step=asked.step,
            text=asked.question.text,
            choices=asked.question.choices,
            arguments=_editable(asked, state),
            command=self.command("answer", public_id(state.execution), question_id, "CHOICE"),
        )

    def command(self, verb: str, execution_id: str, *rest: str) -> str:
        """The command line that does it, ready to paste."""
        words = [verb, execution_id, *rest, "--workspace", str(self._folder)]
        return f"{self._program} {shlex.join(words)}"


def _seen(gate: GateState) -> tuple[str, ...]:
    """What is agreed to, where one of several may change it after it was shown."""
    several = any(need.quorum > 1 for need in gate.needs)
    return ("--seen", gate.key[:_SEEN]) if several else ()


def _names(to: str | tuple[str, ...]) -> tuple[str, ...]:
    return (to,) if isinstance(to, str) else to


def _sender(state: State, message: str) -> str | None:
    return None if state.talk is None else state.talk.mail[message].step


def _editable(asked: QuestionState, state: State) -> dict[str, Any] | None:
    """What a human may change beside an answer: the arguments of a step that failed, or what is
    known of what a call gave. None where only the answer counts."""
    if asked.step is None:
        return None
    if asked.about in (OUTCOME, COMPENSATION):
        return state.outputs.get(asked.step, {})
    if asked.about != FAILURE:
        return None
    step = state.steps[asked.step]
    return step.arguments or resolvable(step.step.arguments, state.outputs)
