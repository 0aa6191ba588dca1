"""What must be asked before it is done, and what an answer covers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tizmor.core.graph import references, takes_item, tokens
from tizmor.core.plan import Choice, Effect, Plan, Question, Step

_IRREVERSIBLE = Effect.IRREVERSIBLE
"""Looked at for every step; through the class it costs more than making an event does."""


def needs_gate(step: Step) -> bool:
    """The default policy: what is critical or can't be taken back is asked about."""
    return step.critical or step.effect is _IRREVERSIBLE


def tainted_steps(plan: Plan, read: Sequence[str] = ()) -> frozenset[str]:
    """The steps whose output carries what a document or a stranger said: those that declare it,
    those that have `read` it, and all that take arguments from them. The plan's references must be
    free of cycles."""
    tainted: set[str] = {*(s.id for s in plan.steps if s.untrusted), *read}
    sources = {s.id: {tokens(p)[0] for p in references(_data(s))} for s in plan.steps}
    readers: dict[str, list[str]] = {}
    for step, used in sources.items():
        for source in sorted(used):
            readers.setdefault(source, []).append(step)
    queue = [*(s.id for s in plan.steps if s.untrusted), *read]
    while queue:
        for reader in readers.get(queue.pop(), ()):
            if reader not in tainted:
                tainted.add(reader)
                queue.append(reader)
    return frozenset(tainted)


def _data(step: Step) -> list[Any]:
    """All that a step's output may be made of."""
    items = step.for_each.items if step.for_each else None
    return [step.arguments, items, *(other.arguments for other in step.alternatives)]


def untrusted_controls(
    tainted: frozenset[str], step: Step, parent: Step | None = None
) -> tuple[str, ...]:
    """The control arguments of a step whose value comes from untrusted content: from the output of
    a `tainted` step, or from an item of its `parent`'s list that does."""
    items = parent.for_each.items if parent is not None and parent.for_each else None
    dirty_items = any(tokens(p)[0] in tainted for p in references(items))
    return tuple(
        name
        for name in step.control
        if any(tokens(p)[0] in tainted for p in references(step.arguments.get(name)))
        or (dirty_items and takes_item(step.arguments.get(name)))
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
EDIT = "edit"
SKIP = "skip"
ROLL_BACK = "roll_back"


def unsettled_question(
    step: Step, error: str, language: str, *, is_ending: bool = False
) -> Question:
    """What is asked when nothing can tell whether a call with an effect happened. Where all is
    ending, one that didn't isn't made any more."""
    title = step.title or step.agent
    if language == "he":
        text = f'לא ידוע אם הפעולה "{title}" בוצעה ({error}). מה קרה?'
        labels = {
            HAPPENED: "היא בוצעה",
            AGAIN: "היא לא בוצעה" if is_ending else "לא בוצעה, לבצע",
            STOP: "לוותר עליה",
        }
    else:
        text = f"It is not known whether “{title}” happened ({error}). What is the case?"
        labels = {
            HAPPENED: "it happened",
            AGAIN: "it did not happen" if is_ending else "it did not happen; do it now",
            STOP: "leave it",
        }
    return _of_the_engine("outcome", text, labels)


def doubtful_question(step: Step, error: str, language: str) -> Question:
    """What is asked when all is taken back, and nothing can tell whether a call has to be, too."""
    title = step.title or step.agent
    if language == "he":
        text = f'הכול מבוטל, ולא ידוע אם הפעולה "{title}" בוצעה ({error}). מה קרה?'
        labels = {
            HAPPENED: "היא בוצעה, לבטל אותה",
            AGAIN: "היא לא בוצעה",
            STOP: "להשאיר כפי שהוא",
        }
    else:
        text = (
            f"All is being taken back, and it is not known whether “{title}” happened ({error}). "
            "What is the case?"
        )
        labels = {
            HAPPENED: "it happened; take it back",
            AGAIN: "it did not happen",
            STOP: "leave it as it is",
        }
    return _of_the_engine("outcome", text, labels)


def failure_question(step: Step, error: str, language: str, *, can_roll_back: bool) -> Question:
    """What is asked when a call failed for good, having done nothing."""
    title = step.title or step.agent
    if language == "he":
        text = f'הפעולה "{title}" נכשלה: {error}. מה לעשות?'
        labels = {
            AGAIN: "לנסות שוב",
            EDIT: "לנסות שוב עם ערכים אחרים",
            SKIP: "להמשיך בלעדיה",
            ROLL_BACK: "לבטל את מה שנעשה",
            STOP: "לעצור כאן",
        }
    else:
        text = f"“{title}” failed: {error}. What now?"
        labels = {
            AGAIN: "try again",
            EDIT: "try again with other arguments",
            SKIP: "go on without it",
            ROLL_BACK: "take back what was done",
            STOP: "stop here",
        }
    if step.for_each is not None:
        del labels[EDIT]  # each of its calls has arguments of its own
    if not can_roll_back:
        del labels[ROLL_BACK]
    return _of_the_engine("failure", text, labels)


def compensation_question(step: Step, error: str, language: str) -> Question:
    """What is asked when something that was done can't be taken back."""
    title = step.title or step.agent
    if language == "he":
        text = f'הביטול של "{title}" נכשל: {error}. מה לעשות?'
        labels = {AGAIN: "לנסות שוב", STOP: "להשאיר כפי שהוא"}
    else:
        text = f"“{title}” could not be taken back: {error}. What now?"
        labels = {AGAIN: "try again", STOP: "leave it as it is"}
    return _of_the_engine("compensation", text, labels)


def _of_the_engine(matter: str, text: str, labels: Mapping[str, str]) -> Question:
    choices = tuple(Choice(value=value, label=label) for value, label in labels.items())
    return Question(id=matter, text=text, choices=choices, free_text=False)
