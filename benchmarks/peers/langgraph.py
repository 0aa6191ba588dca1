"""LangGraph's graph API, every superstep's checkpoint written before the next (`durability=sync`).

The five steps are five nodes; a chain is one node with an edge to itself, whose state holds the
last value only; a fan-out is one `Send` for each item and a reducer.
"""

from __future__ import annotations

import asyncio
import operator
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Annotated, Any, TypedDict

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from langgraph.graph import END, START, StateGraph
from langgraph.types import Send
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool

from benchmarks.contract import Engine, Site
from benchmarks.workloads import FIVE_STEPS, JOIN, Shape, chain_step

_CONNECTIONS = 20


class FiveStepState(TypedDict, total=False):
    search_output: str
    contact_output: str
    analysis_output: str
    calendar_output: str
    agenda_output: str


class ChainState(TypedDict):
    at: int
    value: str


class FanOutState(TypedDict, total=False):
    values: Annotated[list[str], operator.add]
    joined: str


class ItemState(TypedDict):
    at: int


def five_step(site: Site) -> StateGraph[Any]:
    graph = StateGraph(FiveStepState)

    def node(name: str) -> Any:
        async def run(state: FiveStepState) -> dict[str, str]:
            await site.step(name)
            return {f"{name}_output": "v"}

        return run

    for name, needs in FIVE_STEPS.items():
        graph.add_node(name, node(name))
        for need in needs or (START,):
            graph.add_edge(need, name)
    graph.add_edge("agenda", END)
    graph.add_edge("calendar", END)
    return graph


def chain(site: Site) -> StateGraph[Any]:
    graph = StateGraph(ChainState)

    async def link(state: ChainState) -> ChainState:
        await site.step(chain_step(state["at"]))
        return {"at": state["at"] + 1, "value": "v"}

    graph.add_node("link", link)
    graph.add_edge(START, "link")
    graph.add_conditional_edges(
        "link", lambda state: "link" if state["at"] < site.size else END, ["link", END]
    )
    return graph


def fan_out(site: Site) -> StateGraph[Any]:
    graph = StateGraph(FanOutState)

    async def item(state: ItemState) -> FanOutState:
        await site.step(chain_step(state["at"]))
        return {"values": ["v"]}

    async def join(state: FanOutState) -> FanOutState:
        await site.step(JOIN)
        return {"joined": str(len(state["values"]))}

    graph.add_node("item", item)
    graph.add_node(JOIN, join)
    graph.add_conditional_edges(
        START, lambda state: [Send("item", {"at": at}) for at in range(site.size)], ["item"]
    )
    graph.add_edge("item", JOIN)
    graph.add_edge(JOIN, END)
    return graph


_GRAPHS = {Shape.FIVE_STEP: five_step, Shape.CHAIN: chain, Shape.FAN_OUT: fan_out}
_BEGIN: dict[Shape, dict[str, Any]] = {
    Shape.FIVE_STEP: {"search_output": ""},
    Shape.CHAIN: {"at": 0, "value": ""},
    Shape.FAN_OUT: {"values": []},
}


class _LangGraph:
    def __init__(self, site: Site, saver: BaseCheckpointSaver[Any]) -> None:
        self._graph = _GRAPHS[site.shape](site).compile(checkpointer=saver)
        self._begin = _BEGIN[site.shape]
        self._limit = site.size + 10

    async def run(self, execution: str) -> None:
        await self._invoke(self._begin, execution)

    async def resume(self, executions: Sequence[str]) -> None:
        await asyncio.gather(*(self._invoke(None, execution) for execution in executions))

    async def _invoke(self, begin: dict[str, Any] | None, execution: str) -> None:
        config = {"configurable": {"thread_id": execution}, "recursion_limit": self._limit}
        await self._graph.ainvoke(begin, config, durability="sync")


@asynccontextmanager
async def opened(site: Site) -> AsyncIterator[Engine]:
    async with saver_of(site) as saver:
        await saver.setup()
        yield _LangGraph(site, saver)


@asynccontextmanager
async def saver_of(site: Site) -> AsyncIterator[AsyncSqliteSaver | AsyncPostgresSaver]:
    if not site.url:
        async with AsyncSqliteSaver.from_conn_string(str(site.folder / "checkpoints.db")) as saver:
            yield saver
        return
    arguments = {"autocommit": True, "prepare_threshold": 0, "row_factory": dict_row}
    async with AsyncConnectionPool(
        site.url, min_size=_CONNECTIONS, max_size=_CONNECTIONS, kwargs=arguments, timeout=600
    ) as pool:
        yield AsyncPostgresSaver(pool)
