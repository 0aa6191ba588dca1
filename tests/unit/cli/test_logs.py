"""`tizmor logs` on a real workspace: events and lines together, found and followed."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tizmor import AgentContext, Tizmor, agent
from tizmor.cli.main import main
from tizmor.core.plan import Plan, Step
from tizmor.ports.vocabulary import Value


class Said(Value, frozen=True):
    text: str = ""


@agent(name="Writer")
async def writer(text: str, *, ctx: AgentContext) -> Said:
    """Write lines."""
    ctx.log.info(f"began {text}", size=len(text), by="dana@example.com")
    ctx.log.warning("slow\nvery")
    return Said(text=text)


async def run(folder: Path, text: str) -> str:
    plan = Plan(goal="write", steps=(Step(id="w", agent="Writer", arguments={"text": text}),))
    async with Tizmor.open(folder, agents=[writer]) as tizmor:
        started = await tizmor.start("write", plan=plan)
        await tizmor.result(started.id)
        return started.id


Logs = Callable[..., list[str]]


@pytest.fixture
def logs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Logs:
    def shown(*words: str) -> list[str]:
        assert main(["logs", *words, "--workspace", str(tmp_path)]) == 0
        return capsys.readouterr().out.splitlines()

    return shown


def test_events_and_lines_stand_together_in_the_order_of_time(tmp_path: Path, logs: Logs) -> None:
    execution = asyncio.run(run(tmp_path, "a"))
    said: list[dict[str, Any]] = [json.loads(line) for line in logs(execution, "--json")]
    times = [one["at"] for one in said]
    assert times == sorted(times)
    assert [one["message"] for one in said if one["type"] == "line"] == ["began a", "slow\nvery"]
    assert {one["executionId"] for one in said} == {execution}
    assert any(one["type"] == "complete" for one in said)
    text = [line for line in logs(execution) if " w: " in line]
    assert any(line.endswith("info w: began a size=1 by=[e-mail]") for line in text)


def test_lines_are_found_by_level_and_text_in_one_execution_or_all(
    tmp_path: Path, logs: Logs
) -> None:
    first, second = asyncio.run(run(tmp_path, "a")), asyncio.run(run(tmp_path, "b"))

    def found(*words: str) -> list[tuple[str, str]]:
        lines = map(json.loads, logs(*words, "--json"))
        return [(line["executionId"], line["message"]) for line in lines]

    assert found("--level", "warning") == [(first, "slow\nvery"), (second, "slow\nvery")]
    assert found(second, "--search", "BEGAN") == [(second, "began b")]
    assert len(found()) == 4


def test_no_line_breaks_out_of_its_line(tmp_path: Path, logs: Logs) -> None:
    asyncio.run(run(tmp_path, "a"))
    assert len(logs()) == 2


def test_a_wrong_level_is_told_with_the_right_ones(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asyncio.run(run(tmp_path, "a"))
    assert main(["logs", "--level", "loud", "--workspace", str(tmp_path)]) == 2
    assert "debug, info, warning, error" in capsys.readouterr().err


def test_nothing_is_there_where_nothing_was_run(tmp_path: Path, logs: Logs) -> None:
    assert logs() == []
    assert not (tmp_path / ".tizmor").exists()


def test_following_an_execution_that_has_ended_ends(tmp_path: Path, logs: Logs) -> None:
    execution = asyncio.run(run(tmp_path, "a"))
    assert logs(execution, "--follow") == logs(execution)


def test_another_terminal_follows_what_is_written(tmp_path: Path) -> None:
    asyncio.run(run(tmp_path, "before"))
    words = ["logs", "--follow", "--search", "began", "--json", "--workspace", str(tmp_path)]
    with subprocess.Popen(
        [sys.executable, "-m", "tizmor", *words], stdout=subprocess.PIPE, text=True
    ) as terminal:
        assert terminal.stdout is not None
        assert json.loads(terminal.stdout.readline())["message"] == "began before"
        execution = asyncio.run(run(tmp_path, "now"))
        line = json.loads(terminal.stdout.readline())
        terminal.terminate()
    assert (line["executionId"], line["message"]) == (execution, "began now")
