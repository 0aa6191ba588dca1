"""What must be asked before it is done, and what an answer covers."""

from __future__ import annotations

from tizmor.core.graph import references, tokens
from tizmor.core.plan import Choice, Effect, Plan, Question, Step


def needs_gate(step: Step) -> bool:
    """The default policy: what is critical or can't be taken back is asked about."""
    return step.critical or step.effect is Effect.IRREVERSIBLE


def tainted_steps(plan: Plan) -> frozenset[str]:
    """The steps whose output carries what a document or a stranger said: those that declare it,
    and all that take arguments from them. The plan's references must be free of cycles."""
    tainted: set[str] = {s.id for s in plan.steps if s.untrusted}
    sources = {s.id: {tokens(p)[0] for p in references(s.arguments)} for s in plan.steps}
    readers: dict[str, list[str]] = {}
    for step, used in sources.items():
        for source in sorted(used):
            readers.setdefault(source, []).append(step)
    queue = [s.id for s in plan.steps if s.untrusted]
    while queue:
        for reader in readers.get(queue.pop(), ()):
            if reader not in tainted:
                tainted.add(reader)
                queue.append(reader)
    return frozenset(tainted)


def untrusted_controls(plan: Plan, step: Step) -> tuple[str, ...]:
    """The control arguments of a step whose value comes from untrusted content."""
    tainted = tainted_steps(plan)
    return tuple(
        name
        for name in step.control
        if any(tokens(p)[0] in tainted for p in references(step.arguments.get(name)))
    )


def chosen(question: Question, answer: str) -> str | None:
    """The value that an answer means: a choice's value, its label, or its number from 1; or the
    answer itself where free text is allowed. None when it is no answer to the question."""
    answer = answer.strip()
    for choice in question.choices:
        if answer == choice.value:
            return choice.value
    for choice in question.choices:
        if answer.casefold() == choice.label.casefold():
            return choice.value
    if answer.isdecimal() and 1 <= int(answer) <= len(question.choices):
        return question.choices[int(answer) - 1].value
    return answer if question.free_text and answer else None


HAPPENED = "happened"
AGAIN = "again"
STOP = "stop"


def unsettled_question(step: Step, error: str, language: str) -> Question:
    """What is asked when nothing can tell whether an irreversible call happened."""
    he = language == "he"
    title = step.title or step.agent
    return Question(
        id="outcome",
        text=(
            f'לא ידוע אם הפעולה "{title}" בוצעה ({error}). מה קרה?'
            if he
            else f"It is not known whether “{title}” happened ({error}). What is the case?"
        ),
        choices=(
            Choice(value=HAPPENED, label="היא בוצעה" if he else "it happened"),
            Choice(value=AGAIN, label="לא בוצעה, לבצע" if he else "it did not happen; do it now"),
            Choice(value=STOP, label="לוותר עליה" if he else "leave it"),
        ),
        free_text=False,
    )
