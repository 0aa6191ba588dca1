"""A reader of one execution's journal: how far it has come, and the state there."""

from __future__ import annotations

from collections.abc import Sequence

from tizmor.core import events as ev
from tizmor.core.evolve import evolve
from tizmor.core.state import State
from tizmor.core.transitions import TERMINAL, StepStatus
from tizmor.engine.live import Live
from tizmor.engine.present import Presenter
from tizmor.engine.views import StreamEvent
from tizmor.ports.journal import Journal


class Tail:
    """Folds an execution's events as they become durable."""

    def __init__(self, execution: int) -> None:
        self.execution = execution
        self.state = State(execution)
        self.seq = 0

    async def read(
        self, journal: Journal, presenter: Presenter | None, *, after: int = 0
    ) -> Sequence[StreamEvent]:
        """Fold what is new, and say what of it lies behind journal position `after`; nothing
        without a presenter."""
        shown = []
        for record in await journal.read(self.execution, after_seq=self.seq):
            event = ev.decode(record.payload)
            evolve(self.state, event, record.at_ms)
            self.seq = record.seq
            if presenter is not None and record.position > after:
                views = (
                    presenter.partial(self.state, record.at_ms, event),
                    presenter.event(self.state, record.position, record.at_ms, event),
                )
                shown += [view for view in views if view is not None]
        return shown

    def is_quiet(self, live: Live | None) -> bool:
        """Whether nothing is under way that the journal doesn't show yet."""
        if live is not None:
            return not live.tasks and live.written_seq == self.seq
        return not any(
            s.status is StepStatus.RUNNING
            for s in self.state.steps.values()
            if s.status not in TERMINAL
        )
