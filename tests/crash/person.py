"""A person: looks at executions at random and gives orders, from a process that may be killed.

What a person says is true: asked whether something happened, they look (at the recorder) first.
"""

from __future__ import annotations

import asyncio

from tests.crash import wire
from tests.crash.process import ENDED, MOST_EXECUTIONS, Actor

from tizmor.engine.views import Execution, Status, Waiting

_LOOK_S = 0.02
_PAUSE, _CANCEL, _REJECT, _EDIT = 0.05, 0.015, 0.03, 0.1
_ANSWERS = {"again": 3, "edit": 2, "skip": 2, "roll_back": 2, "stop": 1}
"""What is chosen, by weight, when a question offers it and truth doesn't settle it."""


async def work(actor: Actor) -> None:
    """Until the run stops. Once it drains, only what brings executions to their end is done."""
    number = 0
    while (phase := await actor.phase()) != "stop":
        for execution_id in await _chosen(actor, phase):
            number += 1
            await _attend(actor, execution_id, f"{actor.name}.{number}", phase)
        await asyncio.sleep(_LOOK_S)


async def _chosen(actor: Actor, phase: str) -> list[str]:
    """Some unfinished executions; while it crashes few, to be soon at each."""
    executions = await actor.tizmor.list(limit=MOST_EXECUTIONS)
    unfinished = [e.execution_id for e in executions if e.status not in ENDED]
    actor.dice.shuffle(unfinished)
    return unfinished[: 4 if phase == "crash" else 50]


async def _attend(actor: Actor, execution_id: str, by: str, phase: str) -> None:
    """One order at most."""
    execution = await actor.tizmor.get(execution_id)
    if execution.status in ENDED:
        return
    mood = actor.dice.random()
    if execution.status is Status.PAUSED:
        await actor.tizmor.resume(execution_id)
    elif phase == "crash" and mood < _CANCEL:
        taken_back = actor.dice.random() < 0.5
        given = actor.tizmor.cancel(execution_id, roll_back=taken_back, by=by)
        await actor.order("cancel", execution_id, by, given)
    elif phase == "crash" and mood < _PAUSE:
        await actor.order("pause", execution_id, by, actor.tizmor.pause(execution_id, by=by))
    elif execution.waiting_for:
        await _decide(actor, execution, actor.dice.choice(execution.waiting_for), by)
    else:
        return
    if actor.tizmor.owns(execution_id):
        actor.follow(execution_id)


async def _decide(actor: Actor, execution: Execution, waiting: Waiting, by: str) -> None:
    if waiting.kind == "question":
        choice = await _answer(actor, execution, waiting)
        edits = {"item": f"as {by} wants it"} if choice == "edit" else None
        given = actor.tizmor.answer(
            execution.id, choice, question=waiting.id, arguments=edits, by=by
        )
        await actor.order("answer", execution.id, by, given)
        return
    mood = actor.dice.random()
    if mood < _REJECT:
        given = actor.tizmor.reject(execution.id, waiting.id, by=by)
        await actor.order("reject", execution.id, by, given)
        return
    arguments = {"item": f"as {by} wants it"} if mood < _REJECT + _EDIT else None
    given = actor.tizmor.approve(execution.id, waiting.id, arguments=arguments, by=by)
    await actor.order("approve", execution.id, by, given)


async def _answer(actor: Actor, execution: Execution, waiting: Waiting) -> str:
    offered = [choice.value for choice in waiting.choices]
    if "happened" in offered and waiting.step:
        look = wire.Look(execution=execution.id, step=waiting.step)
        if (await actor.ask(look))["outcome"] == "happened":
            return "happened"
        return "again" if actor.dice.random() < 0.9 else "stop"
    if not offered:
        return "go on"
    weights = [_ANSWERS.get(value, 0) for value in offered]
    return actor.dice.choices(offered, weights if any(weights) else None)[0]
