"""Where an execution stands, folded from its stream: what every view is drawn from."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field

from tizmor.core.graph import dependencies
from tizmor.core.plan import Plan
from tizmor.engine.views import Execution, StreamEvent, Waiting

_DECISIONS = ("approval", "question")
_STILL_OPEN = frozenset({"open", "signed", "delegated", "reminded", "escalated"})
_STANDING = ("WAITING", "PAUSED")


@dataclass
class StepProgress:
    """One step as far as the stream has told."""

    id: str
    agent: str
    title: str
    needs: tuple[str, ...] = ()
    state: str = "pending"
    held_on: str = ""
    held_until: str = ""
    held_by: tuple[str, ...] = ()
    """The executions that have what it waits for, where that was looked up."""
    cached: bool = False
    attempt: int = 1
    findings: list[str] = field(default_factory=list)
    error: str | None = None


@dataclass
class Progress:
    """One execution. `open` holds what waits for a human, by id, in the order of asking."""

    execution_id: str
    query: str = ""
    language: str = "en"
    status: str = "PLANNING"
    steps: dict[str, StepProgress] = field(default_factory=dict)
    open: dict[str, Waiting] = field(default_factory=dict)
    last_id: int = 0
    """Journal position of the newest event."""
    stood_ms: int = 0
    """How long it stood still and waited for a human, as far as the events tell."""
    _stands_since: dt.datetime | None = None

    @classmethod
    def from_events(cls, execution: Execution, events: Iterable[StreamEvent] = ()) -> Progress:
        """What the events tell; of the execution, what never changes and what is open now."""
        progress = cls(
            execution_id=execution.id, query=execution.query, language=execution.language
        )
        for event in events:
            progress.apply(event)
        progress.open = {waiting.id: waiting for waiting in execution.waiting_for}
        return progress

    @classmethod
    def from_execution(cls, execution: Execution) -> Progress:
        """The execution as it stands."""
        progress = cls.from_events(execution)
        progress.status = execution.status.value
        progress.steps = {
            step.id: StepProgress(
                id=step.id,
                agent=step.agent,
                title=step.title,
                needs=step.depends_on,
                state=step.state,
                attempt=max(step.attempt, 1),
                held_on=step.held_on,
                held_until=step.held_until or "",
                cached=step.cached,
                findings=list(step.messages),
                error=step.error,
            )
            for step in execution.steps
        }
        return progress

    def apply(self, event: StreamEvent) -> None:
        """Take in the next event of the stream."""
        self.last_id = event.id or self.last_id
        self.status = event.status or self.status
        if event.at:
            self._measure(dt.datetime.fromisoformat(event.at))
        if event.plan is not None:
            self._take_plan(event.plan)
        if event.type in _DECISIONS and event.waiting is not None:
            self._take_decision(event.waiting, still_open=event.state in _STILL_OPEN)
        step = self.steps.get(event.step or "")
        if step is not None:
            _take_step(step, event)

    def _measure(self, at: dt.datetime) -> None:
        if self._stands_since is not None:
            self.stood_ms += round((at - self._stands_since).total_seconds() * 1000)
        self._stands_since = at if self.status in _STANDING else None

    def _take_plan(self, plan: Plan) -> None:
        self.language = plan.language
        needs = dependencies(plan)
        known = self.steps
        self.steps = {
            step.id: known.get(step.id)
            or StepProgress(id=step.id, agent=step.agent, title=step.title, needs=needs[step.id])
            for step in plan.steps
        }

    def _take_decision(self, waiting: Waiting, *, still_open: bool) -> None:
        if still_open:
            self.open[waiting.id] = waiting
        else:
            self.open.pop(waiting.id, None)


def _take_step(step: StepProgress, event: StreamEvent) -> None:
    if event.type == "log" and event.message:
        step.findings.append(event.message)
    elif event.type == "step" and event.state:
        step.attempt += event.state == "retrying"
        step.state = event.state
        step.held_on = event.message or ""
        step.held_until = event.until or ""
        step.held_by = ()
        step.cached = bool(event.cached)
        step.error = event.error
    elif event.type in _DECISIONS:
        ends = {"open": "waiting", "rejected": "rejected", "expired": "rejected"}
        step.state = ends.get(event.state or "", step.state)
