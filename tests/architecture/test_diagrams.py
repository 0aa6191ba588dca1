"""Pictures in the documentation are drawn from the tables that the engine runs by."""

from __future__ import annotations

from pathlib import Path

from docs.draw_step_states import drawing

PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "step-states.md"


def test_the_picture_of_a_steps_life_is_the_transition_table() -> None:
    assert f"```mermaid\n{drawing()}\n```" in PAGE.read_text("utf-8")
