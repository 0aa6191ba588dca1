"""Deciding in a name, handing on, and who decided what: on a real workspace with a policy."""

from __future__ import annotations

import datetime as dt
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tizmor.cli.main import main
from tizmor.drivers.embedded.seat import account
from tizmor.workspaces.create import create_workspace

POLICY = """
@id("two of three") @quorum("2") @approvers("dana, yoav, noa") @expires("1d")
forbid (principal, action == Action::"callWithoutAsking", resource == Agent::"Calendar");
"""
REQUEST = "set a meeting with Yoav on Tuesday at 15:00"


class Ran:
    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err
        self.json = [json.loads(line) for line in out.splitlines() if line.startswith("{")]


class Shell:
    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self._capsys = capsys

    def __call__(self, *words: str) -> Ran:
        self._capsys.readouterr()
        code = main([*words, "--workspace", str(self.folder)])
        return Ran(code, *self._capsys.readouterr())


@pytest.fixture
def shell(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Shell:
    folder = tmp_path / "work"
    create_workspace(folder, example="tevuot", today=dt.datetime.now(dt.UTC).date())
    settings = folder / "tizmor.toml"
    settings.write_text("trust_names = true\n" + settings.read_text("utf-8"), "utf-8")
    (folder / "policy.cedar").write_text(POLICY, "utf-8")
    return Shell(folder, capsys)


def asked(shell: Shell) -> tuple[str, dict[str, object]]:
    """An execution that waits for two of three, and what it waits for."""
    ran = shell("run", REQUEST, "--json")
    assert ran.code == 3
    return ran.json[-1]["executionId"], ran.json[-1]["waitingFor"][0]


def test_two_people_hand_on_and_agree_and_the_log_tells_it(shell: Shell) -> None:
    execution, waiting = asked(shell)
    assert (waiting["policies"], waiting["missing"]) == (["two of three"], 2)
    signed = shell("approve", execution, "--as", "dana", "--json")
    assert (signed.code, signed.json[0]["message"]) == (3, "a1 signed by dana; 1 more must agree")
    assert shell("delegate", execution, "--as", "yoav", "--to", "rina").code == 3
    done = shell("approve", execution, "--as", "rina", "--comment", "fine", "--json")
    assert (done.code, done.json[-1]["type"]) == (0, "complete")

    told = shell("audit", "list", execution, "--json").json
    assert [(t["what"], t["by"]) for t in told] == [
        ("signed", "dana"),
        ("delegated", "yoav"),
        ("approved", "rina"),
    ]
    assert told[1]["to"] == ["rina"]
    assert told[2]["why"] == "fine"
    assert told[0]["seat"]["account"] == account()
    assert told[0]["seat"]["interface"] == "command line"
    assert "a1 approved by rina" in shell("audit", "list").out
    assert shell("audit", "list", "38fx0cac15nm7", "--json").json == []


def test_who_may_not_decide_is_told_so_and_ends_with_2(shell: Shell) -> None:
    execution, _ = asked(shell)
    for verb in ("approve", "reject"):
        ran = shell(verb, execution, "--as", "mallory")
        assert (ran.code, "not for mallory to decide, but for dana, yoav, noa" in ran.err) == (
            2,
            True,
        )
    assert shell("audit", "list", "--json").json == []


def test_without_trust_in_names_everybody_is_their_account(shell: Shell) -> None:
    settings = shell.folder / "tizmor.toml"
    settings.write_text(settings.read_text("utf-8").replace("trust_names = true", ""), "utf-8")
    execution, _ = asked(shell)
    ran = shell("approve", execution, "--as", "dana")
    assert ran.code == 2
    assert f"who the system knows you as, {account()}" in ran.err


def test_the_printed_line_agrees_only_to_what_it_was_printed_for(shell: Shell) -> None:
    execution, waiting = asked(shell)
    seen = str(waiting["command"]).partition("--seen ")[2].split()[0]
    assert shell("approve", execution, "--as", "yoav", "--set", "minutes=45").code == 3
    late = shell("approve", execution, "--as", "dana", "--seen", seen)
    assert (late.code, "was changed by another" in late.err) == (2, True)
    assert shell("approve", execution, "--as", "dana").code == 0


def test_a_wrong_policy_stops_the_start_with_its_line(shell: Shell) -> None:
    (shell.folder / "policy.cedar").write_text(POLICY + "\npermit (principal", "utf-8")
    for verb in (["list"], ["run", REQUEST]):
        ran = shell(*verb)
        assert ran.code == 2
        assert "policy.cedar, line 5: " in ran.err


def change(shell: Shell, statement: str) -> None:
    with closing(sqlite3.connect(shell.folder / ".tizmor" / "tizmor.db")) as connection:
        connection.execute(statement)
        connection.commit()


def test_a_row_that_was_changed_is_named_and_ends_with_1(shell: Shell) -> None:
    execution, _ = asked(shell)
    for name in ("dana", "noa"):
        shell("approve", execution, "--as", name)
    sound = shell("audit", "verify", "--json")
    assert (sound.code, sound.json[0]["rows"], sound.json[0]["problem"]) == (0, 2, None)
    head = sound.json[0]["head"]
    assert shell("audit", "verify", "--head", head).code == 0

    change(
        shell,
        "UPDATE audit_log SET payload = CAST(replace(CAST(payload AS TEXT), 'noa', 'eve') AS BLOB)"
        " WHERE number = 2",
    )
    broken = shell("audit", "verify", "--json")
    assert (broken.code, broken.json[0]["rows"]) == (1, 1)
    assert broken.json[0]["problem"] == "row 2 is not what was written"

    change(shell, "DELETE FROM audit_log WHERE number = 2")
    assert shell("audit", "verify").code == 0, "an end that is cut off is not seen by itself"
    cut = shell("audit", "verify", "--head", head)
    assert (cut.code, "row 2 is not there any more" in cut.out) == (1, True)


@pytest.mark.parametrize(
    "words", [["list", "--head", "1:ab"], ["verify", "x"], ["verify", "--head", "x"], ["burn"]]
)
def test_what_audit_does_not_know_ends_with_2(shell: Shell, words: list[str]) -> None:
    assert shell("audit", *words).code == 2


def test_a_dry_run_says_which_calls_would_ask_and_why(shell: Shell) -> None:
    """By the policy that would rule on them: a read that only it asks about, and one of two."""
    look = """
@id("who is known")
forbid (principal, action == Action::"callWithoutAsking", resource == Agent::"ContactSearch");
"""
    (shell.folder / "policy.cedar").write_text(POLICY + look, "utf-8")
    ran = shell("run", REQUEST, "--dry-run", "--json")
    calls = {call["agent"]: call for call in ran.json[-1]["wouldDo"] if call["asks"]}
    assert calls["ContactSearch"]["policies"] == ["who is known"]
    assert calls["Calendar"]["policies"] == ["two of three"]
    assert (calls["Calendar"]["approvers"], calls["Calendar"]["quorum"]) == (
        ["dana", "yoav", "noa"],
        2,
    )
    shown = shell("show", ran.json[-1]["executionId"]).out
    assert "Asked by the policy: who is known" in shown
    assert "Asked by the policy: two of three" in shown
    assert "For these to decide: dana, yoav, noa" in shown
    assert "2 must still agree" in shown


def test_a_dry_run_says_what_is_asked_about_by_default(shell: Shell) -> None:
    (shell.folder / "policy.cedar").unlink()
    shown = shell("run", REQUEST, "--dry-run").out
    assert "Asked by the policy: by default, what is critical" in shown
