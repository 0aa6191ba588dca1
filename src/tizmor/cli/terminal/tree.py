"""The plan as a tree, with what each step is doing and has found."""

from __future__ import annotations

from collections.abc import Mapping

from rich.text import Text
from rich.tree import Tree

from tizmor.cli.terminal.held import held_text
from tizmor.cli.terminal.page import Page, styled
from tizmor.cli.terminal.plain import standing_error
from tizmor.cli.terminal.progress import Progress, StepProgress
from tizmor.cli.terminal.words import Words

FRAME_S = 0.12
"""How long one frame of the spinner stands, in seconds."""
SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
_LOOKS = {
    "pending": ("○", "dim"),
    "running": ("●", "cyan"),
    "waiting": ("◆", "yellow"),
    "held": ("◌", "yellow"),
    "retrying": ("↻", "yellow"),
    "succeeded": ("✓", "green"),
    "failed": ("✗", "red"),
    "skipped": ("–", "dim"),
    "compensating": ("↩", "yellow"),
    "compensated": ("↩", "dim"),
    "rejected": ("⊘", "red"),
    "cancelled": ("■", "dim"),
    "unknown": ("?", "yellow"),
}
_FINDINGS_SHOWN = 4


def step_tree(
    progress: Progress, words: Words, page: Page, *, elapsed_s: float | None = None
) -> Tree:
    """Each step under what it waits for last; with `elapsed_s`, as it is drawn while it runs."""
    frame = None if elapsed_s is None else int(elapsed_s / FRAME_S)
    headline = _headline(progress, words, elapsed_s)
    tree = Tree(page.paragraph(headline, at_left=True), guide_style="dim")
    parents = tree_parents({step.id: step.needs for step in progress.steps.values()})
    branches: dict[str | None, Tree] = {None: tree}
    for step_id in sorted(progress.steps, key=lambda s: _depth(s, parents)):
        step, parent = progress.steps[step_id], parents[step_id]
        text = step_text(step, words, beside=parent, frame=frame)
        branches[step_id] = branches[parent].add(page.paragraph(text, at_left=True))
    return tree


def step_text(
    step: StepProgress, words: Words, *, beside: str | None = None, frame: int | None = None
) -> Text:
    """One step with its newest findings. `beside` is the dependency that goes without saying."""
    icon, style = _LOOKS.get(step.state, ("?", ""))
    if step.state == "running" and frame is not None:
        icon = SPINNER[frame % len(SPINNER)]
    parts: list[str | tuple[str, str]] = [
        (f"{icon} ", style),
        (step.title or step.agent, "bold"),
        (f" {step.agent}" if step.title else "", "dim"),
        (f" · {standing(step, words)}", style),
    ]
    if step.cached:
        parts.append((f" · {words.cached}", "dim"))
    if step.attempt > 1:
        parts.append((f" · {words.attempt.format(number=step.attempt)}", "yellow"))
    if others := [need for need in step.needs if need != beside]:
        parts.append((f" · {words.after} {', '.join(others)}", "dim"))
    parts += [f"\n  {finding}" for finding in step.findings[-_FINDINGS_SHOWN:]]
    if error := standing_error(step.state, step.error):
        parts.append((f"\n  {error}", "red"))
    return styled(*parts)


def standing(step: StepProgress, words: Words) -> str:
    """How a step stands, and what a held one waits for."""
    state = words.states.get(step.state, step.state)
    if not step.held_on:
        return state
    held = held_text(step.held_on, words.held, until=step.held_until, by=step.held_by)
    return held if step.state == "held" else f"{state}, {held}"


def tree_parents(needs: Mapping[str, tuple[str, ...]]) -> dict[str, str | None]:
    """For each step the one of its needs that stands deepest, so that none comes before a need."""
    depths: dict[str, int] = {}

    def depth(step: str) -> int:
        if step not in depths:
            depths[step] = 1 + max((depth(n) for n in needs[step] if n in needs), default=-1)
        return depths[step]

    return {
        step: max((n for n in mine if n in needs), key=depth, default=None)
        for step, mine in needs.items()
    }


def _depth(step: str, parents: Mapping[str, str | None]) -> int:
    parent = parents[step]
    return 0 if parent is None else 1 + _depth(parent, parents)


def _headline(progress: Progress, words: Words, elapsed_s: float | None) -> Text:
    status = words.statuses.get(progress.status, progress.status)
    if elapsed_s is None:
        return styled((progress.execution_id, "bold"), f" · {status}")
    spinning = SPINNER[int(elapsed_s / FRAME_S) % len(SPINNER)]
    elapsed = words.duration.format(seconds=int(elapsed_s))
    return styled((spinning, "cyan"), f" {status} · ", (elapsed, "dim"))
