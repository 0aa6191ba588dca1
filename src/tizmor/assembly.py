"""Settings to objects: the only file that knows everyone."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import importlib
import random
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from tizmor import __version__
from tizmor import settings as settings_module
from tizmor.agents.builtin import builtin
from tizmor.agents.system import system_check
from tizmor.caching.keys import Meaning, partition
from tizmor.core.agents import AgentSpec
from tizmor.core.errors import EngineError, StorageFailed, WorkspaceUnusable, WrongSetting
from tizmor.drivers.embedded.clock import SystemClock
from tizmor.drivers.embedded.seat import account, seat
from tizmor.drivers.embedded.secrets import LocalSecrets
from tizmor.engine import shared
from tizmor.engine.bounds import standing
from tizmor.engine.context import CallContext, NoExecution, Surroundings
from tizmor.engine.limits import Limits
from tizmor.engine.orchestrator import Orchestrator
from tizmor.engine.orders import Caller
from tizmor.engine.partials import Partials
from tizmor.engine.perform import Performer
from tizmor.engine.present import Presenter
from tizmor.engine.pump import Pump
from tizmor.engine.views import BudgetView, LimitView, LockView
from tizmor.observability.counting import Counting
from tizmor.observability.keeping import Keeping
from tizmor.observability.lines import Lines
from tizmor.observability.observing import observing
from tizmor.observability.recording import Recorder
from tizmor.observability.redaction import Redactor, RememberedSecrets
from tizmor.observability.sending import Sending
from tizmor.observability.telling import Telling
from tizmor.observability.tracing import tracing
from tizmor.pipeline.breaker import Breaker
from tizmor.pipeline.cache import Cache
from tizmor.pipeline.rules import QuotaRules
from tizmor.pipeline.shares import Shares, day_account
from tizmor.pipeline.standard import standard, turns
from tizmor.pipeline.trace import whose
from tizmor.planner.embedded.planner import EmbeddedPlanner
from tizmor.ports.agent import Agent
from tizmor.ports.answers import Answers
from tizmor.ports.audit import AuditRow
from tizmor.ports.breakers import CLOSED, Standing
from tizmor.ports.cache import CacheUse
from tizmor.ports.clock import Clock
from tizmor.ports.journal import AgentFigures, Freed, Journal
from tizmor.ports.logs import Level, LogSink
from tizmor.ports.planner import Planner
from tizmor.ports.policy import BY_DEFAULT, Policy
from tizmor.ports.secrets import PREFIX, Secrets
from tizmor.ports.tokens import Tokens
from tizmor.ports.vocabulary import Check
from tizmor.ports.workspace import Workspace
from tizmor.settings import Settings
from tizmor.storage.schema import VERSION
from tizmor.storage.sqlite import open_sqlite
from tizmor.streaming.streams import HEARTBEAT_S, STALLED_S, Streams

LIBRARY = "library"
_CHECK = "SystemCheck"
Trouble = Callable[[StorageFailed | None], None]


class Tizmor(Orchestrator):
    """One workspace, open in this process. See `open`."""

    workspace: Workspace
    settings: Settings

    def __init__(
        self,
        *,
        workspace: Workspace,
        settings: Settings,
        journal: Journal,
        agents: dict[str, Agent],
        planner: Planner,
        clock: Clock,
        secrets: Secrets,
        patience_s: float,
        interactive: bool,
        trouble: Trouble,
        program: str,
        policy: Policy,
        caller: Caller,
        log: LogSink,
        recorder: Recorder | None = None,
    ) -> None:
        journal.sharing.cache.limit(settings.cache_mb * 1_000_000)
        uses = QuotaRules(agents.values(), settings.limits)
        performer = Performer(
            agents=agents,
            planner=planner,
            pipeline=standard(
                journal.sharing,
                agents.values(),
                uses=uses,
                cache=Cache(
                    journal.sharing.cache,
                    agents.values() if settings.cache_mb else (),
                    within=partition(workspace, program=__version__),
                    meaning=_meaning(agents.values()),
                    verify=settings.cache_verify,
                    dice=random.random,
                ),
                breaker=Breaker(journal.sharing.breakers, agents.values(), settings.breaker, clock),
                shares=Shares(settings.budgets, clock, workspace.zone),
                clock=clock,
            ),
            turns=turns(journal.sharing, uses),
            workspace=workspace,
            clock=clock,
            dice=random.random,
            secrets=secrets,
            conflicts=settings.conflicts,
            policy=policy,
            partials=(partials := Partials()),
            log=log,
            recorder=recorder,
        )
        pump = Pump(
            journal=journal,
            performer=performer,
            clock=clock,
            patience_s=patience_s,
            interactive=interactive,
            trouble=trouble,
            limits=Limits(calls=settings.running_steps, live=settings.live_executions),
        )
        super().__init__(
            journal=journal,
            pump=pump,
            performer=performer,
            agents=agents,
            presenter=Presenter(zone=workspace.zone, folder=workspace.root, program=program),
            clock=clock,
            caller=caller,
        )
        self._secrets = secrets
        self._partials = partials
        self.workspace = workspace
        self.settings = settings

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        workspace: str | Path,
        *,
        settings: Settings | None = None,
        write: bool = True,
        agents: Iterable[Agent] = (),
        planner: Planner | None = None,
        clock: Clock | None = None,
        patience_s: float = 30.0,
        interactive: bool = True,
        trouble: Trouble = lambda error: None,
        program: str = "tizmor",
        interface: str = LIBRARY,
        serves: bool = False,
    ) -> AsyncIterator[Tizmor]:
        """Open a workspace's folder.

        With `write` false it can only be looked at, and nothing is created or taken over. `agents`
        come beside the built-in ones and replace those of the same name. Storage that fails is
        tried again for `patience_s` seconds, and `trouble` is told. `interactive` has every event
        written at once, for somebody who watches; without it steps without effect ride along with
        the next commit. `program` begins the command lines that are handed out for pasting.
        `interface` is by what decisions come in here, for the audit log: a library's caller says
        who decides, `me` by default; elsewhere that is the operating system's account.
        A process that `serves` keeps traces, unless `keep_traces` says otherwise; others do where
        they are sent somewhere. Raises `WorkspaceUnusable` and `WrongSetting`.
        """
        root = _folder(workspace)
        settings = settings or settings_module.load(root)
        clock = clock or SystemClock()
        given = (*builtin(), *agents)
        policy = _policy(root, {_CHECK, *(agent.spec.name for agent in given)})
        journal = await _journal(settings, root, write=write, clock=clock)
        redactor = Redactor(personal=settings.log_personal)
        secrets = RememberedSecrets(LocalSecrets(root / ".tizmor" / "secrets"), redactor)
        lines = Lines(Level[settings.log_level.upper()])
        known: dict[str, Agent] = {}
        to_be_sent = bool(settings.otlp_endpoint)
        recorder = Recorder(journal.sharing.traces, to_be_sent=to_be_sent) if write else None
        check = system_check(
            storage=lambda: journal.check(deep=False), agents=lambda: sorted(known)
        )
        known |= {agent.spec.name: agent for agent in (*builtin(), check, *agents)}
        tizmor = cls(
            workspace=settings.workspace(root),
            settings=settings,
            journal=journal,
            agents=known,
            planner=planner or EmbeddedPlanner([agent.spec for agent in known.values()]),
            clock=clock,
            secrets=secrets,
            patience_s=patience_s,
            interactive=interactive,
            trouble=trouble,
            program=program,
            policy=policy,
            caller=_caller(interface, settings),
            log=lines,
            recorder=recorder,
        )
        inbox = asyncio.create_task(tizmor.obey()) if write else None
        watching = contextlib.AsyncExitStack()
        if write:
            logs = journal.sharing.logs
            keeping = Keeping(lines, logs, redactor, clock, days=settings.log_days)
            tizmor._log_changed = lambda: keeping.changed
            counting, own = Counting(journal), interface != LIBRARY
            asked = whose(tizmor.workspace)
            await watching.enter_async_context(
                observing(lines, keeping, counting, asked, own_process=own)
            )
        if recorder is not None:
            watching.push_async_callback(recorder.close)
        if write and (to_be_sent or (serves and settings.keep_traces)):
            telling = Telling(journal, to_be_sent=to_be_sent)
            sending = _sending(settings, journal, secrets) if to_be_sent else None
            await watching.enter_async_context(tracing(telling, sending))
        try:
            yield tizmor
        finally:
            await tizmor._close(inbox, watching)

    def streams(self, *, heartbeat_s: float = HEARTBEAT_S, stalled_s: float = STALLED_S) -> Streams:
        """What happens in all executions, told to many readers at once: see `tizmor.streaming`. To
        be closed before the workspace."""
        return Streams(
            self._journal,
            self._presenter,
            self._partials,
            self.figures,
            heartbeat_s=heartbeat_s,
            stalled_s=stalled_s,
        )

    async def agents(self) -> Sequence[AgentSpec]:
        """What can be asked for, by name."""
        return [self._agents[name].spec for name in sorted(self._agents)]

    async def doctor(self, *, deep: bool = False) -> Sequence[Check]:
        """Measured checks of this workspace; `deep` reads and verifies every journal row."""
        context = CallContext(
            _around=Surroundings(self.workspace, self._clock, self._secrets),
            _site=NoExecution(language=self.workspace.language or "en"),
            step_id="doctor",
            attempt=1,
            answers={},
            _report=lambda site, step, message: None,
        )
        checked = await self._agents[_CHECK].function(ctx=context)
        stored = {check.name: check for check in (*checked.checks, await self._outside())}
        if not deep:
            return list(stored.values())
        for name, state, detail in await asyncio.to_thread(self._journal.check, deep=True):
            stored[name] = Check(name=name, state=state, detail=detail)
        return list(stored.values())

    def time(self, at_ms: int) -> str:
        """A time in milliseconds since the epoch as ISO 8601 with the workspace's offset."""
        return self._presenter.time(at_ms)

    def command(self, verb: str, execution_id: str) -> str:
        """The command line that does `verb` to an execution, ready to paste."""
        return self._presenter.command(verb, execution_id)

    async def audit(self, *, after: int = 0, limit: int = 1000) -> Sequence[AuditRow]:
        """Rows of the audit log behind a number, in order, as they are stored: see
        `tizmor.ports.audit`."""
        return await self._journal.audit(after=after, limit=limit)

    async def migrate(self) -> str:
        """What schema the database has; opening it to write has brought it up to date."""
        return f"the database has schema {VERSION}, the newest"

    @property
    def tokens(self) -> Tokens:
        """Who may ask the server from elsewhere: see `tizmor.access.issuing`."""
        return self._journal.sharing.tokens

    @property
    def answers(self) -> Answers:
        """Requests to the server that are carried out once."""
        return self._journal.sharing.answers

    async def gc(self, *, older_than: dt.timedelta | None = None, dry_run: bool = False) -> Freed:
        """Remove executions that ended longer ago than that, else than `retention_days` says; with
        neither, only what nothing refers to any more. With `dry_run`, say what that would be."""
        if older_than is None and self.settings.retention_days is not None:
            older_than = dt.timedelta(days=self.settings.retention_days)
        if not dry_run:
            await Counting(self._journal).catch_up()  # what goes is in the metrics before
        before = dt.datetime.fromtimestamp(0, dt.UTC)
        if older_than is not None:
            before = self._clock.now() - older_than
        return await self._journal.gc(
            ended_before_ms=int(before.timestamp() * 1000), dry_run=dry_run
        )

    async def limits(self) -> Sequence[LimitView]:
        """How the quotas stand that calls here have counted against, by name."""
        return shared.limits(await self._journal.sharing.quotas.standing(), self._presenter.zone)

    async def locks(self) -> Sequence[LockView]:
        """Who has and who waits for which resource, in all processes."""
        return shared.locks(await self._journal.sharing.locks.standing(), self._presenter.zone)

    async def cache(self) -> Sequence[CacheUse]:
        """What is kept of agents' answers, and how often it served, by agent."""
        return await self._journal.sharing.cache.uses()

    async def clear_cache(self, agent: str | None = None) -> int:
        """Remove the kept answers of one agent, or all, and what was counted of them; how many
        answers it was. What is running keeps what it works out from then on."""
        if not await self.cache():
            return 0
        return await self._journal.sharing.cache.clear(agent)

    async def _outside(self) -> Check:
        """Whether something that agents call is left alone just now."""
        left_alone = [b for b in await self.breakers() if b.state != CLOSED]
        if not left_alone:
            return Check(name="breakers", state="ok", detail="nothing outside is left alone")
        detail = ", ".join(f"{b.name} is {b.state} after {b.failures} failures" for b in left_alone)
        return Check(name="breakers", state="warning", detail=detail)

    async def budgets(self, execution_id: str | None = None) -> Sequence[BudgetView]:
        """How the budgets of the workspace and of today stand, or those of one execution and its
        steps. Raises `UnknownExecution`."""
        state = None if execution_id is None else await self._folded(execution_id)
        day = day_account(self._clock, self.workspace.zone)
        return await standing(
            self._journal.sharing.budgets, self.settings.budgets, day=day, state=state
        )

    async def metrics(self) -> Sequence[AgentFigures]:
        """What the steps of all executions took and cost, by agent."""
        return await self._journal.figures()

    async def breakers(self) -> Sequence[Standing]:
        """What fails outside, and whether it is left alone for a while."""
        return await self._journal.sharing.breakers.standing()

    async def _close(
        self, inbox: asyncio.Task[None] | None, watching: contextlib.AsyncExitStack
    ) -> None:
        if inbox is not None:
            inbox.cancel()
            with contextlib.suppress(asyncio.CancelledError, EngineError):
                await inbox
        all_ended = await self._pump.close()
        await watching.aclose()
        if all_ended:
            with contextlib.suppress(StorageFailed):
                await self._journal.close()


async def _journal(settings: Settings, root: Path, *, write: bool, clock: Clock) -> Journal:
    if not settings.server_url:
        database = settings.database(root)
        return open_sqlite(database.parent, create=write, clock=clock, name=database.name)
    # Loaded only where it is used: its driver takes a tenth of a second.
    from tizmor.storage.postgres.journal import open_postgres

    return await open_postgres(
        settings.server_url, write=write, clock=clock, lease_s=settings.lease_s
    )


def _sending(settings: Settings, journal: Journal, secrets: Secrets) -> Sending:
    # Loaded only where traces are sent: its messages take a tenth of a second.
    from tizmor.observability.otlp import HttpCollector

    collector = HttpCollector(
        settings.otlp_endpoint,
        headers=lambda: {
            name: secrets.get(named.removeprefix(PREFIX))
            for name, named in settings.otlp_headers.items()
        },
        version=__version__,
    )
    return Sending(journal.sharing.traces, collector, dice=random.random)


def _policy(root: Path, agents: Collection[str]) -> Policy:
    """The workspace's own, beside the default. Raises `WrongSetting` where it is none."""
    file = root / "policy.cedar"
    if not file.exists():
        return BY_DEFAULT
    # Loaded only where there is one: its engine takes more than half of what a start may.
    from tizmor.policies.cedar import CedarPolicy

    try:
        return CedarPolicy(file, agents)
    except OSError as error:
        raise WrongSetting(f"{file.name} can't be read: {error.strerror}") from error


def _caller(interface: str, settings: Settings) -> Caller:
    if interface == LIBRARY:
        return Caller(seat=seat(interface))
    return Caller(account(), seat(interface), names_others=settings.trust_names)


def _folder(workspace: str | Path) -> Path:
    root = Path(workspace).absolute()
    if not root.is_dir():
        raise WorkspaceUnusable(
            f"there is no folder {str(workspace)!r}; `tizmor init {workspace}` makes a workspace"
        )
    return root


def _meaning(agents: Iterable[Agent]) -> Meaning:
    """What tells the meaning of texts. Its two languages take some 40 ms to load, which only a
    process with an agent that is asked in free words needs."""
    if not any(agent.spec.semantic for agent in agents):
        return _untold
    told: Meaning = importlib.import_module("tizmor.caching.meaning").meaning
    return told


def _untold(text: str) -> None:
    return None
