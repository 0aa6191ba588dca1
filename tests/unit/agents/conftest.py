"""A context and a workspace for agents, on real files."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from tizmor.ports.workspace import Workspace


class Context(msgspec.Struct, kw_only=True):
    """What a call is given, and what it reported."""

    workspace: Workspace
    now: dt.datetime
    language: str = "en"
    execution_id: str = "0123456789abc"
    step_id: str = "step"
    attempt: int = 1
    key: str = "0" * 64
    answers: dict[str, str] = {}
    said: list[str] = []

    def progress(self, message: str) -> None:
        self.said.append(message)

    def source(self, path: str) -> Path:
        return self.workspace.path(path)

    def say(self, *, he: str, en: str) -> str:
        return he if self.language == "he" else en


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(
        root=tmp_path, me_name="Noa Bar", me_email="noa@tevuot.example", timezone="Asia/Jerusalem"
    )


@pytest.fixture
def context(workspace: Workspace) -> Callable[..., Context]:
    """Makes contexts at Saturday 2026-11-21, 12:00 in Jerusalem, unless told otherwise."""

    def make(**changes: object) -> Context:
        now = dt.datetime(2026, 11, 21, 12, tzinfo=workspace.zone)
        return msgspec.structs.replace(Context(workspace=workspace, now=now), **changes)

    return make
