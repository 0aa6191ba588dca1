"""A person: approves whatever waits for them, from a process of their own. Asked whether something
happened, they look (at the recorder) and say the truth. Asked for more than a budget allows, they
give it to an execution, and don't take it from what is for all."""

from __future__ import annotations

import asyncio
import contextlib

from tests.load import wire
from tests.load.books import NO_BUDGET
from tests.load.scene import ENDED, MOST_EXECUTIONS, Scene, main

from tizmor.assembly import Tizmor
from tizmor.core.errors import OwnershipLost, UserError
from tizmor.engine.views import Waiting

_LOOK_S = 0.2


async def work(scene: Scene, tizmor: Tizmor) -> None:
    """Until it is cancelled."""
    while True:
        for execution in await tizmor.list(limit=MOST_EXECUTIONS):
            if execution.status not in ENDED:
                view = await tizmor.get(execution.execution_id)
                for waiting in view.waiting_for:
                    with contextlib.suppress(OwnershipLost, UserError):  # it is decided by now
                        await _decide(scene, tizmor, view.id, waiting)
        await asyncio.sleep(_LOOK_S)


async def _decide(scene: Scene, tizmor: Tizmor, execution: str, waiting: Waiting) -> None:
    if waiting.kind == "approval":
        await tizmor.approve(execution, waiting.id)
        return
    offered = [offer.value for offer in waiting.choices]
    if NO_BUDGET in waiting.text:
        choice = offered[0] if "(execution.tokens)" in waiting.text else "skip"
    else:
        look = wire.Look(execution=execution, step=waiting.step or "")
        happened = (await wire.ask(scene.recorder, look))["happened"]
        choice = "happened" if happened else "again"
    await tizmor.answer(execution, choice if choice in offered else offered[0], question=waiting.id)


if __name__ == "__main__":
    main(work)
