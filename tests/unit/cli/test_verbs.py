"""The verbs, as a script sees them: options, lines, exit codes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from tests.unit.cli.fake import (
    ANCHOR,
    AT,
    GATE,
    ID,
    MEETING,
    QUESTION,
    FakeTizmor,
    Scripted,
    Shell,
    events_of,
    said,
)

from tizmor.cli.main import VERBS, load_verb, main
from tizmor.cli.program import program
from tizmor.core.errors import StorageFailed
from tizmor.core.plan import Plan
from tizmor.engine.views import Status


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_takes_a_workspace_and_json_and_shows_examples(
    verb: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([verb, "--help"]) == 0
    shown = capsys.readouterr().out
    assert "--workspace" in shown
    assert "--json" in shown
    assert f"  tizmor {verb}" in shown


def test_the_overview_names_every_verb_and_loads_none() -> None:
    """Help is quick because neither the engine nor what draws is imported for it."""
    script = (
        "import sys; from tizmor.cli.main import main; main(['--help']);"
        "print([m for m in sys.modules if m.split('.')[0] in"
        " ('rich', 'sqlalchemy', 'asyncio', 'pydantic', 'icalendar', 'fastapi', 'uvicorn')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    *overview, modules = done.stdout.splitlines()
    assert all(any(line.split()[:1] == [verb] for line in overview) for verb in VERBS)
    assert modules == "[]"


def test_every_verb_names_itself() -> None:
    assert {load_verb(verb).name for verb in VERBS} == set(VERBS)


def test_run_prints_one_plain_line_an_event_and_the_result(tizmor_shell: Shell) -> None:
    ran = tizmor_shell("run", "meet Yoav")
    assert ran.code == 0
    lines = ran.out.splitlines()
    assert lines[0] == ID
    assert "search: found by DriveSearch" in lines
    assert "search: Find documents · done" in lines
    assert "Meeting created" in lines
    assert "\x1b" not in ran.out


def test_run_as_json_ends_with_the_line_that_the_contract_shows(tizmor_shell: Shell) -> None:
    *events, last = tizmor_shell("run", "meet Yoav", "--json").json
    assert [event["id"] for event in events] == list(range(1, len(events) + 1))
    assert all(event["type"] in ("progress", "step", "log") for event in events)
    assert last.pop("id") == len(events) + 1
    assert last == {
        "type": "complete",
        "executionId": ID,
        "status": "COMPLETED",
        "result": {"meeting": MEETING},
        "waitingFor": [],
        "durationMs": 1500,
        "tokens": 12,
        "costUsd": 0.25,
    }


def test_a_run_that_waits_ends_with_3_and_the_line_to_paste(
    tizmor_shell: Shell, gated: Scripted
) -> None:
    ran = tizmor_shell("run", "meet Yoav")
    assert ran.code == 3
    assert GATE.command in ran.out.splitlines()
    for shown in ("Action: Create a meeting", "Time: Tue 24.11", "Yoav Cohen <yoav@example.org>"):
        assert shown in ran.out


def test_a_run_that_waits_says_so_in_its_last_json_line(
    tizmor_shell: Shell, gated: Scripted
) -> None:
    ran = tizmor_shell("run", "meet Yoav", "--json")
    last = ran.json[-1]
    assert (ran.code, last["type"], last["status"]) == (3, "waiting", "WAITING")
    (waiting,) = last["waitingFor"]
    assert waiting["id"] == GATE.id
    assert waiting["kind"] == "approval"
    assert waiting["arguments"] == GATE.arguments
    assert waiting["command"] == GATE.command
    assert [line["type"] for line in ran.json].count("waiting") == 1


def test_yes_and_the_plan_reach_the_engine(
    tizmor_shell: Shell, tmp_path: Path, anchor: Plan
) -> None:
    written = tizmor_shell("plan", "meet Yoav", "--json").out
    path = tmp_path / "plan.json"
    path.write_text(written, encoding="utf-8")
    assert tizmor_shell("run", "--plan", str(path), "--yes").code == 0
    assert ("start", anchor.goal, True, anchor) in tizmor_shell.given


def test_run_names_what_was_interrupted_on_standard_error(tizmor_shell: Shell) -> None:
    tizmor_shell.store["other"] = Scripted(status=Status.INTERRUPTED)
    ran = tizmor_shell("run", "meet Yoav", "--json")
    assert "other" in ran.err
    assert ran.json[-1]["type"] == "complete"


@pytest.mark.parametrize("words", [["run", ""], ["run"], ["run", "x" * 20_001], ["plan", " "]])
def test_a_request_that_can_not_be_used_ends_with_2_before_anything_is_opened(
    tizmor_shell: Shell, words: list[str]
) -> None:
    assert tizmor_shell(*words).code == 2
    assert tizmor_shell.opened == []


def test_an_error_is_text_on_standard_error_and_with_json_a_last_line(tizmor_shell: Shell) -> None:
    ran = tizmor_shell("show", "nothere", "--json")
    assert ran.code == 2
    assert "nothere" in ran.err
    assert ran.json == [
        {"type": "error", "message": "there is no execution 'nothere'", "exitCode": 2}
    ]


def test_every_problem_of_a_refused_plan_has_its_line(tizmor_shell: Shell) -> None:
    ran = tizmor_shell("plan", "impossible")
    assert ran.code == 2
    assert ran.err.splitlines() == ["tizmor: step a: no such agent", "tizmor: step b: a cycle"]


@pytest.mark.parametrize("words", [["rnu", "x"], ["run", "x", "--nope"], ["show"]])
def test_wrong_usage_ends_with_2(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 2
    assert capsys.readouterr().err.startswith("tizmor: ")


def test_a_fault_of_its_own_is_no_traceback_unless_asked_for(
    tizmor_shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(library: object, *, limit: int) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(FakeTizmor, "list", broken)
    ran = tizmor_shell("list")
    assert ran.code == 1
    assert "Traceback" not in ran.err
    assert "ZeroDivisionError" in ran.err
    monkeypatch.setenv("TIZMOR_DEBUG", "1")
    with pytest.raises(ZeroDivisionError):
        tizmor_shell("list")


@pytest.mark.parametrize(
    "words",
    [
        ["plan", "x"],
        ["list"],
        ["show", ID],
        ["logs", ID],
        ["context", ID],
        ["messages", ID],
        ["agents"],
    ],
)
def test_who_only_looks_opens_without_writing(tizmor_shell: Shell, words: list[str]) -> None:
    assert tizmor_shell(*words).code == 0
    assert [write for _, write in tizmor_shell.opened] == [False]


def test_the_plan_as_json_has_what_the_contract_names(tizmor_shell: Shell) -> None:
    (plan,) = tizmor_shell("plan", "meet Yoav", "--json").json
    assert plan["goal"] == ANCHOR.goal
    assert plan["batches"] == [["search", "contact"], ["analysis", "calendar"], ["agenda"]]
    assert plan["assumptions"] == ["December is December 2025"]
    assert plan["questions"] == []
    told = plan["forecast"]
    assert (told["steps"], told["longestChain"], told["approvals"], told["questions"]) == (
        5,
        3,
        1,
        0,
    )
    assert told["timeMs"] is None
    assert told["atLeast"]["timeMs"] == {"p10": 400.0, "median": 400.0, "p90": 400.0}
    assert "DriveSearch" in told["unknown"]
    for step in plan["steps"]:
        assert {"id", "agent", "title", "arguments", "dependsOn", "effect", "critical"} <= set(step)
    calendar = next(step for step in plan["steps"] if step["id"] == "calendar")
    assert calendar["dependsOn"] == ["contact"]
    assert (calendar["effect"], calendar["critical"]) == ("compensatable", True)


def test_the_plan_in_words_shows_effects_and_what_will_be_asked(tizmor_shell: Shell) -> None:
    shown = tizmor_shell("plan", "meet Yoav").out
    step = "2. Calendar (calendar) · compensatable · Approval needed · after contact"
    assert step in shown
    assert "Assumed: December is December 2025" in shown


def test_an_approval_that_makes_this_process_the_owner_goes_on_as_run_does(
    tizmor_shell: Shell, gated: Scripted
) -> None:
    tizmor_shell("run", "meet Yoav")
    ran = tizmor_shell("approve", ID)
    assert ran.code == 0
    assert ran.out.splitlines()[0] == "calendar.1 approved"
    assert "agenda: Editor · done" in ran.out
    assert "search: found by DriveSearch" not in ran.out.splitlines()


def test_a_result_that_was_told_is_not_told_again_before_the_end(
    tizmor_shell: Shell, gated: Scripted
) -> None:
    """What comes back when an approval only leads to the next question is that question."""
    gated.result = {"summary": "Two contracts."}
    gated.coming.append(said("question", state="open", step="contact", waiting=QUESTION))
    assert "Two contracts." in tizmor_shell("run", "meet Yoav").out

    approved = tizmor_shell("approve", ID)
    assert approved.code == 3
    assert "Two contracts." not in approved.out
    assert QUESTION.command in approved.out.splitlines()
    assert "Two contracts." in tizmor_shell("resume", ID).out

    assert "Two contracts." in tizmor_shell("answer", ID, "Yoav Levi").out


def test_what_was_asked_before_an_order_is_named_by_its_line_alone(
    tizmor_shell: Shell, gated: Scripted
) -> None:
    other = msgspec.structs.replace(GATE, id="b1", command=f"tizmor approve {ID} b1")
    tizmor_shell("run", "meet Yoav")
    gated.happen(said("approval", state="open", step="agenda", waiting=other))

    approved = tizmor_shell("approve", ID, GATE.id)
    assert approved.code == 3
    assert other.command in approved.out.splitlines()
    assert approved.out.count("Action: Create a meeting") == 0
    assert "Action: Create a meeting" in tizmor_shell("show", ID).out


def test_an_approval_that_another_process_takes_ends_at_once(
    tizmor_shell: Shell, gated: Scripted
) -> None:
    tizmor_shell("run", "meet Yoav")
    gated.runs_elsewhere = True
    ran = tizmor_shell("approve", ID, "--json")
    assert ran.code == 0
    assert ran.json == [{"type": "done", "executionId": ID, "message": "calendar.1 approved"}]


def test_set_changes_the_arguments_and_the_comment_goes_along(
    tizmor_shell: Shell, gated: Scripted
) -> None:
    tizmor_shell("run", "meet Yoav")
    edits = ["--set", "minutes=45", "--set", "attendees.0.email=new@example.org"]
    assert tizmor_shell("approve", ID, GATE.id, *edits, "--comment", "by phone").code == 0
    arguments = {
        "minutes": 45,
        "attendees": [{"name": "Yoav Cohen", "email": "new@example.org"}],
    }
    assert tizmor_shell.given[-1] == ("approve", GATE.id, arguments, "by phone")


@pytest.mark.parametrize("edits", [[], ["--set", "minutes=45"]])
def test_several_open_and_none_named_ends_with_2_and_their_names(
    tizmor_shell: Shell, scripted: Scripted, edits: list[str]
) -> None:
    scripted.open = {GATE.id: GATE, "mail.1": msgspec.structs.replace(GATE, id="mail.1")}
    ran = tizmor_shell("approve", ID, *edits)
    assert ran.code == 2
    assert "calendar.1, mail.1" in ran.err


def test_a_wrong_edit_ends_with_2_and_approves_nothing(
    tizmor_shell: Shell, gated: Scripted
) -> None:
    tizmor_shell("run", "meet Yoav")
    assert tizmor_shell("approve", ID, "--set", "attendees.9.email=x").code == 2
    assert GATE.id in gated.open


def test_a_rejection_ends_with_4(tizmor_shell: Shell, gated: Scripted) -> None:
    tizmor_shell("run", "meet Yoav")
    ran = tizmor_shell("reject", ID, "--reason", "abroad", "--json")
    assert (ran.code, ran.json[-1]["type"]) == (4, "rejected")
    assert tizmor_shell.given[-1] == ("reject", GATE.id, "abroad")


@pytest.mark.parametrize("words", [["2"], ["who", "2"]])
def test_an_answer_names_its_question_or_means_the_only_one(
    tizmor_shell: Shell, scripted: Scripted, words: list[str]
) -> None:
    scripted.coming = events_of(ANCHOR, gate=QUESTION)
    asked = tizmor_shell("run", "meet Yoav")
    assert asked.code == 3
    assert "1) Yoav Cohen" in asked.out
    assert tizmor_shell("answer", ID, *words).code == 0
    assert tizmor_shell.given[-1] == ("answer", "who", "2")


@pytest.mark.parametrize(
    ("known", "values", "given"),
    [
        ({}, ["receipt.number=7"], {"receipt": {"number": 7}}),
        ({"receipt": "7", "paid": 5}, ["receipt=8-b"], {"receipt": "8-b", "paid": 5}),
    ],
)
def test_a_human_writes_what_a_call_gave_beside_the_word_that_it_happened(
    tizmor_shell: Shell,
    scripted: Scripted,
    known: dict[str, object],
    values: list[str],
    given: dict[str, object],
) -> None:
    scripted.open = {QUESTION.id: msgspec.structs.replace(QUESTION, arguments=known)}
    edits = [word for value in values for word in ("--set", value)]
    assert tizmor_shell("answer", ID, "happened", *edits).code == 0
    assert tizmor_shell.given[-1] == ("answer", "who", "happened", given)


def test_values_beside_an_answer_that_takes_none_end_with_2(
    tizmor_shell: Shell, scripted: Scripted
) -> None:
    scripted.open = {QUESTION.id: QUESTION}
    ran = tizmor_shell("answer", ID, "a", "--set", "minutes=45")
    assert (ran.code, tizmor_shell.given) == (2, [])
    assert "takes values" in ran.err


def test_resume_shows_only_what_is_new(tizmor_shell: Shell, gated: Scripted) -> None:
    tizmor_shell("run", "meet Yoav")
    ran = tizmor_shell("resume", ID, "--yes", "--json")
    assert ran.code == 3
    assert [line["type"] for line in ran.json] == ["waiting"]
    assert tizmor_shell.given[-1] == ("resume", True)


def test_resume_of_a_finished_execution_prints_its_result(tizmor_shell: Shell) -> None:
    tizmor_shell("run", "meet Yoav")
    ran = tizmor_shell("resume", ID, "--json")
    assert ran.code == 0
    assert [line["type"] for line in ran.json] == ["complete"]
    assert ran.json[0]["result"]["meeting"] == MEETING


def test_pause_says_what_came_of_it(tizmor_shell: Shell) -> None:
    ran = tizmor_shell("pause", ID, "--json")
    assert ran.code == 0
    assert ran.json == [{"type": "done", "executionId": ID, "message": "paused"}]


def test_an_order_that_ends_the_execution_ends_with_its_code(tizmor_shell: Shell) -> None:
    ran = tizmor_shell("cancel", ID, "--json")
    assert ran.code == 4
    assert [line["type"] for line in ran.json] == ["done", "cancelled"]


def test_a_replay_says_whether_it_leads_to_what_is_shown(
    tizmor_shell: Shell, scripted: Scripted
) -> None:
    tizmor_shell("run", "meet Yoav")
    assert tizmor_shell("replay", ID).out.endswith(" lead to COMPLETED, as it is shown.\n")

    scripted.differences = ("steps: 5 by the journal, 4 in the list",)
    differs = tizmor_shell("replay", ID)
    assert differs.code == 1
    assert "as it is shown" not in differs.out
    assert differs.out.endswith("COMPLETED.\nBut: steps: 5 by the journal, 4 in the list\n")


def test_a_replay_of_an_interrupted_execution_says_why_it_is_shown_otherwise(
    tizmor_shell: Shell, scripted: Scripted
) -> None:
    scripted.status = Status.INTERRUPTED
    replayed = tizmor_shell("replay", ID)
    assert replayed.code == 0
    assert replayed.out == (
        "0 events lead to RUNNING; it is shown as INTERRUPTED, since no process runs it.\n"
    )


def test_a_database_that_is_gone_for_half_a_minute_and_slow_to_start_is_waited_for(
    tizmor_shell: Shell,
) -> None:
    tizmor_shell("run", "meet Yoav")
    assert tizmor_shell.patience_s >= 45


def test_storage_that_fails_is_told_of_once_and_so_is_its_end(tizmor_shell: Shell) -> None:
    tizmor_shell("list")
    assert tizmor_shell.tell is not None
    for error in (StorageFailed("full"), StorageFailed("full"), StorageFailed("gone"), None):
        tizmor_shell.tell(error)
    assert tizmor_shell.capture.readouterr().err.splitlines() == [
        "storage fails, trying again: full",
        "storage fails, trying again: gone",
        "storage works again",
    ]


def test_list_marks_the_interrupted_and_bounds_the_request(tizmor_shell: Shell) -> None:
    tizmor_shell.store["other"] = Scripted(query="x\n" * 400, status=Status.INTERRUPTED)
    lines = tizmor_shell("list").out.splitlines()
    assert len(lines) == 2
    assert lines[1].startswith("! INTERRUPTED")
    assert len(lines[1]) < 140
    assert tizmor_shell("list", "--json").json[0] == {
        "type": "execution",
        "executionId": ID,
        "status": "RUNNING",
        "query": "meet Yoav",
        "createdAt": "2026-11-21T10:00:00.000+02:00",
        "dryRun": False,
    }


def test_show_gives_the_result_and_what_waits(tizmor_shell: Shell, gated: Scripted) -> None:
    tizmor_shell("run", "meet Yoav")
    shown = tizmor_shell("show", ID)
    assert shown.code == 0
    assert GATE.command in shown.out
    (line,) = tizmor_shell("show", ID, "--json").json
    assert line["waitingFor"][0]["id"] == GATE.id


def test_logs_are_the_events_again(tizmor_shell: Shell) -> None:
    ran = tizmor_shell("run", "meet Yoav", "--json")
    logged = tizmor_shell("logs", ID, "--json")
    assert logged.json[:-1] == ran.json[:-1]
    assert len(tizmor_shell("logs", ID).out.splitlines()) == len(logged.json)


def test_what_was_shared_is_shown_by_its_newest_version_or_by_all(tizmor_shell: Shell) -> None:
    newest = tizmor_shell("context", ID)
    assert newest.code == 0
    assert newest.out.splitlines() == [
        'page 1 2026-11-21T10:00:00.000+02:00 search (not from you): {"text":"eve"}',
        "topic 2 2026-11-21T10:00:01.000+02:00 analysis: 3",
    ]
    made = tizmor_shell("context", ID, "topic", "--versions", "--json").json
    assert [(line["type"], line["version"], line["value"]) for line in made] == [
        ("shared", 1, "two"),
        ("shared", 2, 3),
    ]
    unknown = tizmor_shell("context", ID, "nothing")
    assert (unknown.code, "nothing was shared under" in unknown.err) == (2, True)


def test_messages_are_shown_with_what_became_of_them(tizmor_shell: Shell) -> None:
    assert tizmor_shell("messages", ID).out.splitlines() == [
        f'm1 {AT} request search → Editor (answered): {{"n":1}}',
        f"m1.answer {AT} answer agenda → search (delivered, not from you): 2",
        f"m2 {AT} event search → prices (dead letter: nobody took it): null",
    ]
    lines = tizmor_shell("messages", ID, "--json").json
    assert [(line["type"], line["id"], line["correlation"]) for line in lines] == [
        ("message", "m1", None),
        ("message", "m1.answer", "m1"),
        ("message", "m2", None),
    ]


def test_agents_say_their_effect_and_whether_they_ask(tizmor_shell: Shell) -> None:
    assert "asks first" in tizmor_shell("agents").out.splitlines()[0]
    assert tizmor_shell("agents", "--json").json[1]["effect"] == "read"


def test_doctor_ends_with_1_when_a_check_failed(tizmor_shell: Shell) -> None:
    assert tizmor_shell("doctor").code == 0
    ran = tizmor_shell("doctor", "--deep", "--json")
    assert ran.code == 1
    assert ran.json == [
        {"type": "check", "name": "database", "state": "failed", "detail": "journal"}
    ]


def test_migrate_says_what_it_did(tizmor_shell: Shell) -> None:
    assert tizmor_shell("migrate").out == "the database is of this version\n"


def test_init_makes_a_workspace_and_says_how_to_begin(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "my new one"
    assert main(["init", str(folder), "--me", "Dana <dana@example.org>"]) == 0
    out = capsys.readouterr().out
    assert f"  {program()} run " in out
    assert f"--workspace '{folder}'" in out
    assert (folder / "tizmor.toml").exists()
    assert main(["init", str(folder)]) == 2


def test_init_without_a_folder_makes_nothing_and_says_what_is_missing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["init", "--example", "tevuot"]) == 2
    assert f"{program()} init DIR" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_an_error_can_not_steer_the_terminal(tizmor_shell: Shell) -> None:
    ran = tizmor_shell("list", "--\x1b[2J\u202eevil")
    assert ran.code == 2
    assert "evil" in ran.err
    assert not {"\x1b", "\u202e"} & set(ran.err)


def test_a_wrong_setting_ends_with_2_and_its_name(tizmor_shell: Shell) -> None:
    (tizmor_shell.workspace / "tizmor.toml").write_text("meeting_minutes = 0\n", encoding="utf-8")
    ran = tizmor_shell("list")
    assert ran.code == 2
    assert "meeting_minutes" in ran.err


def test_text_of_others_can_not_steer_the_terminal(tizmor_shell: Shell, scripted: Scripted) -> None:
    scripted.result = {"summary": "fine \x1b[2J\x9b2Jall \u202egood"}
    ran = tizmor_shell("run", "meet Yoav")
    assert "fine [2J2Jall good" in ran.out


def test_a_reader_that_goes_away_ends_it_without_a_word() -> None:
    """`tizmor --help | true`, with the pipe already closed."""
    reader, writer = os.pipe()
    os.close(reader)
    command = [
        sys.executable,
        "-c",
        "import sys; from tizmor.cli.main import main; sys.exit(main(['--help']))",
    ]
    with os.fdopen(writer, "wb") as stdout:
        done = subprocess.run(command, stdout=stdout, stderr=subprocess.PIPE, check=False)
    assert done.stderr == b""
    assert done.returncode == 130
