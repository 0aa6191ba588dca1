"""Looking over all executions: what is open, how agents do, who decided what; large values."""

from __future__ import annotations

from collections.abc import Sequence

from tizmor.core.errors import UserError
from tizmor.core.ids import parse_id, public_id
from tizmor.engine import auditing, health
from tizmor.engine.auditing import Decided
from tizmor.engine.history import fold
from tizmor.engine.orchestrator.executions import Executions
from tizmor.engine.overviews import AgentView, Pending, PendingPage, ToolView
from tizmor.ports.audit import Audited
from tizmor.ports.journal import OpenMatter

_LOOKED_AT = 10_000
"""Rows of the audit log that are looked through for those of one execution, at a time."""


class Surveying(Executions):
    """Shows what stands over all executions; nothing is taken over for that."""

    async def pending(self, kind: str, *, limit: int = 50, after: str | None = None) -> PendingPage:
        """What is open of all executions that have not ended: approvals or questions, as `kind`
        (`approval`, `question`) says, the oldest execution first. `after` is the `next_cursor` of
        the page before. Raises `UserError` for what is no cursor."""
        behind = None if after is None else _matter(after)
        found = await self._journal.open_matters(kind, limit=limit + 1, after=behind)
        more = _place(found[limit - 1]) if len(found) > limit else None
        items = []
        for execution in dict.fromkeys(matter.execution for matter in found[:limit]):
            wanted = {matter.id: matter for matter in found[:limit] if matter[0] == execution}
            items += await self._open_of(execution, wanted)
        return PendingPage(items=tuple(items), next_cursor=more)

    async def agent_views(self) -> Sequence[AgentView]:
        """All agents by name: what they declare, how their calls went, whether they are held
        back."""
        specs = [self._agents[name].spec for name in sorted(self._agents)]
        return await health.agent_views(self._journal, specs)

    async def tool_views(self) -> Sequence[ToolView]:
        """What agents call outside, by name, and how that went."""
        specs = [self._agents[name].spec for name in sorted(self._agents)]
        return await health.tool_views(self._journal, specs, self._presenter.time)

    async def decisions(
        self, *, after: int = 0, limit: int = 100, execution: str | None = None
    ) -> tuple[Sequence[Decided], int | None]:
        """Who decided what, behind a number of the audit log, and the number that the next ones
        come behind; None at the end. With an `execution`, of that one alone: at most 10,000 rows
        are looked through, so that there may be less than `limit` of them though there are more
        behind. Raises `JournalDamaged` for a row that can't be read."""
        return await auditing.entries(
            self._journal, after=after, limit=limit, execution=execution, among=_LOOKED_AT
        )

    async def verify_audit(self, head: str | None = None) -> Audited:
        """Hold the audit log against its hashes; a `head`, as `ROW:HASH`, is an end of it that was
        told before and must still be in it. The whole log is read. Raises `UserError`."""
        return await auditing.audited(self._journal, head)

    async def blobs(self, execution_id: str) -> Sequence[tuple[str, int]]:
        """The large values that are stored apart for an execution, each once: SHA-256 in hex, and
        length in bytes. Raises `UnknownExecution`."""
        stored = await self._stored(execution_id)
        found = await self._journal.blobs_of(stored.execution)
        return [(digest.hex(), size) for digest, size in found]

    async def blob(self, execution_id: str, digest: str) -> bytes | None:
        """One of them, a JSON text; None where the execution has none of that hash. Raises
        `UnknownExecution`, `JournalDamaged`."""
        stored = await self._stored(execution_id)
        try:
            wanted = bytes.fromhex(digest)
        except ValueError:
            return None
        return await self._journal.blob_of(stored.execution, wanted)

    async def _open_of(self, execution: int, wanted: dict[str, OpenMatter]) -> list[Pending]:
        """What is wanted of one execution, where it is still open as it stands now."""
        live = self._pump.last_known(execution)
        if live is not None and live.all_durable:
            state = live.state
        else:
            state, _ = await fold(self._journal, execution)
        return [
            Pending(
                execution_id=public_id(execution),
                query=state.query,
                user=state.user,
                asked_at=self._presenter.time(wanted[view.id].asked_at_ms),
                waiting=view,
            )
            for view in self._presenter.waiting(state)
            if view.id in wanted
        ]


def _place(matter: OpenMatter) -> str:
    return f"{public_id(matter.execution)}.{matter.asked_at_ms}.{matter.id}"


def _matter(place: str) -> OpenMatter:
    execution, _, rest = place.partition(".")
    at_ms, _, name = rest.partition(".")
    number = parse_id(execution)
    if number is None or not at_ms.isdecimal() or not at_ms.isascii() or len(at_ms) > 18:
        raise UserError("that is no cursor: take the `nextCursor` of the page before")
    return OpenMatter(number, int(at_ms), name)
