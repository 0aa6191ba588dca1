"""How steps that are at odds are settled, before anything runs.

The strategy is the user's. What is done about it stands in the plan: as edges, as questions, as
assumptions that every gate shows, and in `Plan.conflicts`. All edges follow one topological order,
so they never lead in a circle; a human's answer may go against it, and the later of two answers
that contradict each other gives way.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from msgspec import structs

from tizmor.core.agents import AgentSpec
from tizmor.core.bookings import ME, double_bookings
from tizmor.core.conflicts import conflicts
from tizmor.core.graph import dependencies, descendants, order
from tizmor.core.plan import Choice, Clash, Conflict, Plan, Question, Strategy

MAX_QUESTIONS = 5
"""Conflicts that a human is asked about; a plan with more is refused."""
MAX_TOLD = 20
"""Conflicts that stand among the assumptions; all stand in `Plan.conflicts`."""
_QUESTION = "order:"
FIRST, SECOND, EITHER = "first", "second", "either"


def settled(
    plan: Plan, agents: Mapping[str, AgentSpec], strategy: Strategy
) -> tuple[Plan, list[str]]:
    """The plan with its conflicts settled, and what stands against running it: none unless the
    strategy is to refuse, or there are too many to ask about. The plan must be free of cycles."""
    over_time = _in_layout(plan, double_bookings(plan, agents))
    graver = {(c.first, c.second) for c in over_time}
    found = [*(c for c in conflicts(plan) if (c.first, c.second) not in graver), *over_time]
    if not found:
        return (structs.replace(plan, conflicts=()) if plan.conflicts else plan), []
    found = [structs.replace(conflict, settled=strategy) for conflict in found]
    if strategy is Strategy.REFUSE:
        return plan, [_problem(conflict) for conflict in found]
    if strategy is Strategy.ASK and not plan.questions:
        if len(found) > MAX_QUESTIONS:
            problem = f"{len(found)} pairs of steps are at odds, too many to ask about one by one"
            return plan, [problem, *map(_problem, found)]
        questions = tuple(_question(plan, conflict) for conflict in found)
        return structs.replace(plan, conflicts=tuple(found), questions=questions), []
    if strategy is Strategy.ORDER:
        plan = _with_edges(plan, ((c.first, c.second) for c in found))
    return _told(plan, found), []


def as_answered(plan: Plan, answers: Mapping[str, str]) -> Plan | None:
    """The plan with its conflicts settled as a human said; None when more was asked than that, so
    that it has to be made anew."""
    asked = {question_id(c): c for c in plan.conflicts if c.settled is Strategy.ASK}
    if not plan.questions or any(question.id not in asked for question in plan.questions):
        return None
    known = []
    for name, conflict in asked.items():
        said = answers.get(name, FIRST)
        if said == EITHER:
            known.append(structs.replace(conflict, settled=Strategy.LAST_WRITER))
            continue
        if said == SECOND:
            conflict = _turned(conflict)
        if conflict.first in descendants(plan, conflict.second):
            conflict = _turned(conflict)
        plan = _with_edges(plan, [(conflict.first, conflict.second)])
        known.append(structs.replace(conflict, settled=Strategy.ORDER))
    return _told(structs.replace(plan, questions=()), known)


def _turned(conflict: Conflict) -> Conflict:
    return structs.replace(conflict, first=conflict.second, second=conflict.first)


def question_id(conflict: Conflict) -> str:
    return f"{_QUESTION}{conflict.first}:{conflict.second}"


def _in_layout(plan: Plan, found: Iterable[Conflict]) -> list[Conflict]:
    """Conflicts whose first step stands first in the topological order, as edges must."""
    known = list(found)
    if not known:
        return known
    place = {name: number for number, name in enumerate(order(plan))}
    return [
        c
        if place[c.first] < place[c.second]
        else structs.replace(c, first=c.second, second=c.first)
        for c in known
    ]


def _with_edges(plan: Plan, edges: Iterable[tuple[str, str]]) -> Plan:
    """The plan with `second` after `first`, for each pair that isn't so already."""
    needed = dependencies(plan)
    more: dict[str, list[str]] = {}
    for first, second in edges:
        if first not in needed[second] and first not in more.get(second, ()):
            more.setdefault(second, []).append(first)
    if not more:
        return plan
    steps = tuple(
        structs.replace(step, after=(*step.after, *more[step.id])) if step.id in more else step
        for step in plan.steps
    )
    return structs.replace(plan, steps=steps)


def _told(plan: Plan, found: Sequence[Conflict]) -> Plan:
    """The plan with what was found, and what was done about it among its assumptions."""
    titles = _titles(plan)
    said = list(
        dict.fromkeys(_assumption(c, titles, he=plan.language == "he") for c in found[:MAX_TOLD])
    )
    if (more := len(found) - MAX_TOLD) > 0:
        said.append(f"ועוד {more}" if plan.language == "he" else f"and {more:,} more such pairs")
    new = tuple(sentence for sentence in said if sentence not in plan.assumptions)
    return structs.replace(plan, conflicts=tuple(found), assumptions=(*plan.assumptions, *new))


def _titles(plan: Plan) -> dict[str, str]:
    """What people call each step; with its id where several have one title."""
    titles = {step.id: step.title or step.agent for step in plan.steps}
    known = Counter(titles.values())
    return {
        name: f"{title} ({name})" if known[title] > 1 else title for name, title in titles.items()
    }


def _assumption(conflict: Conflict, titles: Mapping[str, str], *, he: bool) -> str:
    first, second = titles[conflict.first], titles[conflict.second]
    why = _why(conflict, he=he)
    if conflict.settled is Strategy.LAST_WRITER:
        return (
            f"“{first}” ו“{second}” בלי סדר ביניהם ({why}): מה שהאחרון עושה נשאר"
            if he
            else f"“{first}” and “{second}” in no order ({why}): what the last one does stays"
        )
    return f"“{first}” לפני “{second}” ({why})" if he else f"“{first}” before “{second}” ({why})"


def _why(conflict: Conflict, *, he: bool = False) -> str:
    over = conflict.over
    if conflict.kind is Clash.TIME:
        if he:
            return "שתי פגישות בזמן חופף" + ("" if over == ME else f" עבור {over}")
        return "both take " + ("your time" if over == ME else f"the time of {over}") + " at once"
    sure = conflict.is_certain
    if conflict.kind is Clash.READ:
        if he:
            return f"אחד קורא את {over} והאחר {'משנה' if sure else 'אולי משנה'} אותו"
        return f"one reads {over}, which the other {'changes' if sure else 'may change'}"
    if he:
        return f"שניהם {'משנים' if sure else 'אולי משנים'} את {over}"
    return f"both {'change' if sure else 'may change'} {over}"


def _problem(conflict: Conflict) -> str:
    both = f"steps {conflict.first!r} and {conflict.second!r}"
    if conflict.kind is Clash.TIME:
        return f"{both}: {_why(conflict)}; change one's time, or leave one out"
    return (
        f"{both} both use {conflict.over} with no order between them; put {conflict.first!r} into "
        f"{conflict.second!r}'s `after`"
    )


def _question(plan: Plan, conflict: Conflict) -> Question:
    titles = _titles(plan)
    first, second = titles[conflict.first], titles[conflict.second]
    he = plan.language == "he"
    why = _why(conflict, he=he)
    labels = (
        (f"קודם “{first}”", f"קודם “{second}”", "בלי סדר: מה שהאחרון עושה נשאר")
        if he
        else (f"“{first}” first", f"“{second}” first", "in no order: what the last one does stays")
    )
    text = (
        f"“{first}” ו“{second}”: {why}. מה קודם?"
        if he
        else f"“{first}” and “{second}”: {why}. Which goes first?"
    )
    return Question(
        id=question_id(conflict),
        text=text,
        choices=tuple(
            Choice(value=value, label=label)
            for value, label in zip((FIRST, SECOND, EITHER), labels, strict=True)
        ),
        free_text=False,
    )
