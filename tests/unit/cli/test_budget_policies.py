"""What follows where a budget doesn't suffice, as its user sees it: stop, a cheaper model, ask."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tizmor import assembly
from tizmor.agents.builtin import builtin
from tizmor.cli.main import main
from tizmor.ports.agent import AgentContext, Costs, agent

SETTINGS = '[budgets]\n"execution.usd" = {usd}\nexhausted = {policy}\n'
MODELS: list[str] = []
Said = Callable[..., tuple[int, list[Any]]]


class Text(msgspec.Struct):
    text: str


@agent(
    name="Write",
    capability="write",
    costs=Costs(tokens=1_000, usd=0.5, cheaper=Costs(tokens=1_000, usd=0.05)),
)
async def write(*, ctx: AgentContext) -> Text:
    """Have a model write, the large one or the small one."""
    small = ctx.tier == "cheaper"
    MODELS.append("small" if small else "large")
    ctx.spend(tokens=900, usd=0.04 if small else 0.4)
    return Text(text="done")


@agent(name="Think", capability="think", costs=Costs(tokens=1_000, usd=0.5))
async def think(*, ctx: AgentContext) -> Text:
    """Have a dear model think."""
    MODELS.append("dear")
    return Text(text="done")


@agent(name="Guess", capability="think", costs=Costs(tokens=1_000, usd=0.01))
async def guess(*, ctx: AgentContext) -> Text:
    """Have a cheap model think."""
    MODELS.append("cheap")
    return Text(text="done")


@pytest.fixture
def said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Said:
    """Runs a verb in a workspace that has these models; its exit code, and what it said."""
    MODELS.clear()
    monkeypatch.setattr(assembly, "builtin", lambda: (*builtin(), write, think, guess))

    def run(*words: str) -> tuple[int, list[Any]]:
        code = main([*words, "--json", "--workspace", str(tmp_path)])
        return code, [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    return run


def plan(folder: Path, agent_name: str, *, usd: float, policy: list[str]) -> str:
    settings = SETTINGS.format(usd=usd, policy=json.dumps(policy))
    (folder / "tizmor.toml").write_text(settings, "utf-8")
    path = folder / "plan.json"
    steps = [{"id": "say", "agent": agent_name}, {"id": "more", "agent": "SystemCheck"}]
    path.write_text(json.dumps({"goal": "g", "steps": steps}), "utf-8")
    return str(path)


def test_it_stops(said: Said, tmp_path: Path) -> None:
    """The step fails and says by which budget; what doesn't need it goes on."""
    code, lines = said("run", "--plan", plan(tmp_path, "Write", usd=0.3, policy=["stop"]))
    assert (code, MODELS) == (1, [])
    assert any("execution.usd" in warning for warning in lines[-1]["result"]["warnings"])
    _, (shown,) = said("show", lines[-1]["executionId"])
    assert [step["state"] for step in shown["steps"]] == ["failed", "succeeded"]


def test_the_agents_own_cheaper_model_does_it(said: Said, tmp_path: Path) -> None:
    code, lines = said("run", "--plan", plan(tmp_path, "Write", usd=0.3, policy=["cheaper"]))
    assert (code, MODELS) == (0, ["small"])
    assert (lines[-1]["tokens"], lines[-1]["costUsd"]) == (900, 0.04)


def test_another_agent_with_a_cheaper_model_does_it(said: Said, tmp_path: Path) -> None:
    code, lines = said("run", "--plan", plan(tmp_path, "Think", usd=0.3, policy=["cheaper"]))
    assert (code, MODELS) == (0, ["cheap"])
    assert lines[-1]["costUsd"] == 0.01


def test_the_dear_one_does_it_where_there_is_enough(said: Said, tmp_path: Path) -> None:
    assert said("run", "--plan", plan(tmp_path, "Think", usd=0.6, policy=["cheaper"]))[0] == 0
    assert MODELS == ["dear"]


@pytest.mark.parametrize(
    ("answer", "code", "models"), [("1", 0, ["small"]), ("skip", 0, []), ("stop", 1, [])]
)
def test_a_human_is_asked_when_even_the_cheaper_model_is_too_dear(
    said: Said, tmp_path: Path, answer: str, code: int, models: list[str]
) -> None:
    given = plan(tmp_path, "Write", usd=0.01, policy=["cheaper", "ask"])
    waits, lines = said("run", "--plan", given)
    (asked,) = lines[-1]["waitingFor"]
    assert (waits, asked["kind"], MODELS) == (3, "question", [])
    assert "execution.usd" in asked["text"]
    ended, _ = said("answer", lines[-1]["executionId"], answer)
    assert (ended, MODELS) == (code, models)
