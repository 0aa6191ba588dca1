"""structlog: what it writes is in the log, and what is in the log it renders."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
import structlog

from tizmor.engine.views import LogLineView
from tizmor.observability.console import Style, adopt_structlog, show
from tizmor.observability.handler import Whose, listening
from tizmor.observability.lines import Lines

SPAN = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
LINE = LogLineView(
    line_id=3,
    at="2026-11-21T23:31:58.402+02:00",
    level="warning",
    logger="agent",
    message="100% slow",
    fields={"pages": 3, "event": "mine"},
    execution_id="38fzgwrhpwf5h",
    step="search",
)


@pytest.fixture
def adopted() -> Iterator[None]:
    adopt_structlog()
    yield
    structlog.reset_defaults()


async def one(line: LogLineView) -> AsyncIterator[LogLineView]:
    yield line


async def shown(style: Style) -> str:
    written: list[str] = []
    await show(one(LINE), style, written.append)
    [text] = written
    return text


def test_what_structlog_writes_within_a_call_is_the_calls(adopted: None) -> None:
    lines = Lines()
    with listening(lines, lambda: Whose(7, "s", 1, SPAN), own_process=True):
        log: Any = structlog.get_logger("offers").bind(topic="ships")
        log.info("100% asked", pages=3)
        log.debug("too much")
        try:
            raise ValueError("odd")
        except ValueError:
            log.exception("it failed")
    asked, failed = lines.take(9)
    assert (asked.logger, asked.message, asked.fields) == (
        "offers", "100% asked", {"topic": "ships", "pages": 3},
    )  # fmt: skip
    assert (asked.execution, asked.step) == (7, "s")
    assert "ValueError: odd" in failed.fields["error"]


async def test_a_line_is_shown_as_json_with_whose_it_is() -> None:
    assert json.loads(await shown(Style.JSON)) == {
        "timestamp": LINE.at,
        "level": "warning",
        "logger": "agent",
        "event": "100% slow",
        "pages": 3,
        "execution": "38fzgwrhpwf5h",
        "step": "search",
    }


async def test_a_line_is_shown_as_text() -> None:
    text = await shown(Style.TEXT)
    assert text.startswith(f"{LINE.at} [warning")
    assert "100% slow" in text
    assert "step=search" in text
