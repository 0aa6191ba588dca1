"""Dry runs, and the executions that carry out what they showed: what must hold of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from tests.simulation.chronicle import Chronicle
from tests.simulation.ways import Made

from tizmor.core import events as ev
from tizmor.core.ids import parse_id
from tizmor.core.state import State
from tizmor.ports.agent import AgentContext

HARMLESS = "a dry run changes nothing"
AS_SHOWN = "carrying out a dry run approves the calls that it showed, and no others"

PROPERTIES = (HARMLESS, AS_SHOWN)

Events = Sequence[tuple[int, ev.AnyEvent]]


class Rehearsing:
    """Looks at dry runs, and objects."""

    def __init__(
        self,
        chronicle: Chronicle,
        folded: Callable[[str], State],
        object_: Callable[[str, str], None],
    ) -> None:
        self._chronicle = chronicle
        self._folded = folded
        self._object = object_
        self._carried_out: dict[str, str] = {}

    def call_begins(self, made: Made) -> None:
        """A call with an effect is being made."""
        self._no_effect(made.ctx, "was called")

    def undoing_begins(self, ctx: AgentContext) -> None:
        """A compensation is being called."""
        self._no_effect(ctx, "was taken back")

    def _no_effect(self, ctx: AgentContext, what: str) -> None:
        if is_dry(self._chronicle.of(parse_id(ctx.execution_id) or 0)):
            self._object(HARMLESS, f"{ctx.execution_id}/{ctx.step_id} {what} in a dry run")

    def judge(self, where: str, state: State, events: Events) -> None:
        given = next((e for _, e in events if isinstance(e, ev.CallsApproved)), None)
        by_shown = [e for _, e in events if isinstance(e, ev.GateApproved) and e.planned]
        if is_dry(events):
            for _, event in events:
                if isinstance(event, ev.GateOpened | ev.OutcomeLost | ev.CompensationStarted):
                    self._object(HARMLESS, f"{where}: {event} in a dry run")
        if given is None:
            if by_shown:
                self._object(AS_SHOWN, f"{where} is no dry run's, and has {by_shown[0]}")
            return
        other = self._carried_out.setdefault(given.dry_run, where)
        if other != where:
            self._object(AS_SHOWN, f"{given.dry_run} is carried out by {other} and by {where}")
        left = self._shown(given.dry_run)
        if sum(left.values()) != len(given.calls):
            self._object(AS_SHOWN, f"{where}: {len(given.calls)} approved of {len(left)} shown")
        gates = {e.id: e for _, e in events if isinstance(e, ev.GateOpened)}
        for event in by_shown:
            left[_call(gates[event.id].shown, event.arguments)] -= 1
        if any(count < 0 for count in left.values()):
            self._object(AS_SHOWN, f"{where} approves what {given.dry_run} hasn't shown: {left}")

    def _shown(self, dry_run: str) -> Counter[tuple[str, bytes]]:
        """The exact calls that a dry run has shown that are to be asked about."""
        state = self._folded(dry_run)
        return Counter(
            _call(event.shown, event.arguments)
            for _, event in self._chronicle.of(state.execution)
            if isinstance(event, ev.StepForeseen) and event.key
        )


def _call(shown: dict[str, Any], arguments: dict[str, Any]) -> tuple[str, bytes]:
    """Whose call it is, as it was shown: another agent may have taken the step over since."""
    return shown["action"], msgspec.json.encode(arguments, order="sorted")


def is_dry(events: Events) -> bool:
    """Whether an execution is a dry run."""
    return any(isinstance(event, ev.DryRunBegun) for _, event in events[:2])
