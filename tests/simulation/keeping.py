"""Answers that are kept for whoever asks the same, and what must hold of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tests.simulation.extras import Extras
from tests.simulation.menu import DEFAULTS
from tests.simulation.ways import Made, kept_value, way_named

from tizmor.core import events as ev
from tizmor.core.graph import resolvable
from tizmor.core.plan import Effect
from tizmor.core.state import State

HIT = "only reads that nobody is asked about are answered by what is kept, to the same question"
AT_ONCE = "of many who ask the same at once, one works it out"

PROPERTIES = (HIT, AT_ONCE)

Events = Sequence[tuple[int, ev.AnyEvent]]


class Keeping:
    """Sees what is worked out at a time, and objects. `excused` are processes that were taken for
    dead while they worked something out: another may have begun with it."""

    def __init__(self, extras: Extras, object_: Callable[[str, str], None]) -> None:
        self.excused: set[str] = set()
        self._may_keep = extras.ruling(Effect.READ, critical=False) is None
        self._object = object_
        self._running: list[Made] = []

    def begins(self, made: Made) -> None:
        if not (made.way.keeps and self._may_keep) or made.ctx.answers:
            return  # what a human has told one call is nobody else's answer
        for other in self._running:
            if other.process not in self.excused and other.arguments == made.arguments:
                self._object(AT_ONCE, f"{_where(made)} is worked out while {_where(other)} is")
        self._running.append(made)

    def ends(self, made: Made) -> None:
        self._running = [one for one in self._running if one is not made]

    def lose(self, process: str) -> None:
        self._running = [one for one in self._running if one.process != process]

    def judge(self, where: str, state: State, events: Events) -> None:
        for _, event in events:
            if not (isinstance(event, ev.StepSucceeded) and event.cached):
                continue
            step = state.steps[event.step]
            way = way_named(step.step.agent)
            if way.effect is not Effect.READ or not (way.keeps and self._may_keep):
                self._object(
                    HIT, f"{where}/{event.step}, a {way.name}, was answered from the cache"
                )
                continue
            if step.parent is None and not state.plan_answers:
                asked = {**DEFAULTS, **resolvable(step.step.arguments, state.outputs)}
                if event.output.get("value") != kept_value(asked):
                    self._object(HIT, f"{where}/{event.step} asked {asked}: {event.output}")


def _where(made: Made) -> str:
    return f"{made.ctx.execution_id}/{made.ctx.step_id}"
