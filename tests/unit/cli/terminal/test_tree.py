"""The plan as a tree."""

from __future__ import annotations

import io

from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from tests.unit.cli.fake import ANCHOR, GATE, events_of, said

from tizmor.cli.terminal.page import Page
from tizmor.cli.terminal.plain import event_line
from tizmor.cli.terminal.progress import Progress
from tizmor.cli.terminal.tree import FRAME_S, SPINNER, step_text, step_tree, tree_parents
from tizmor.cli.terminal.words import ENGLISH


def drawn(progress: Progress, *, elapsed_s: float | None = None, width: int = 80) -> list[str]:
    console = Console(file=io.StringIO(), width=width, force_terminal=True, color_system=None)
    page = Page(console, is_terminal=True, reorder=False)
    console.print(step_tree(progress, ENGLISH, page, elapsed_s=elapsed_s))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue().splitlines()


def after(*events: object, progress: Progress | None = None) -> Progress:
    progress = progress or Progress(execution_id="x")
    for event in events:
        progress.apply(event)  # type: ignore[arg-type]
    return progress


def test_every_step_stands_under_what_it_waits_for() -> None:
    lines = drawn(after(*events_of(ANCHOR)[:1]))
    depth = {name: line.index(name) for line in lines for name in line.split() if name.isalpha()}
    assert depth["Find"] < depth["WeeklyStatus"] < depth["Editor"]
    assert depth["ContactSearch"] < depth["Calendar"]


def test_what_a_step_found_stands_below_it() -> None:
    lines = drawn(after(*events_of(ANCHOR)))
    step = next(i for i, line in enumerate(lines) if "DriveSearch · done" in line)
    assert "found by DriveSearch" in lines[step + 1]


def test_the_spinner_turns_where_work_is_done() -> None:
    running = after(*events_of(ANCHOR)[:2])
    first, second = drawn(running, elapsed_s=0.0), drawn(running, elapsed_s=FRAME_S)
    assert first[1].split()[1] == SPINNER[0]
    assert second[1].split()[1] == SPINNER[1]
    assert not set(SPINNER) & set("".join(drawn(running)))


def test_an_open_gate_makes_its_step_wait_until_it_is_decided() -> None:
    opened = said("approval", state="open", step="calendar", waiting=GATE)
    progress = after(*events_of(ANCHOR)[:1], opened)
    assert any("Calendar · waits for you" in line for line in drawn(progress))
    assert list(progress.open) == [GATE.id]
    after(said("approval", state="approved", step="calendar", waiting=GATE), progress=progress)
    assert progress.open == {}


def test_attempts_are_counted_and_the_other_needs_named() -> None:
    retried = said("step", step="agenda", state="retrying", error="timed out")
    progress = after(*events_of(ANCHOR)[:1], retried, retried)
    shown = step_text(progress.steps["agenda"], ENGLISH).plain
    assert "attempt 3" in shown
    assert "timed out" in shown
    assert "after analysis" in shown
    assert "after" not in step_text(progress.steps["agenda"], ENGLISH, beside="analysis").plain


def test_a_narrow_terminal_still_shows_every_step() -> None:
    text = "".join("".join(drawn(after(*events_of(ANCHOR)[:1]), width=24)).split())
    assert all(name in text for name in ("Find", "WeeklyStatus", "Editor", "Calendar"))


@given(st.lists(st.sets(st.integers(0, 9)), max_size=10))
def test_no_step_stands_above_one_that_it_waits_for(graph: list[set[int]]) -> None:
    """Each step's place is below all of its needs, for every acyclic graph."""
    needs = {str(i): tuple(str(n) for n in sorted(ns) if n < i) for i, ns in enumerate(graph)}
    parents = tree_parents(needs)

    def depth(step: str) -> int:
        parent = parents[step]
        return 0 if parent is None else 1 + depth(parent)

    assert all(depth(step) > depth(need) for step in needs for need in needs[step])


def test_what_runs_again_is_past_its_earlier_failures() -> None:
    progress = after(*events_of(ANCHOR)[:1])
    for state, shown in (("retrying", True), ("running", False), ("failed", True)):
        event = said("step", step="search", agent="DriveSearch", state=state, error="busy")
        progress.apply(event)
        assert ("busy" in step_text(progress.steps["search"], ENGLISH).plain) is shown
        assert ("busy" in str(event_line(event, ENGLISH))) is shown
