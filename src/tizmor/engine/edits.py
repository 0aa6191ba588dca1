"""The arguments that a human changes: at a gate, or of a step that failed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import msgspec

from tizmor.core.approval import chosen
from tizmor.core.decisions.humans import WRITTEN
from tizmor.core.decisions.ladder import FAILURE
from tizmor.core.errors import UserError
from tizmor.core.events import as_stored
from tizmor.core.graph import resolvable
from tizmor.core.ids import public_id
from tizmor.core.plan import Step
from tizmor.core.state import GateState, State
from tizmor.engine import orders
from tizmor.engine.perform import Performer
from tizmor.observability.trace_context import traceparent


class Edits:
    """Checks changed arguments. Times that name no zone are meant in `zone`."""

    def __init__(self, performer: Performer, zone: dt.tzinfo) -> None:
        self._performer = performer
        self._zone = zone

    def at_gate(
        self, state: State, gate: GateState, arguments: Mapping[str, Any]
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """The gate's arguments with changes, and what a human sees of them."""
        step = state.steps[gate.step].step
        agent = self._performer.agent(step)
        edited = orders.edited(gate.arguments, arguments, agent, self._zone)
        site = _Site(
            execution=state.execution,
            public_id=public_id(state.execution),
            language=state.plan.language if state.plan else "en",
            asked_by=state.traceparent,
        )
        return edited, self._performer.shown(site, step, edited)

    def after_failure(
        self, state: State, question: str, choice: str, arguments: Mapping[str, Any]
    ) -> dict[str, Any] | None:
        """What a human writes beside a choice, checked: the arguments to change of a step that
        failed, or what a call gave that happened; None if they write nothing."""
        asked = state.questions[question]
        written = (asked.about, chosen(asked.question, choice)) in WRITTEN
        if not written or asked.step is None:
            if arguments:
                raise UserError(
                    "values go with the choice to try again with other arguments, or with the "
                    "word that it happened, as what it gave"
                )
            return None
        if asked.about != FAILURE:
            return self._told(state.steps[asked.step].step, arguments)
        if not arguments:
            raise UserError("say which arguments to try again with, as PATH=VALUE")
        step = state.steps[asked.step]
        before = step.arguments or resolvable(step.step.arguments, state.outputs)
        agent = self._performer.agent(step.step)
        whole = orders.edited(before, arguments, agent, self._zone)
        changed = {
            name: whole[name]
            for name in arguments
            if name not in before or before[name] != whole[name]
        }
        if not changed:
            raise UserError("nothing was changed: say which arguments to try again with")
        return changed

    def _told(self, step: Step, output: Mapping[str, Any]) -> dict[str, Any] | None:
        """What a step's call gave, as a human knows it; None when they don't. Raises `UserError`
        when its agent never gives such."""
        if not output:
            return None
        given = storable(output)
        try:
            self._performer.agent(step).output_of(given)
        except msgspec.ValidationError as error:
            raise UserError(f"{step.agent} gives no such thing: {error}") from error
        return given


class _Site(msgspec.Struct, frozen=True, kw_only=True):
    """An execution that something is asked about without running it."""

    execution: int
    public_id: str
    language: str
    asked_by: str | None
    stopping: frozenset[str] = frozenset()
    begun: dict[str, int] = {}
    hall: None = None

    def traceparent(self, step: str, *part: str) -> str:
        return traceparent(self.public_id, self.asked_by, step, *part)


def storable(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values that a human gave, as they are stored. Raises `UserError` for what is no JSON."""
    try:
        given: dict[str, Any] = as_stored(dict(values))
    except (TypeError, ValueError) as error:
        raise UserError(f"what was given can't be written as JSON: {error}") from error
    return given
