"""How much may be used by all processes together: tokens, money, time and calls.

What a call may use at most is reserved before it is made, and settled with what it did use after.
So a budget is never overrun by calls that run side by side, whatever crashes when.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol

from tizmor.core.budgets import MEASURES, SCOPES, Amounts, amount
from tizmor.core.plan import Budget, Exhausted
from tizmor.ports.locks import Holder


class Claim(NamedTuple):
    """A call that may use something. `number` tells it from all others of its process.

    `intent_first`: that the call was about to begin is durable before it begins, with this attempt.
    So an earlier claim with the same attempt, of which that isn't so, was never made use of.
    """

    holder: Holder
    attempt: int
    number: int
    intent_first: bool


class Bound(NamedTuple):
    """A limit of an account, `measure` as its place among `Amounts`; `name` is the budget's."""

    name: str
    account: str
    measure: int
    limit: int


class Reserved(NamedTuple):
    """The call may use as much; of time it may be less than was wanted."""

    amounts: Amounts


class Lacking(NamedTuple):
    """A budget doesn't suffice, whatever the calls that are under way leave of it: `spent` is
    spent, and so much is `wanted`."""

    bound: Bound
    spent: int
    wanted: int


class Busy(NamedTuple):
    """It would suffice if the calls that are under way use less than they may. The holder stands in
    line, and is told when they have left enough."""

    bound: Bound


class Account(NamedTuple):
    """What was spent on an account, and what is reserved. `name`: `workspace`, `day:2026-11-21`,
    `execution:NUMBER`, `step:NUMBER/STEP`."""

    name: str
    spent: Amounts
    reserved: Amounts


class Budgets(Protocol):
    """Budgets that all processes on one database keep together."""

    async def reserve(
        self, claim: Claim, wanted: Amounts, accounts: Sequence[str], bounds: Sequence[Bound]
    ) -> Reserved | Lacking | Busy:
        """Reserve as much on all accounts, if all bounds allow it. What an earlier call of the same
        step had reserved and nobody settled, because its process died, is spent in full; what is
        known not to have been used is given back."""
        ...

    async def settle(self, claim: Claim, spent: Amounts) -> None:
        """The call has used so much, and no more is reserved for it."""
        ...

    async def give_back(self, claim: Claim) -> None:
        """The call was not made."""
        ...

    async def take_over(self, begun: Mapping[int, Mapping[str, int]]) -> None:
        """This process goes on with these executions, which no other does any more. What others had
        reserved for one and nobody settled is given back where the call is known not to have been
        made, and spent in full elsewhere. `begun` says of each execution how many calls have begun
        of each step whose calls are durably known before they begin. Of one that this process has
        lost meanwhile, nothing is done."""
        ...

    async def standing(self, accounts: Sequence[str]) -> Sequence[Account]:
        """Those of these accounts on which anything was ever reserved. It only looks."""
        ...


class Budgeting(NamedTuple):
    """What the settings say of budgets: limits by the budget's name, and what follows where one
    doesn't suffice."""

    limits: Mapping[str, int] = MappingProxyType({})
    exhausted: tuple[Exhausted, ...] = (Exhausted.STOP,)


NO_BUDGETS = Budgeting()
_TIME = re.compile(r"(\d{1,9}(?:\.\d{1,3})?)\s*(s|m|h|d)?")
_SECONDS = {None: 1, "s": 1, "m": 60, "h": 3_600, "d": 86_400}
_POLICIES = re.compile(r"[+,\s]+")
_MOST = 10**9


def budget(written: str) -> Budget:
    """A budget as people write it: `usd=1,tokens=20000,time=10m,calls=50,exhausted=cheaper+ask`.
    Raises `ValueError`."""
    amounts: dict[str, Any] = {}
    policy: tuple[Exhausted, ...] = ()
    for name, value in _pairs(written).items():
        if name == "exhausted":
            policy = _policy(value)
        elif name in MEASURES:
            number = _number(name, value)
            amounts["time_s" if name == "time" else name] = number
        else:
            known = ", ".join((*MEASURES, "exhausted"))
            raise ValueError(f"{name!r} is nothing that can be bounded; there are {known}")
    if not amounts:
        raise ValueError("it bounds nothing; write it as usd=1,tokens=20000")
    return Budget(**amounts, exhausted=policy)


def budgeting(value: object) -> Budgeting:
    """The settings' table, `"day.usd" = 5.0`; also as text, `day.usd=5,exhausted=ask`. Raises
    `ValueError`."""
    if isinstance(value, str):
        value = _pairs(value)
    if not isinstance(value, dict):
        raise ValueError(f"{value!r} is not a table of budgets")
    found: dict[str, int] = {}
    policy = NO_BUDGETS.exhausted
    for name, given in _flat(value).items():
        scope, _, measure = name.partition(".")
        if name == "exhausted":
            policy = _policy(given)
        elif scope in SCOPES and measure in MEASURES:
            found[name] = amount(measure, _number(measure, given))
        else:
            raise ValueError(
                f"{name!r} is no budget: {', '.join(SCOPES)}, a dot, and one of"
                f" {', '.join(MEASURES)}"
            )
    return Budgeting(found, policy)


def _flat(table: Mapping[str, object]) -> dict[str, object]:
    """TOML reads a bare `day.usd = 5` as a table within the table."""
    flat: dict[str, object] = {}
    for name, value in table.items():
        if isinstance(value, dict):
            flat |= {f"{name}.{inner}": part for inner, part in value.items()}
        else:
            flat[name] = value
    return flat


def _pairs(written: str) -> dict[str, object]:
    parts = (part.partition("=") for part in written.split(",") if part.strip())
    return {name.strip(): value.strip() for name, _, value in parts}


def _number(measure: str, value: object) -> float:
    """An amount in its unit: whole but for USD and seconds."""
    found = None if isinstance(value, bool) else _TIME.fullmatch(str(value).strip().lower())
    if found is None or (found[2] and measure != "time"):
        raise ValueError(f"{value!r} is no amount of {measure}")
    number = float(found[1]) * _SECONDS[found[2]]
    if number > _MOST or (measure in ("tokens", "calls") and not number.is_integer()):
        raise ValueError(f"{value!r} is no amount of {measure}")
    return int(number) if number.is_integer() else number


def _policy(value: object) -> tuple[Exhausted, ...]:
    names = value if isinstance(value, list) else _POLICIES.split(str(value).strip())
    try:
        return tuple(dict.fromkeys(Exhausted(str(name)) for name in names))
    except ValueError as error:
        known = ", ".join(policy.value for policy in Exhausted)
        raise ValueError(f"{value!r} is not what can follow: {known}") from error
