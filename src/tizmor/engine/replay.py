"""Replaying an execution: its journal folded anew, and held against what stands beside it.

The journal is the truth; the read models and the checkpoint are made of it. A replay that leads
elsewhere means that one of them was changed, or that this version folds events otherwise.
"""

from __future__ import annotations

from tizmor.core import checkpoint
from tizmor.core.errors import JournalDamaged
from tizmor.core.state import State
from tizmor.core.transitions import IllegalMove
from tizmor.engine.history import fold, fold_records
from tizmor.engine.projections import execution_row
from tizmor.ports.journal import Journal, StoredExecution


async def replayed(journal: Journal, stored: StoredExecution) -> tuple[State, int, list[str]]:
    """The state as folded from the first event on, how many events there are, and each difference
    from the read model and the checkpoint. Raises `JournalDamaged`."""
    records = await journal.read(stored.execution)
    try:
        state, seq = fold_records(State(stored.execution), records)
    except (IllegalMove, LookupError) as error:
        raise JournalDamaged(f"the events do not follow one another: {error}") from error
    return (
        state,
        seq,
        [
            *_read_model(state, stored),
            *await _checkpoint(journal, state),
        ],
    )


def _read_model(state: State, stored: StoredExecution) -> list[str]:
    row, kept = execution_row(state), stored.row
    pairs = {
        "status": (row.status, kept.status),
        "steps": (row.steps_total, kept.steps_total),
        "steps done": (row.steps_done, kept.steps_done),
        "ended": (row.ended, kept.ended),
        "request": (state.query, stored.query),
    }
    return [
        f"{name}: {folded} by the journal, {shown} in the list"
        for name, (folded, shown) in pairs.items()
        if folded != shown
    ]


async def _checkpoint(journal: Journal, state: State) -> list[str]:
    if await journal.checkpoint(state.execution) is None:
        return []
    shortened, _ = await fold(journal, state.execution)
    same = checkpoint.encode(shortened) == checkpoint.encode(state)
    return [] if same else ["the checkpoint leads to another state than the events before it"]
