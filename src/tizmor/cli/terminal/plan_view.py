"""A plan before it runs: its steps, what each does to the world, what will be asked."""

from __future__ import annotations

from typing import Any

from rich.text import Text
from rich.tree import Tree

from tizmor.cli.terminal.page import Page, styled
from tizmor.cli.terminal.tree import tree_parents
from tizmor.cli.terminal.words import Words, words_of
from tizmor.core.graph import batches, dependencies, references
from tizmor.core.plan import Effect, Plan, Step


def write_plan(plan: Plan, page: Page) -> None:
    """The plan as a tree on a terminal, as one step a line elsewhere."""
    words = words_of(plan.language)
    waves = {step: number for number, wave in enumerate(batches(plan), 1) for step in wave}
    needs = dependencies(plan)
    parents = tree_parents(needs)
    page.write(plan.goal, "bold")
    texts = {
        step.id: _step_text(step, words, wave=waves[step.id], needs=needs[step.id])
        for step in plan.steps
    }
    if page.is_terminal:
        page.draw(_tree(texts, parents, waves, words, page))
    else:
        for text in texts.values():
            page.write(text)
    for assumption in plan.assumptions:
        page.write(f"{words.assumptions}: {assumption}")
    for conflict in plan.conflicts:
        how = words.settled[conflict.settled.value]
        both = f"{conflict.first}, {conflict.second}: {conflict.over} · {how}"
        page.write(styled((f"{words.conflicts}: ", "bold yellow"), both))
    for question in plan.questions:
        page.write(styled((f"{words.question}: ", "bold yellow"), question.text))
        for number, choice in enumerate(question.choices, 1):
            page.write(f"  {number}) {choice.label}")


def _tree(
    texts: dict[str, Text],
    parents: dict[str, str | None],
    waves: dict[str, int],
    words: Words,
    page: Page,
) -> Tree:
    tree = Tree(page.paragraph(words.plan, at_left=True), guide_style="dim")
    branches: dict[str | None, Tree] = {None: tree}
    for step in sorted(texts, key=waves.__getitem__):
        drawn = page.paragraph(texts[step], at_left=True)
        branches[step] = branches[parents[step]].add(drawn)
    return tree


def _step_text(step: Step, words: Words, *, wave: int, needs: tuple[str, ...]) -> Text:
    parts: list[str | tuple[str, str]] = [
        (f"{wave}. ", "dim"),
        (step.title or step.agent, "bold"),
        (f" {step.agent}" if step.title else "", "dim"),
        (f" ({step.id})", "dim"),
    ]
    if step.effect is not Effect.READ:
        parts.append((f" · {step.effect.value}", "cyan"))
    if step.critical:
        parts.append((f" · {words.approval}", "yellow"))
    if needs:
        parts.append((f" · {words.after} {', '.join(needs)}", "dim"))
    return styled(*parts, *(f"\n  {name} = {_brief(value)}" for name, value in _given(step)))


def _given(step: Step) -> list[tuple[str, Any]]:
    """What the request itself gives; what comes from other steps is said by `after`."""
    return [(n, v) for n, v in step.arguments.items() if not list(references(v))]


def _brief(value: Any) -> str:
    """An argument's value as people read it."""
    if isinstance(value, dict):
        return ", ".join(f"{key} {_brief(item)}" for key, item in value.items() if item is not None)
    if isinstance(value, (list, tuple)):
        return ", ".join(_brief(item) for item in value)
    return str(value)
