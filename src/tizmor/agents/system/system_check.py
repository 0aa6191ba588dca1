"""SystemCheck: what Tizmor needs, measured."""

from __future__ import annotations

import asyncio
import datetime as dt
import time
from collections.abc import Callable, Sequence

from tizmor.agents.system import checks
from tizmor.ports.agent import Agent, AgentContext, Effect, agent
from tizmor.ports.vocabulary import Check, Value

Finding = tuple[str, str, str]
"""Name, state (`ok`, `warning` or `failed`), detail."""

_CHECKS: tuple[Callable[[AgentContext], Check], ...] = (
    checks.check_workspace,
    checks.check_disk,
    checks.check_documents,
    checks.check_contacts,
    checks.check_calendar,
    checks.check_time,
    checks.check_python,
)


class SystemChecked(Value, frozen=True):
    """Every check with its state, and what they come to in one sentence."""

    checks: list[Check]
    summary: str


def system_check(
    *, storage: Callable[[], Sequence[Finding]], agents: Callable[[], Sequence[str]]
) -> Agent:
    """The agent, told how to look at what no agent sees by itself: what is stored (`storage`
    blocks, and runs in a thread), and the names of the agents there are."""

    @agent(
        name="SystemCheck",
        timeout=dt.timedelta(minutes=2),
        effect=Effect.READ,
        phrases=(
            "check the system", "system check", "run a system check", "system health",
            "health check", "is everything working", "is the system ok", "diagnose", "diagnostics",
            "system status", "is anything broken", "is something wrong", "are all parts working",
            "בדוק את המערכת", "תבדוק את המערכת", "בדקי את המערכת", "תבדקי את המערכת",
            "לבדוק את המערכת", "בדיקת מערכת", "בדיקת תקינות", "תקינות המערכת", "מצב המערכת",
            "האם המערכת תקינה", "האם הכל עובד", "הכל תקין", "משהו לא תקין",
        ),
    )  # fmt: skip
    async def check(*, ctx: AgentContext) -> SystemChecked:
        """Check the system: workspace, disk, database, documents, contacts, calendar and agents."""
        stored = await asyncio.to_thread(_stored, storage)
        seen = await asyncio.gather(*(asyncio.to_thread(look, ctx) for look in _CHECKS))
        found = [*stored, *seen, checks.check_agents(agents(), ctx)]
        summary = _summary(found, ctx)
        ctx.progress(summary)
        return SystemChecked(checks=found, summary=summary)

    return check


def _stored(storage: Callable[[], Sequence[Finding]]) -> list[Check]:
    """The database and its journal; the first finding says how long looking took."""
    began = time.monotonic()
    found = [Check(name=name, state=state, detail=detail) for name, state, detail in storage()]
    took = (time.monotonic() - began) * 1000
    if found:
        first = found[0]
        found[0] = Check(
            name=first.name, state=first.state, detail=f"{first.detail} ({took:.1f} ms)"
        )
    return found


def _summary(found: list[Check], ctx: AgentContext) -> str:
    wrong = [check for check in found if check.state != checks.OK]
    total = len(found)
    if not wrong:
        return ctx.say(
            he=f"המערכת תקינה: {total} בדיקות עברו",
            en=f"the system is sound: {total} checks passed",
        )
    named = "; ".join(f"{check.name}: {check.detail}" for check in wrong)
    passed = total - len(wrong)
    return ctx.say(
        he=f"{passed} מתוך {total} בדיקות עברו. {named}",
        en=f"{passed} of {total} checks passed. {named}",
    )
