"""`tizmor token`: made, shown once, listed, revoked."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tizmor.access import secret
from tizmor.cli.main import main


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    folder.mkdir()
    (folder / "tizmor.toml").write_text('timezone = "Asia/Jerusalem"\n')
    return folder


def token(workspace: Path, *words: str) -> int:
    return main(["token", *words, "--workspace", str(workspace)])


def told(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_token_is_shown_once_and_only_a_hash_is_kept(
    workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = ("--name", "dana", "--scope", "decide", "--scope", "read", "--expires", "30d")
    assert token(workspace, "create", *made, "--json") == 0
    (created,) = told(capsys)
    written = secret.read(created["token"])
    assert written is not None
    assert (created["name"], created["scopes"]) == ("dana", ["read", "decide"])
    assert created["expiresAt"] > created["createdAt"]
    assert token(workspace, "list", "--json") == 0
    (listed,) = told(capsys)
    assert listed == {k: v for k, v in created.items() if k != "token"}
    with closing(sqlite3.connect(workspace / ".tizmor" / "tizmor.db")) as connection:
        ((kept,),) = connection.execute("SELECT hash FROM tokens").fetchall()
        dump = "\n".join(connection.iterdump())
    assert kept.startswith("$argon2id$")
    assert secret.is_of(written.secret, kept)
    assert not secret.is_of(written.secret[:-1] + "a", kept) or written.secret.endswith("a")
    assert written.secret not in dump


def test_people_see_it_too(workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert token(workspace, "list") == 0
    assert "tizmor token create" in capsys.readouterr().out
    assert token(workspace, "create", "--name", "דנה") == 0
    out = capsys.readouterr().out
    text = out.splitlines()[0]
    assert secret.read(text) is not None
    assert "shown this once" in out
    assert token(workspace, "list") == 0
    listed = capsys.readouterr().out
    assert text.split("_")[1] in listed
    assert text.split("_")[2] not in listed


def test_revoked_it_is_listed_as_such_and_not_revoked_again(
    workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    token(workspace, "create", "--json")
    (created,) = told(capsys)
    assert token(workspace, "revoke", created["tokenId"], "--json") == 0
    assert told(capsys) == [{"type": "token", "tokenId": created["tokenId"], "revoked": True}]
    token(workspace, "list", "--json")
    (listed,) = told(capsys)
    assert listed["revokedAt"] is not None
    assert token(workspace, "revoke", created["tokenId"]) == 2
    assert "that can be used" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words",
    [
        ("revoke",),
        ("list", "abc"),
        ("create", "--scope", "everything"),
        ("create", "--expires", "soon"),
        ("create", "--expires", "0d"),
        ("create", "--expires", "11000d"),
        ("create", "--name", ""),
        ("create", "--name", "a\nb"),
        ("create", "--name", "n" * 101),
        ("list", "--name", "dana"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_made(
    workspace: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    assert token(workspace, *words) == 2
    assert capsys.readouterr().err.startswith("tizmor: ")
    assert token(workspace, "list", "--json") == 0
    assert told(capsys) == []
