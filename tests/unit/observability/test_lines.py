"""Log lines on their way to the database."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from tests.clocks import FixedClock

from tizmor.core.errors import StorageFailed
from tizmor.observability import keeping as keeping_module
from tizmor.observability.handler import ANOTHERS, Whose, listening
from tizmor.observability.keeping import Keeping
from tizmor.observability.lines import LONGEST, CallLog, Lines
from tizmor.observability.redaction import STRUCK_OUT, Redactor
from tizmor.ports.logs import Level, LogLine, LogQuery

SPAN = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


class Kept:
    """A log in memory, which may be gone."""

    def __init__(self) -> None:
        self.lines: dict[int, LogLine] = {}
        self.gone = False
        self.unknown = False

    async def write(self, first: int, lines: Sequence[LogLine]) -> None:
        if self.gone:
            raise StorageFailed("it is gone")
        self.lines.update(enumerate(lines, first))
        if self.unknown:
            raise StorageFailed("nobody knows whether it was kept")

    async def read(self, query: LogQuery) -> Sequence[LogLine]:
        return list(self.lines.values())

    async def last(self) -> int:
        return len(self.lines)

    async def trim(self, before_ms: int) -> int:
        return 0

    @property
    def messages(self) -> list[str]:
        return [line.message for line in self.lines.values()]


def line(message: str, level: int = Level.INFO) -> LogLine:
    return LogLine(at_ms=1, level=level, logger="x", message=message)


def keeping(lines: Lines, kept: Kept, redactor: Redactor | None = None) -> Keeping:
    return Keeping(lines, kept, redactor or Redactor(), FixedClock(), days=7)


def call_log(lines: Lines) -> CallLog:
    return CallLog(lines, FixedClock(), execution=7, step="s", attempt=2, traceparent=lambda: SPAN)


async def test_lines_are_kept_while_others_are_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping_module, "COLLECT_S", 0.0)
    lines, kept = Lines(), Kept()
    keeper = keeping(lines, kept)
    async with keeper.running(), asyncio.timeout(10):
        changed = keeper.changed
        await asyncio.to_thread(lines.add, line("from a thread"))
        await changed.wait()
        assert kept.messages == ["from a thread"]
        lines.add(line("at the end"))
    assert kept.messages == ["from a thread", "at the end"]


async def test_what_finds_no_room_is_counted_and_the_log_says_so() -> None:
    lines, kept = Lines(room=3), Kept()
    for number in range(10):
        lines.add(line(f"{number}"))
    await keeping(lines, kept).flush()
    assert kept.messages[:3] == ["0", "1", "2"]
    assert kept.messages[3].startswith("7 lines were dropped")
    assert kept.lines[4].fields == {"dropped": 7}
    assert kept.lines[4].level == Level.WARNING


async def test_a_database_that_is_gone_loses_nothing_that_there_is_room_for() -> None:
    lines, kept = Lines(room=3), Kept()
    keeper = keeping(lines, kept)
    kept.gone = True
    lines.add(line("before"))
    with pytest.raises(StorageFailed):
        await keeper.flush()
    for number in range(5):
        lines.add(line(f"{number}"))
    kept.gone, kept.unknown = False, True
    with pytest.raises(StorageFailed):
        await keeper.flush()
    kept.unknown = False
    await keeper.flush()
    assert kept.messages[:4] == ["before", "0", "1", "2"]
    assert kept.messages[4].startswith("2 lines were dropped")
    assert sorted(kept.lines) == [1, 2, 3, 4, 5]


async def test_what_cant_be_kept_at_the_end_is_said(
    caplog: pytest.LogCaptureFixture,
) -> None:
    lines, kept = Lines(), Kept()
    kept.gone = True
    async with keeping(lines, kept).running():
        lines.add(line("lost"))
    assert "the last 1 lines of the log can't be kept" in caplog.text


async def test_lines_are_redacted_when_they_are_kept() -> None:
    lines, kept, redactor = Lines(), Kept(), Redactor()
    call_log(lines).info("open sesame", password="x", to="dana@example.com")
    redactor.learn("open sesame")
    await keeping(lines, kept, redactor).flush()
    assert kept.lines[1].message == STRUCK_OUT
    assert kept.lines[1].fields == {"password": STRUCK_OUT, "to": "[e-mail]"}


def test_threads_lose_no_line_and_no_count() -> None:
    lines = Lines(room=1_000)

    def write() -> None:
        for number in range(500):
            lines.add(line(f"{number}"))

    threads = [threading.Thread(target=write) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(lines.take(10_000)) == 1_000
    assert lines.take_dropped() == 3_000


def test_a_calls_line_says_whose_it_is() -> None:
    lines = Lines()
    call_log(lines).warning("found 3", of=5)
    [written] = lines.take(9)
    assert (written.execution, written.step, written.attempt) == (7, "s", 2)
    assert (written.trace_id, written.span_id) == tuple(SPAN.split("-")[1:3])
    assert (written.message, written.fields, written.level) == ("found 3", {"of": 5}, 30)


def test_lines_below_the_level_are_not_written() -> None:
    lines = Lines(Level.WARNING)
    log = call_log(lines)
    log.debug("a")
    log.info("b")
    log.error("c")
    assert [written.message for written in lines.take(9)] == ["c"]


class Unspeakable:
    def __str__(self) -> str:
        raise RuntimeError("no")


@pytest.mark.parametrize(
    "value",
    [Unspeakable(), 10**40, {1, 2}, object(), "\ud800", {"k": [{"x": 2.5}]}, float("nan"), b"\xff"],
)
def test_any_field_can_be_kept(value: Any) -> None:
    lines = Lines()
    call_log(lines).info("\ud800 and \0", it=value)
    [written] = lines.take(9)
    written.message.encode()
    assert "\0" not in written.message
    assert list(written.fields) == ["it"]


def test_what_is_too_long_is_cut() -> None:
    lines = Lines()
    call_log(lines).info("x" * 100_000, **{f"f{n}": "y" * 5_000 for n in range(50)})
    [written] = lines.take(9)
    assert len(written.message) < LONGEST + 10
    assert sum(map(len, written.fields.values())) <= 20 * 500


@contextmanager
def heard(whose: Any, level: int = Level.INFO, *, own: bool = True) -> Iterator[Lines]:
    lines = Lines(level)
    with listening(lines, lambda: whose, own_process=own):
        yield lines


def test_what_any_library_logs_within_a_call_is_the_calls() -> None:
    with heard(Whose(7, "s", 1, SPAN)) as lines:
        logging.getLogger("some.library").info("asked %s", "there", extra={"fields": {"n": 1}})
        logging.getLogger("some.library").debug("too much")
    [written] = lines.take(9)
    assert (written.logger, written.message, written.fields) == (
        "some.library", "asked there", {"n": 1},
    )  # fmt: skip
    assert (written.execution, written.step) == (7, "s")
    logging.getLogger("some.library").error("later")
    assert lines.take(9) == []


def test_another_workspaces_calls_are_not_ours() -> None:
    with heard(ANOTHERS) as lines:
        logging.getLogger("some.library").error("theirs")
    assert lines.take(9) == []


def test_an_error_comes_with_where_it_was_and_the_engines_with_its_execution() -> None:
    with heard(None) as lines:
        try:
            raise ValueError("odd")
        except ValueError:
            logging.getLogger("tizmor.engine").exception("it failed", extra={"execution": 9})
    [written] = lines.take(9)
    assert written.execution == 9
    assert "ValueError: odd" in written.fields["error"]


def test_the_level_of_a_program_that_isnt_ours_is_left_alone() -> None:
    before = logging.getLogger().level
    with heard(None, own=False):
        assert logging.getLogger().level == before
    with heard(None):
        assert logging.getLogger().level == Level.INFO
    assert logging.getLogger().level == before


def test_what_nobody_else_shows_is_still_shown(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    with heard(None), heard(None):
        logging.getLogger("tizmor.engine").warning("it is slow")
        logging.getLogger("tizmor.engine").info("it is quiet")
    assert capsys.readouterr().err == "it is slow\n"
