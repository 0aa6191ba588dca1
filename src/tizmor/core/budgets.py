"""How much may be used of what is scarce: tokens, money, time and calls.

A budget is named by its scope and its measure: `day.usd`, `execution.calls`. Within, amounts are
whole numbers: tokens, millionths of a USD, milliseconds, calls.
"""

from __future__ import annotations

from decimal import ROUND_CEILING, Decimal
from typing import NamedTuple

from tizmor.core.approval import SKIP, STOP
from tizmor.core.plan import Budget, Choice, Question, Step

SCOPES = ("step", "execution", "workspace", "day")
MEASURES = ("tokens", "usd", "time", "calls")
_FIELDS = ("tokens", "usd", "time_s", "calls")
_UNITS = (1, 1_000_000, 1_000, 1)
BUDGET = "budget"
"""What a question is about that asks whether a budget is to be raised."""
_RAISE = "raise:"
_TIMES = (1, 10)


class Amounts(NamedTuple):
    """So much of each measure, in their order."""

    tokens: int = 0
    microusd: int = 0
    ms: int = 0
    calls: int = 0


def amount(measure: str, given: float) -> int:
    """So many tokens, USD, seconds or calls as a whole number, rounded up."""
    exact = Decimal(str(given)) * _UNITS[MEASURES.index(measure)]
    return int(exact.to_integral_value(rounding=ROUND_CEILING))


def in_unit(measure: str, so_much: int) -> float:
    """An amount in tokens, USD, seconds or calls."""
    unit = _UNITS[MEASURES.index(measure)]
    return so_much if unit == 1 else so_much / unit


def limits(budget: Budget) -> dict[str, int]:
    """The bounds that a budget has, by measure."""
    return {
        measure: amount(measure, given)
        for measure, field in zip(MEASURES, _FIELDS, strict=True)
        if (given := getattr(budget, field)) is not None
    }


def strictest(one: Budget | None, other: Budget | None) -> Budget | None:
    """What both allow; the policy is the first's, if it has one."""
    if one is None or other is None:
        return one or other
    bounds = {
        field: min(
            (b for b in (getattr(one, field), getattr(other, field)) if b is not None), default=None
        )
        for field in _FIELDS
    }
    return Budget(**bounds, exhausted=one.exhausted or other.exhausted)


def worded(measure: str, so_much: int) -> str:
    """An amount as people read it: `0.25 USD`, `12 s`, `1,000 tokens`, `1 call`."""
    exact = Decimal(so_much) / _UNITS[MEASURES.index(measure)]
    number = f"{exact.normalize():,f}"
    if measure in ("usd", "time"):
        return f"{number} {'USD' if measure == 'usd' else 's'}"
    return f"{number} {measure.removesuffix('s') if so_much == 1 else measure}"


def cheaper_alternative(step: Step, measure: str, done: int | None) -> int | None:
    """The next of a step's alternatives that costs less of a measure than the step itself; `done`
    is the number of the one that has taken over already."""
    if measure not in ("tokens", "usd"):
        return None
    mine = getattr(step.costs, measure, 0)
    for number, other in enumerate(step.alternatives):
        if number > (-1 if done is None else done) and getattr(other.costs, measure, 0) < mine:
            return number
    return None


def budget_question(
    step: Step, name: str, error: str, *, lacking: int, limit: int, language: str
) -> Question:
    """What is asked when the budget `name` doesn't suffice: by how much to raise it for this
    execution, if at all."""
    title = step.title or step.agent
    measure = name.partition(".")[2]
    raises = dict.fromkeys(a for a in (lacking, *(limit * n for n in _TIMES)) if a >= lacking > 0)
    if language == "he":
        text = f'אין תקציב ל"{title}": {error}. להגדיל לביצוע הזה?'
        add, others = "להגדיל ב־", {SKIP: "להמשיך בלעדיה", STOP: "לעצור אותה"}
    else:
        text = f"There is no budget for “{title}”: {error}. Raise it for this execution?"
        add, others = "raise it by ", {SKIP: "go on without it", STOP: "stop it"}
    choices = [Choice(value=f"{_RAISE}{a}", label=add + worded(measure, a)) for a in raises]
    choices += [Choice(value=value, label=label) for value, label in others.items()]
    return Question(id=f"{BUDGET}:{name}", text=text, choices=tuple(choices), free_text=False)


def raised_by(question: Question, value: str) -> tuple[str, int] | None:
    """Which budget an answer raises, and by how much; None when it raises none."""
    if not value.startswith(_RAISE):
        return None
    return question.id.partition(":")[2], int(value.removeprefix(_RAISE))
