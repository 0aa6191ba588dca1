"""Spans on their way to a collector in another process: each once, whatever it answers."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.replay.recording import EXECUTION, read, recorded
from tests.unit.observability.test_telling import append

from tizmor.core.errors import Permanent
from tizmor.observability import sending
from tizmor.observability.otlp import HttpCollector
from tizmor.observability.projection import projected
from tizmor.observability.sending import EVERY_S, Sending
from tizmor.observability.telling import Telling
from tizmor.ports.journal import Journal
from tizmor.storage.memory import MemoryDatabase

EVENTS = read(next(iter(dict(recorded()).values())))
SPANS = projected(EXECUTION, EVENTS)
KEY = "k3y-that-nobody-sees"


class Running:
    """A collector's process."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        assert process.stdout is not None
        self._told = process.stdout
        self.port = int(self._told.readline())

    def heard(self) -> dict[str, Any]:
        """What came with the next request."""
        told: dict[str, Any] = json.loads(self._told.readline())
        return told


Start = Callable[..., Running]


@pytest.fixture
def start() -> Iterator[Start]:
    started: list[Running] = []

    def begin(*answers: str) -> Running:
        program = [sys.executable, str(Path(__file__).with_name("collector.py")), *answers]
        started.append(Running(subprocess.Popen(program, stdout=subprocess.PIPE, text=True)))
        return started[-1]

    yield begin
    for running in started:
        running.process.kill()
        running.process.communicate()


@pytest.fixture
async def journal() -> Journal:
    """With an execution that is told and to be sent."""
    journal = MemoryDatabase().open()
    await append(journal, EVENTS)
    await Telling(journal, to_be_sent=True).catch_up()
    return journal


def to(port: int, headers: Callable[[], dict[str, str]] = dict) -> HttpCollector:
    return HttpCollector(f"http://127.0.0.1:{port}", headers=headers, version="1.2.3")


def sender(journal: Journal, collector: HttpCollector) -> Sending:
    return Sending(journal.sharing.traces, collector, dice=lambda: 0.5)


async def test_each_span_that_has_ended_is_sent_once(journal: Journal, start: Start) -> None:
    collector = start()
    assert await sender(journal, to(collector.port)).send_all() == EVERY_S
    heard = collector.heard()
    assert heard["status"] == 200
    ended = {span.span_id: span for span in SPANS if span.end_ms is not None}
    assert {span["id"] for span in heard["spans"]} == set(ended)
    for sent in heard["spans"]:
        span = ended[sent["id"]]
        assert (sent["trace"], sent["name"]) == (span.trace_id, span.name)
        assert sent["parent"] == (span.parent_span_id or "")
        assert sent["ms"] == (span.end_ms or 0) - span.start_ms
        assert set(span.attributes) <= set(sent["attributes"])
    # Another process begins where this one ended: nothing is left.
    await sender(journal, to(1)).send_all()
    assert (await journal.sharing.traces.standing()).sent == len(ended)


@pytest.mark.parametrize(("answer", "pause_s"), [("503", 1.0), ("429:7", 7.0), ("502", 1.0)])
async def test_a_collector_that_cannot_take_it_now_is_asked_again(
    journal: Journal, start: Start, answer: str, pause_s: float
) -> None:
    collector = start(answer)
    going = sender(journal, to(collector.port))
    assert await going.send_all() == pause_s
    assert await going.send_all() == EVERY_S
    first, second = collector.heard(), collector.heard()
    assert (first["status"], second["status"]) == (int(answer[:3]), 200)
    assert first["spans"] == second["spans"]
    assert await journal.sharing.traces.unsent(100) == []


async def test_the_longer_it_is_away_the_later_it_is_asked(journal: Journal) -> None:
    """Full jitter: half of the longest pause with these dice."""
    going = sender(journal, to(1))
    pauses = [await going.send_all() for _ in range(8)]
    assert pauses == [1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0, 30.0]


async def test_what_it_refuses_is_counted_and_not_sent_again(
    journal: Journal, start: Start
) -> None:
    collector = start("400")
    await sender(journal, to(collector.port)).send_all()
    number = len(collector.heard()["spans"])
    standing = await journal.sharing.traces.standing()
    assert (standing.sent, standing.refused, standing.waiting) == (0, number, 0)


async def test_what_it_takes_in_part_is_counted(journal: Journal, start: Start) -> None:
    collector = start("299")
    await sender(journal, to(collector.port)).send_all()
    number = len(collector.heard()["spans"])
    standing = await journal.sharing.traces.standing()
    assert (standing.sent, standing.refused) == (number - 1, 1)


async def test_a_request_that_is_too_large_is_sent_in_parts(
    journal: Journal, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = sum(span.end_ms is not None for span in SPANS)
    monkeypatch.setattr(sending, "AT_ONCE", number)
    collector = start("413")
    await sender(journal, to(collector.port)).send_all()
    assert len(collector.heard()["spans"]) == number
    assert len(collector.heard()["spans"]) == number // 2


async def test_of_too_many_the_oldest_are_given_up(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "MOST_WAITING", 0)
    await sender(journal, to(1)).send_all()
    standing = await journal.sharing.traces.standing()
    assert standing.given_up > 0
    assert await journal.sharing.traces.unsent(10) == []


async def test_headers_go_along_and_stand_in_no_error(
    journal: Journal, start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    collector = start()
    going = sender(journal, to(collector.port, lambda: {"x-api-key": f"{KEY}\n"}))
    await going.send_all()
    assert "x-api-key" in caplog.text
    assert KEY not in caplog.text
    await sender(journal, to(collector.port, lambda: {"x-api-key": KEY})).send_all()
    assert collector.heard()["key"] == KEY


async def test_a_secret_that_is_missing_puts_it_off(
    journal: Journal, caplog: pytest.LogCaptureFixture
) -> None:
    def missing() -> dict[str, str]:
        raise Permanent("there is no secret 'COLLECTOR'")

    await sender(journal, to(1, missing)).send_all()
    assert "COLLECTOR" in caplog.text
    assert await journal.sharing.traces.unsent(1) != []
