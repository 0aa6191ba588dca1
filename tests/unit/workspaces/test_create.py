"""A folder becomes a workspace, whole or not at all."""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path

import pytest

from tizmor import settings
from tizmor.agents.files.library import document_paths
from tizmor.core.errors import UserError, WorkspaceUnusable, WrongSetting
from tizmor.workspaces.create import EXAMPLES, FOLDERS, create_workspace
from tizmor.workspaces.files import Example, NewFile

TODAY = dt.date(2026, 11, 21)


def test_a_missing_folder_is_made_with_everything_that_belongs_in_it(tmp_path: Path) -> None:
    target = tmp_path / "new" / "work"
    created = create_workspace(target, example=None, today=TODAY)
    assert (created.path, created.files, created.example) == (target, 2, None)
    assert all((target / folder).is_dir() for folder in FOLDERS)


def test_its_settings_are_right_and_are_the_defaults(tmp_path: Path) -> None:
    create_workspace(tmp_path, example=None, today=TODAY)
    loaded = settings.load(tmp_path, environ={})
    assert loaded == settings.Settings(timezone=settings.machine_timezone())


def test_me_and_the_zone_are_taken_as_given(tmp_path: Path) -> None:
    me = 'Rina "Rin" O\\Neil רינה <rina@example.com>'
    create_workspace(tmp_path, example=None, today=TODAY, me=me, timezone="Europe/Paris")
    loaded = settings.load(tmp_path, environ={})
    assert loaded.timezone == "Europe/Paris"
    assert loaded.workspace(tmp_path).me_email == "rina@example.com"


@pytest.mark.parametrize("wrong", [{"me": "nobody"}, {"timezone": "Mars/Olympus"}])
def test_a_wrong_setting_is_refused_before_anything_is_made(
    tmp_path: Path, wrong: dict[str, str]
) -> None:
    target = tmp_path / "work"
    with pytest.raises(WrongSetting):
        create_workspace(target, example=None, today=TODAY, **wrong)
    assert not target.exists()


def test_what_goes_where_is_told_in_a_file_that_is_no_document(tmp_path: Path) -> None:
    create_workspace(tmp_path, example=None, today=TODAY)
    assert "contacts/" in (tmp_path / "README").read_text()
    workspace = settings.load(tmp_path, environ={}).workspace(tmp_path)
    assert document_paths(workspace) == []


def test_a_folder_of_documents_becomes_a_workspace_around_them(tmp_path: Path) -> None:
    (tmp_path / "README").write_text("mine")
    (tmp_path / "contacts").mkdir()
    (tmp_path / "plan.md").write_text("# Plan")
    created = create_workspace(tmp_path, example=None, today=TODAY)
    assert created.files == 1
    assert (tmp_path / "README").read_text() == "mine"
    assert (tmp_path / "plan.md").read_text() == "# Plan"


def test_a_workspace_is_not_made_twice(tmp_path: Path) -> None:
    (tmp_path / "tizmor.toml").write_text("# mine\n")
    with pytest.raises(WorkspaceUnusable, match=r"has a tizmor\.toml"):
        create_workspace(tmp_path, example=None, today=TODAY)
    assert (tmp_path / "tizmor.toml").read_text() == "# mine\n"


def test_an_example_needs_an_empty_folder(tmp_path: Path) -> None:
    (tmp_path / "notes.md").write_text("mine")
    with pytest.raises(WorkspaceUnusable, match="not empty"):
        create_workspace(tmp_path, example="tevuot", today=TODAY)
    assert os.listdir(tmp_path) == ["notes.md"]


def test_hidden_files_do_not_stand_in_the_way_of_an_example(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    assert create_workspace(tmp_path, example="tevuot", today=TODAY).example == "tevuot"


def test_an_unknown_example_is_named_beside_those_that_there_are(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=f"'acme'.*{EXAMPLES[0]}"):
        create_workspace(tmp_path / "work", example="acme", today=TODAY)
    assert not (tmp_path / "work").exists()


def test_a_file_where_the_folder_should_be_is_refused(tmp_path: Path) -> None:
    (tmp_path / "work").write_text("")
    with pytest.raises(WorkspaceUnusable, match="work can't be used: Not a directory"):
        create_workspace(tmp_path / "work", example=None, today=TODAY)


def test_what_was_written_before_a_failure_is_taken_away_again(tmp_path: Path) -> None:
    """A file stands where a folder must: the folders before it were made by then."""
    (tmp_path / "tasks").write_text("mine")
    with pytest.raises(WorkspaceUnusable, match="can't be written: File exists"):
        create_workspace(tmp_path, example=None, today=TODAY)
    assert os.listdir(tmp_path) == ["tasks"]


def test_files_are_taken_away_again_with_their_folders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unwritable = NewFile("notes/" + "x" * 300, b"")
    written = NewFile("notes/a.md", b"a")
    content = Example(
        me="Rina <rina@example.com>", timezone="UTC", files=lambda _, __: [written, unwritable]
    )
    monkeypatch.setattr("tizmor.workspaces.create._load", lambda _: content)
    with pytest.raises(WorkspaceUnusable, match="File name too long"):
        create_workspace(tmp_path / "work", example="any", today=TODAY)
    assert os.listdir(tmp_path) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(WorkspaceUnusable, match="Permission denied"):
        create_workspace(tmp_path / "work", example=None, today=TODAY)


def test_an_example_takes_another_owner_and_zone(tmp_path: Path) -> None:
    create_workspace(
        tmp_path, example="tevuot", today=TODAY, me="Rina <rina@example.com>", timezone="UTC"
    )
    loaded = settings.load(tmp_path, environ={})
    assert (loaded.me, loaded.timezone) == ("Rina <rina@example.com>", "UTC")
    standup = (tmp_path / "calendar" / "daily-standup@orot.example.ics").read_text()
    assert "DTSTART:20260517T090000Z" in standup
