"""What a run has beside plain plans: people with a say of their own, agents that talk, that cost
something and whose answers are kept, budgets, breakers and dry runs.

All of it is drawn from a stream of its own, and most runs have little of it, so that what one part
brings about isn't hidden by all others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from msgspec import structs
from tests.simulation.ways import Way, way_named

from tizmor.core.approval import needs_gate
from tizmor.core.plan import Effect, Exhausted, Plan, Step
from tizmor.core.terms import Need, OnExpiry, Terms
from tizmor.drivers.simulated.choices import Stream
from tizmor.ports.breakers import STANDARD, Breaking
from tizmor.ports.budgets import NO_BUDGETS, Budgeting
from tizmor.ports.policy import BY_DEFAULT, Ask, Asked, Forbidden, Policy, Ruling, Waived

PEOPLE = ("ann", "bob", "cid", "dan", "eve")
"""Who may decide; `dan` is whom gates are escalated to, and `eve` is never asked."""
TOPIC = "news"
KEYS = ("plan", "notes")
LOG = "log"
"""The key under which values are only added to, by comparing and setting."""
WAIVED, FORBIDDEN = "free", "never"
"""The policies that waive and forbid."""

_NAMED = PEOPLE[:3]
_HANDED = (Way(effect=Effect.READ), Way(effect=Effect.IDEMPOTENT), Way(effect=Effect.IRREVERSIBLE))


class DrawnPolicy(msgspec.Struct, frozen=True):
    """Rules by what a call does and whether that is critical; the same for a whole run."""

    rulings: Mapping[tuple[str, bool], Ruling]

    def concerns(self, step: Step) -> bool:
        return (step.effect.value, step.critical) in self.rulings

    def rule(self, asked: Asked) -> Ruling | None:
        return self.rulings.get((asked.effect, asked.critical))


class Extras(msgspec.Struct, frozen=True, kw_only=True):
    """What a run has. `rulings` None: the default policy."""

    talks: bool = False
    costs: bool = False
    keeps: bool = False
    rehearses: bool = False
    rulings: Mapping[tuple[str, bool], Ruling] | None = None
    budgets: Budgeting = NO_BUDGETS
    breaking: Breaking = STANDARD

    @property
    def adorns(self) -> bool:
        """Whether steps are done by other agents than the plain ones."""
        return self.talks or self.costs or self.keeps

    @property
    def policy(self) -> Policy:
        return BY_DEFAULT if self.rulings is None else DrawnPolicy(self.rulings)

    def ruling(self, effect: Effect, *, critical: bool) -> Ruling | None:
        """What the policy says of a call."""
        if self.rulings is not None:
            return self.rulings.get((effect.value, critical))
        step = Step(id="s", agent="a", effect=effect, critical=critical)
        return Ask(Terms()) if needs_gate(step) else None


def drawn_extras(stream: Stream) -> Extras:
    """Nothing, mostly, of each."""
    return Extras(
        talks=stream.chance(0.25),
        costs=(costs := stream.chance(0.25)),
        keeps=stream.chance(0.25),
        rehearses=stream.chance(0.2),
        rulings=_rulings(stream) if stream.chance(0.35) else None,
        budgets=_budgets(stream) if costs else NO_BUDGETS,
        breaking=Breaking(failures=2, pause_s=6.0) if stream.chance(0.25) else STANDARD,
    )


def _rulings(stream: Stream) -> dict[tuple[str, bool], Ruling]:
    rulings: dict[tuple[str, bool], Ruling] = {}
    for effect in Effect:
        for critical in (False, True):
            if effect is Effect.IRREVERSIBLE or critical or stream.chance(0.3):
                rulings[effect.value, critical] = _ruling(stream)
    return rulings


def _ruling(stream: Stream) -> Ruling:
    if stream.chance(0.1):
        return Waived(WAIVED)
    if stream.chance(0.05):
        return Forbidden(FORBIDDEN)
    return Ask(_terms(stream))


def _terms(stream: Stream) -> Terms:
    needs = tuple(_need(stream, name) for name in ("house", "money")[: 1 + stream.below(2)])
    return Terms(
        needs=needs,
        remind_ms=stream.pick((None, 300)),
        expires_ms=stream.pick((None, 1_500, 600)),
        on_expiry=stream.pick((OnExpiry.REJECT, OnExpiry.ASK)),
    )


def _need(stream: Stream, policy: str) -> Need:
    quorum = 1 + stream.below(2)
    named = _NAMED[stream.below(2) :] if stream.chance(0.6) else ()
    escalates = stream.chance(0.4)
    return Need(
        policy=policy,
        quorum=quorum,
        approvers=named,
        escalate_ms=400 if escalates else None,
        escalate_to=("dan",) if escalates else (),
    )


def _budgets(stream: Stream) -> Budgeting:
    limits: dict[str, int] = {}
    if stream.chance(0.5):
        limits["execution.calls"] = 3 + stream.below(6)
    if stream.chance(0.4):
        limits["workspace.tokens"] = 30 + 10 * stream.below(4)
    if stream.chance(0.3):
        limits["step.calls"] = 1 + stream.below(2)
    exhausted = stream.pick(((Exhausted.STOP,), (Exhausted.ASK,), (Exhausted.CHEAPER,)))
    return Budgeting(limits, exhausted)


def adorned(plan: Plan, stream: Stream, extras: Extras) -> Plan:
    """The plan with agents that talk, cost and are kept in place of some of its plain ones."""
    if not extras.adorns:
        return plan
    talkers = [s.id for s in plan.steps if s.for_each is None] if extras.talks else []
    talkers = [name for name in talkers if stream.chance(0.6)]
    steps = [_adorned(step, stream, extras, talkers) for step in plan.steps]
    return structs.replace(plan, steps=tuple(steps))


def _adorned(step: Step, stream: Stream, extras: Extras, talkers: Sequence[str]) -> Step:
    own = way_named(step.agent)
    talks = step.id in talkers
    costs = extras.costs and stream.chance(0.6)
    may_keep = own.effect is Effect.READ and not own.critical and not (talks or costs)
    keeps = extras.keeps and may_keep and stream.chance(0.6)
    if not (talks or costs or keeps):
        return step
    way = Way(effect=own.effect, critical=own.critical, talks=talks, costs=costs, keeps=keeps)
    arguments: dict[str, Any] = dict(step.arguments)
    if talks:
        others = [name for name in talkers if name != step.id] or [step.id]
        changes = own.effect is not Effect.READ
        arguments["script"] = _script(stream, others, changes=changes)
    if keeps and stream.chance(0.5):
        arguments = {"note": "n"}  # as others ask for, too
    return structs.replace(step, agent=way.name, arguments=arguments, alternatives=())


def _script(stream: Stream, others: Sequence[str], *, changes: bool) -> list[str]:
    lines = ["add:"] if stream.chance(0.5) else []
    for _ in range(1 + stream.below(3)):
        verb = stream.pick(_VERBS)
        match verb:
            case "put" | "look" | "watch":
                lines.append(f"{verb}:{stream.pick(KEYS)}")
            case "ask" | "ask soon":
                lines.append(f"{verb}:{stream.pick(others)}")
            case "hand" if not changes:
                lines.append(f"{verb}:{stream.pick(_HANDED).name}")
            case _:
                lines.append(f"{verb}:")
    return [*lines, "take:"] if stream.chance(0.5) else lines


_VERBS = ("ask", "take", "put", "look", "ask soon", "ignore", "watch", "tell", "all", "hand")
