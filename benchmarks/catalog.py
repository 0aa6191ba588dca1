"""The systems that are compared: where each runs, what it needs, what it makes durable when."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field

from benchmarks.workloads import Kind, Workload


class Server(enum.StrEnum):
    """A server that is started for the systems that need it; its CPU is counted apart."""

    POSTGRESQL = "PostgreSQL"
    PREFECT = "Prefect's server and its PostgreSQL"


@dataclass(frozen=True, kw_only=True)
class System:
    """`environment` is a folder of `benchmarks/environments`, empty for Tizmor's own.

    `unfinished` is how many executions its recovery is measured with: fewer where bringing ten
    thousand to the middle of their work would alone take minutes. `cannot` says why a workload is
    not run, by its name or its kind.
    """

    name: str
    module: str
    settings: str
    durable: str
    distributions: tuple[str, ...]
    environment: str = ""
    server: Server | None = None
    unfinished: int = 10_000
    cannot: Mapping[str, str] = field(default_factory=dict)

    def reason_against(self, workload: Workload) -> str | None:
        """Why the workload is not run on this system; None when it is."""
        return self.cannot.get(workload.name) or self.cannot.get(workload.kind)


_NO_HISTORY = {
    "recovery-10000-history": "not run: no way was written to fill its tables with 250,000 ended"
    " executions directly, and running them would take hours",
}
_TIZMOR = (
    "before a call with an effect its intent and all before it; before a reply or the stream all"
    " that they tell; results of steps without effect ride with the next commit, at the latest"
    " after 20 ms"
)
_TIZMOR_SETTINGS = "SQLite WAL, synchronous=FULL, group commit; read models in the same transaction"

_LANGGRAPH = (
    "each step's writes when it ends, in the background; the checkpoint of a superstep before the"
    " next begins"
)

SYSTEMS = {
    s.name: s
    for s in (
        System(
            name="tizmor-core",
            module="benchmarks.systems.tizmor_core",
            settings=f"{_TIZMOR_SETTINGS}; decider, pipeline and journal alone, its bounds"
            " raised to what a workload runs at once",
            durable=_TIZMOR,
            distributions=("tizmor",),
        ),
        System(
            name="tizmor",
            module="benchmarks.systems.tizmor",
            settings=f"{_TIZMOR_SETTINGS}; everything, through "
            "Tizmor.open(interactive=False), its bounds raised to what a workload runs at once",
            durable=_TIZMOR,
            distributions=("tizmor",),
        ),
        System(
            name="naive",
            module="benchmarks.systems.naive",
            settings="SQLite WAL, synchronous=FULL, one commit an event; nothing else",
            durable="each step's start and its end, one commit each",
            distributions=(),
            cannot=dict.fromkeys(
                (Kind.KILL, Kind.RECOVERY), "not run: it can't go on after a crash"
            ),
        ),
        System(
            name="langgraph-sqlite",
            module="benchmarks.peers.langgraph",
            environment="langgraph",
            settings="AsyncSqliteSaver (WAL, synchronous=FULL), durability=sync",
            durable=_LANGGRAPH,
            distributions=("langgraph", "langgraph-checkpoint-sqlite"),
            unfinished=1000,
            cannot=_NO_HISTORY,
        ),
        System(
            name="langgraph-functional",
            module="benchmarks.peers.langgraph_functional",
            environment="langgraph",
            settings="entrypoint and tasks, AsyncSqliteSaver (WAL, synchronous=FULL),"
            " durability=sync",
            durable="each task's result when it ends, in the background; the next task may begin"
            " before",
            distributions=("langgraph", "langgraph-checkpoint-sqlite"),
            unfinished=1000,
            cannot=_NO_HISTORY,
        ),
        System(
            name="langgraph-postgres",
            module="benchmarks.peers.langgraph",
            environment="langgraph",
            server=Server.POSTGRESQL,
            settings="AsyncPostgresSaver on a pool of 20 (synchronous_commit=on), durability=sync",
            durable=_LANGGRAPH,
            distributions=("langgraph", "langgraph-checkpoint-postgres"),
            unfinished=1000,
            cannot=_NO_HISTORY,
        ),
        System(
            name="dbos-sqlite",
            module="benchmarks.peers.dbos",
            environment="dbos",
            settings="its defaults: SQLite DELETE journal, synchronous=FULL",
            durable="the workflow before it begins, each step's result before the next begins, the"
            " workflow's result",
            distributions=("dbos",),
            unfinished=500,
            cannot=_NO_HISTORY,
        ),
        System(
            name="dbos-postgres",
            module="benchmarks.peers.dbos",
            environment="dbos",
            server=Server.POSTGRESQL,
            settings="its defaults on PostgreSQL (synchronous_commit=on)",
            durable="the workflow before it begins, each step's result before the next begins, the"
            " workflow's result",
            distributions=("dbos",),
            unfinished=500,
            cannot=_NO_HISTORY,
        ),
        System(
            name="llamaindex",
            module="benchmarks.peers.llamaindex",
            environment="llamaindex",
            settings="its server's durable runtime in the process, SqliteWorkflowStore (WAL,"
            " synchronous=FULL)",
            durable="every event and every step's end as a tick, one commit each",
            distributions=("llama-index-workflows", "llama-agents-server"),
            unfinished=200,
            cannot=_NO_HISTORY,
        ),
        System(
            name="prefect",
            module="benchmarks.peers.prefect",
            environment="prefect",
            server=Server.PREFECT,
            settings="tasks with persist_result and cache_policy=INPUTS, its own server on"
            " PostgreSQL (synchronous_commit=on)",
            durable="each task's result as a file, not synced; states of runs in the server's"
            " database. After a crash the flow is run again by hand and finds the results",
            distributions=("prefect",),
            unfinished=50,
            cannot=_NO_HISTORY,
        ),
    )
}
