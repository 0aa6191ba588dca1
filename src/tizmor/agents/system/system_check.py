"""SystemCheck: what Tizmor needs, measured."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable

from tizmor.agents.system import checks
from tizmor.ports.agent import AgentContext, Effect, agent
from tizmor.ports.vocabulary import Check, Value

_CHECKS: tuple[Callable[[AgentContext], Check | list[Check]], ...] = (
    checks.check_workspace,
    checks.check_disk,
    checks.check_database,
    checks.check_documents,
    checks.check_contacts,
    checks.check_calendar,
    checks.check_time,
    checks.check_python,
    checks.check_agents,
)


class SystemChecked(Value, frozen=True):
    """Every check with its state, and what they come to in one sentence."""

    checks: list[Check]
    summary: str


@agent(
    name="SystemCheck",
    effect=Effect.READ,
    phrases=(
        "check the system", "system check", "run a system check", "system health", "health check",
        "is everything working", "is the system ok", "diagnose", "diagnostics", "system status",
        "בדוק את המערכת", "תבדוק את המערכת", "בדקי את המערכת", "תבדקי את המערכת",
        "לבדוק את המערכת", "בדיקת מערכת", "בדיקת תקינות", "תקינות המערכת", "מצב המערכת",
        "האם המערכת תקינה", "האם הכל עובד", "הכל תקין",
    ),
)  # fmt: skip
async def system_check(*, ctx: AgentContext) -> SystemChecked:
    """Check the system: workspace, disk, database, documents, contacts, calendar and agents."""
    results = await asyncio.gather(*(asyncio.to_thread(check, ctx) for check in _CHECKS))
    found = list(itertools.chain.from_iterable(r if isinstance(r, list) else [r] for r in results))
    summary = _summary(found, ctx)
    ctx.progress(summary)
    return SystemChecked(checks=found, summary=summary)


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
