"""What a held step waits for, in words."""

from __future__ import annotations

import pytest

from tizmor.cli.terminal.held import HELD, HELD_IN_HEBREW, held_text
from tizmor.cli.terminal.plain import event_line
from tizmor.cli.terminal.progress import StepProgress
from tizmor.cli.terminal.tree import standing
from tizmor.cli.terminal.words import ENGLISH
from tizmor.engine.views import StreamEvent

NOON = "2026-11-21T12:31:05.000+02:00"


@pytest.mark.parametrize(
    ("on", "until", "by", "said"),
    [
        ("limit:api:x", NOON, (), "waits for the quota of API x until 12:31:05"),
        ("limit:agent:Fetch", "", (), "waits for the quota of Fetch"),
        ("limit:workspace", "", (), "waits for the quota of the whole workspace"),
        ("lock:calendar:me", "", ("7", "8"), "waits for calendar:me, held by execution 7, 8"),
        ("computation:Look", "", (), "waits for the same that another Look is working out"),
        ("budget:day.usd", "", (), "waits for what others leave of the budget day.usd"),
        (
            "breaker:api:x",
            NOON,
            (),
            "gives API x a rest, which keeps failing, until 12:31:05",
        ),
        ("answer:m1", "", (), "waits for another step's answer"),
        ("what nobody thought of", "", (), "what nobody thought of"),
    ],
)
def test_it_is_said_for_what_until_when_and_who_has_it(
    on: str, until: str, by: tuple[str, ...], said: str
) -> None:
    assert held_text(on, HELD, until=until, by=by) == said
    if said != on:
        assert held_text(on, HELD_IN_HEBREW, until=until, by=by).startswith("ממתין")


def test_both_languages_say_the_same_things() -> None:
    assert HELD.keys() == HELD_IN_HEBREW.keys()


def test_what_is_being_taken_back_says_that_beside_what_it_waits_for() -> None:
    step = StepProgress(id="a", agent="A", title="A", state="compensating", held_on="lock:room")
    assert standing(step, ENGLISH) == f"{ENGLISH.states['compensating']}, waits for room"


def test_a_line_of_the_log_says_what_is_waited_for() -> None:
    event = StreamEvent(
        type="step", execution_id="x", step="a", agent="A", state="held", message="lock:room"
    )
    assert event_line(event, ENGLISH, by=("7",)) == "a: A · waits for room, held by execution 7"
