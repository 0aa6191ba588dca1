"""Journals that were recorded once lead to the same state for ever."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from tests.properties.simulated import slots
from tests.replay.recording import (
    EXECUTION,
    JOURNALS,
    Event,
    expected,
    folded,
    keep,
    picture,
    read,
    recorded,
    written,
)
from tests.replay.scenarios import SCENARIOS
from tests.replay.stage import record

from tizmor.core import checkpoint
from tizmor.core import events as ev
from tizmor.core.errors import JournalDamaged
from tizmor.core.state import State

ALL = dict(recorded())
every_journal = pytest.mark.parametrize("path", ALL.values(), ids=ALL)


def types(events: list[Event]) -> set[str]:
    return {type(ev.decode(payload)).__name__ for _, payload in events}


@every_journal
def test_a_recorded_journal_leads_to_the_state_that_it_led_to(path: Path) -> None:
    assert picture(folded(read(path))) == expected(path)


@every_journal
def test_from_a_checkpoint_after_any_event_it_leads_to_the_same_end(path: Path) -> None:
    """Folding any beginning of it raises nothing, as this shows by the way."""
    events = read(path)
    end = slots(folded(events))
    state = State(EXECUTION)
    for count in range(len(events) + 1):
        restored = checkpoint.decode(EXECUTION, checkpoint.encode(state))
        assert restored is not None
        assert slots(restored) == slots(state)
        assert slots(folded(events[count:], restored)) == end
        folded(events[count : count + 1], state)


@every_journal
def test_what_is_read_is_what_is_in_the_file(path: Path) -> None:
    """No byte of an event is lost on the way to the test."""
    assert written(read(path)) == path.read_bytes()


def test_every_kind_of_event_occurs_in_some_journal() -> None:
    found = set().union(*(types(read(path)) for path in ALL.values()))
    assert found == {event.__name__ for event in ev.AnyEvent.__args__}


def test_every_scenario_has_its_journal() -> None:
    of_today = {name for name in ALL if "/" not in name}
    assert of_today == set(SCENARIOS)


def test_the_journals_of_the_first_version_say_nothing_that_came_later() -> None:
    """They are what that version wrote: the engine's question of then has no `about`."""
    first = {name: read(path) for name, path in ALL.items() if name.startswith("first/")}
    asked = [e for name in ("first/outcome_left", "first/agent_asked") for _, e in first[name]]
    questions = [e for e in asked if b'"type":"QuestionAsked"' in e]
    assert len(questions) == 2
    assert not any(b'"about"' in e for e in questions)
    outcome = folded(first["first/outcome_left"]).questions["q1"]
    assert outcome.about == "outcome"


@pytest.mark.parametrize("name", SCENARIOS)
def test_recording_gives_the_same_bytes_again(name: str) -> None:
    """Nothing of the machine, of chance or of real time is in them."""
    assert record(SCENARIOS[name]) == record(SCENARIOS[name])


def test_what_was_recorded_is_not_recorded_anew() -> None:
    name = next(iter(ALL))
    before = ALL[name].read_bytes()
    with pytest.raises(FileExistsError):
        keep(name, [])
    assert ALL[name].read_bytes() == before


def test_no_secret_is_in_a_journal() -> None:
    with_secrets = (JOURNALS / "secret_used.jsonl").read_bytes()
    assert b"secret:TOKEN" in with_secrets
    assert not any(b"hush-hush" in path.read_bytes() for path in ALL.values())


def changed(event: bytes, **more: object) -> bytes:
    return msgspec.json.encode({**msgspec.json.decode(event), **more})


def test_an_event_of_a_type_that_is_not_known_is_refused_by_name() -> None:
    events = read(ALL["retried"])
    at_ms, payload = events[3]
    events[3] = at_ms, changed(payload, type="StepTeleported")
    with pytest.raises(JournalDamaged, match="unknown type 'StepTeleported'"):
        folded(events)


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\xff",
        b"[]",
        b"{}",
        b'{"type":5}',
        b'{"type":"StepStarted"}',
        b'{"type":"Ended","status":7}',
    ],
)
def test_what_is_no_event_at_all_is_refused(payload: bytes) -> None:
    with pytest.raises(JournalDamaged, match="can't be read"):
        ev.decode(payload)


@every_journal
def test_a_field_that_is_not_known_is_passed_over(path: Path) -> None:
    """An older Tizmor reads what a newer one has added to."""
    events = [(at_ms, changed(payload, from_the_future={"x": 1})) for at_ms, payload in read(path)]
    assert picture(folded(events)) == expected(path)
