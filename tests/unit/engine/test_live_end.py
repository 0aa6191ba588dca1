import asyncio

import pytest

from tizmor.core import events as ev
from tizmor.core.errors import OwnershipLost
from tizmor.core.evolve import evolve
from tizmor.core.state import State
from tizmor.engine.live import Live

pytestmark = pytest.mark.anyio


def _live(*events: ev.Event) -> Live:
    live = Live(State(1), epoch=1, seq=0, create=None)
    for event in events:
        evolve(live.state, event, 1)
        live.write(1, event)
    return live


async def test_the_end_is_waited_for_until_it_is_on_disk_by_all_who_ask() -> None:
    live = _live(ev.Created(query="q"))
    waiting = [asyncio.ensure_future(live.end()) for _ in range(3)]
    await asyncio.sleep(0)
    waiting.pop().cancel()
    evolve(live.state, ev.Ended(status="COMPLETED"), 2)
    live.write(2, ev.Ended(status="COMPLETED"))
    live.release(1)
    await asyncio.sleep(0)
    assert not any(waiter.done() for waiter in waiting)
    live.release(2)
    await asyncio.gather(*waiting)
    await live.end()


async def test_who_waits_for_the_end_is_told_what_broke_it_off() -> None:
    live = _live(ev.Created(query="q"))
    waiting = asyncio.ensure_future(live.end())
    await asyncio.sleep(0)
    live.break_off(OwnershipLost("another process runs it now"))
    for waiter in (waiting, live.end()):
        with pytest.raises(OwnershipLost, match="another process"):
            await waiter
