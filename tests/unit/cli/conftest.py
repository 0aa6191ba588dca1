"""A command line whose library plays scripted executions."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from tests.unit.cli.fake import (
    ANCHOR,
    GATE,
    ID,
    MEETING,
    FakeTizmor,
    Scripted,
    Shell,
    events_of,
    opener,
)

import tizmor
from tizmor.core.plan import Plan
from tizmor.settings import Settings


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [n for n in os.environ if n.startswith("TIZMOR_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def scripted() -> Scripted:
    return Scripted(coming=events_of(ANCHOR), result={"meeting": MEETING})


@pytest.fixture
def gated(scripted: Scripted) -> Scripted:
    scripted.coming = events_of(ANCHOR, gate=GATE)
    return scripted


@pytest.fixture
def library(tmp_path: Path, scripted: Scripted) -> FakeTizmor:
    """One open library with one execution."""
    return FakeTizmor({ID: scripted}, tmp_path, Settings())


@pytest.fixture
def tizmor_shell(
    tmp_path: Path,
    scripted: Scripted,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Shell:
    shell = Shell(tmp_path, {ID: scripted}, [], capsys)
    monkeypatch.setitem(vars(tizmor), "Tizmor", opener(shell))
    return shell


@pytest.fixture
def anchor() -> Plan:
    return ANCHOR
