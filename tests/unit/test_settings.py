"""Settings: which source goes before which, and what a wrong one says."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from tizmor.core.errors import WrongSetting
from tizmor.ports.workspace import Day
from tizmor.settings import FILE, load, machine_timezone


def write(folder: Path, *lines: str) -> Path:
    (folder / FILE).write_text("\n".join(lines), encoding="utf-8")
    return folder


def problem(folder: Path, **environ: str) -> str:
    with pytest.raises(WrongSetting) as raised:
        load(folder, environ=environ)
    return str(raised.value)


def test_a_folder_without_a_file_has_the_defaults(tmp_path: Path) -> None:
    settings = load(tmp_path, environ={"TZ": "Asia/Jerusalem"})
    assert settings.timezone == "Asia/Jerusalem"
    assert settings.meeting_minutes == 30
    assert settings.working_hours == (dt.time(8, 30), dt.time(18, 0))
    assert settings.working_days == (Day.SUN, Day.MON, Day.TUE, Day.WED, Day.THU)
    assert (settings.me, settings.language, settings.bidi, settings.database_url) == (
        "",
        "",
        "auto",
        "",
    )


def test_reading_creates_nothing(tmp_path: Path) -> None:
    load(tmp_path, environ={})
    assert list(tmp_path.iterdir()) == []


def test_options_go_before_variables_and_variables_before_the_file(tmp_path: Path) -> None:
    write(tmp_path, "meeting_minutes = 20", 'language = "en"', 'bidi = "on"')
    environ = {"TIZMOR_MEETING_MINUTES": "45", "TIZMOR_LANGUAGE": "he"}
    settings = load(tmp_path, environ=environ, meeting_minutes=60)
    assert (settings.meeting_minutes, settings.language, settings.bidi) == (60, "he", "on")


def test_an_option_that_is_none_was_not_given(tmp_path: Path) -> None:
    write(tmp_path, 'language = "he"')
    assert load(tmp_path, environ={}, language=None).language == "he"


def test_an_empty_variable_was_not_given(tmp_path: Path) -> None:
    assert load(tmp_path, environ={"TIZMOR_MEETING_MINUTES": ""}).meeting_minutes == 30


def test_lists_read_the_same_in_the_file_and_in_variables(tmp_path: Path) -> None:
    folder = write(tmp_path, 'working_days = ["sun", "Tue"]', 'working_hours = ["9:00", "17:15"]')
    environ = {"TIZMOR_WORKING_DAYS": "sun, tuesday", "TIZMOR_WORKING_HOURS": "9:00,17:15"}
    by_file, by_variables = load(folder, environ={}), load(tmp_path / "none", environ=environ)
    assert by_file.working_days == by_variables.working_days == (Day.SUN, Day.TUE)
    assert by_file.working_hours == by_variables.working_hours == (dt.time(9), dt.time(17, 15))


def test_days_may_be_named_in_hebrew(tmp_path: Path) -> None:
    folder = write(tmp_path, 'working_days = ["ראשון", "שני"]')
    assert load(folder, environ={}).working_days == (Day.SUN, Day.MON)


def test_a_file_that_an_editor_began_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text('language = "he"', encoding="utf-8-sig")
    assert load(tmp_path, environ={}).language == "he"


def test_the_workspace_carries_name_address_zone_and_hours(tmp_path: Path) -> None:
    write(
        tmp_path,
        'me = "דנה לוי <dana@example.com>"',
        'timezone = "Asia/Jerusalem"',
        'working_hours = ["09:00", "17:00"]',
    )
    workspace = load(tmp_path, environ={}).workspace(tmp_path)
    assert (workspace.root, workspace.me_name) == (tmp_path, "דנה לוי")
    assert (workspace.me_email, workspace.zone.key) == ("dana@example.com", "Asia/Jerusalem")
    assert (workspace.working_start, workspace.working_end) == (dt.time(9), dt.time(17))


def test_the_database_has_a_name_of_its_own_and_the_prefixed_one_goes_before_it(
    tmp_path: Path,
) -> None:
    environ = {"DATABASE_URL": "sqlite:///a.db"}
    assert load(tmp_path, environ=environ).database_url == "sqlite:///a.db"
    environ["TIZMOR_DATABASE_URL"] = "sqlite:///b.db"
    assert load(tmp_path, environ=environ).database_url == "sqlite:///b.db"


def test_the_variable_that_names_the_workspace_is_no_setting(tmp_path: Path) -> None:
    load(tmp_path, environ={"TIZMOR_WORKSPACE": str(tmp_path)})


def test_a_secret_in_a_variable_is_no_setting(tmp_path: Path) -> None:
    load(tmp_path, environ={"TIZMOR_SECRET_OFFERS": "hunter2"})


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("TIZMOR_ME", "Dana"),
        ("TIZMOR_ME", "Dana <@example.com>"),
        ("TIZMOR_ME", "Dana, Levi <dana@example.com>"),
        ("TIZMOR_TIMEZONE", "Mars/Base"),
        ("TIZMOR_TIMEZONE", "Europe"),
        ("TIZMOR_TIMEZONE", "../../etc/passwd"),
        ("TIZMOR_WORKING_DAYS", "sun,funday"),
        ("TIZMOR_WORKING_DAYS", ","),
        ("TIZMOR_WORKING_HOURS", "09:00"),
        ("TIZMOR_WORKING_HOURS", "18:00,09:00"),
        ("TIZMOR_WORKING_HOURS", "09:00,24:00"),
        ("TIZMOR_WORKING_HOURS", "nine,five"),
        ("TIZMOR_MEETING_MINUTES", "half an hour"),
        ("TIZMOR_MEETING_MINUTES", "4"),
        ("TIZMOR_MEETING_MINUTES", "1441"),
        ("TIZMOR_MEETING_MINUTES", "²"),
        ("TIZMOR_LANGUAGE", "fr"),
        ("TIZMOR_BIDI", "maybe"),
        ("DATABASE_URL", "oracle://host/name"),
    ],
)
def test_a_wrong_value_is_refused_with_its_name_and_an_example_that_is_right(
    tmp_path: Path, variable: str, value: str
) -> None:
    said = problem(tmp_path, **{variable: value})
    assert said.startswith(f"{variable}: ")
    name, _, example = said.rpartition("a right example: ")[2].partition("=")
    load(tmp_path, environ={name: example.strip("'")})


@pytest.mark.parametrize(
    "line",
    [
        "me = 3",
        "timezone = true",
        "working_days = [1]",
        "working_hours = 9",
        "meeting_minutes = true",
        "meeting_minutes = 30.5",
        'language = "fr"',
        "bidi = true",
        "database_url = []",
        'meting_minutes = "30"',
    ],
)
def test_a_wrong_line_of_the_file_is_refused_with_a_line_that_is_right(
    tmp_path: Path, line: str
) -> None:
    name = line.partition(" ")[0]
    said = problem(write(tmp_path, line))
    assert said.startswith(f"{name} in {FILE}: ")
    right = said.partition("a right example: ")[2] or said.partition("did you mean ")[2]
    load(write(tmp_path, right), environ={})


def test_an_unknown_setting_that_resembles_none_gets_the_list(tmp_path: Path) -> None:
    assert "meeting_minutes" in problem(tmp_path, TIZMOR_COLOUR="red")


def test_a_zone_without_its_continent_gets_the_whole_name(tmp_path: Path) -> None:
    assert "Asia/Jerusalem" in problem(tmp_path, TIZMOR_TIMEZONE="jerusalem").partition(";")[0]


def test_a_wrong_line_is_refused_also_when_an_option_goes_before_it(tmp_path: Path) -> None:
    write(tmp_path, 'language = "fr"')
    with pytest.raises(WrongSetting, match="language in"):
        load(tmp_path, environ={}, language="he")


@pytest.mark.parametrize(
    "content", [b"me = ", b"\xff\xfe", b"a = 1\n" * 20_000], ids=["cut", "not-utf-8", "too-large"]
)
def test_a_file_that_is_not_toml_is_refused_by_its_name(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE).write_bytes(content)
    assert problem(tmp_path).startswith(FILE)


def test_a_folder_in_the_files_place_is_refused_by_its_name(tmp_path: Path) -> None:
    (tmp_path / FILE).mkdir()
    assert problem(tmp_path).startswith(FILE)


def test_a_refused_database_address_does_not_show_its_password(tmp_path: Path) -> None:
    assert "hunter2" not in problem(tmp_path, DATABASE_URL="oracle://dana:hunter2@host/name")


def test_the_machines_zone_is_what_tz_says_when_it_names_a_zone() -> None:
    assert machine_timezone({"TZ": ":Asia/Jerusalem"}) == "Asia/Jerusalem"


def test_a_tz_that_names_no_zone_leaves_the_machines_own() -> None:
    """POSIX also allows rules such as `IST-2IDT`, which are no IANA name."""
    assert machine_timezone({"TZ": "IST-2IDT,M3.4.4/26,M10.5.0"}) == machine_timezone({})


def test_the_database_is_the_workspaces_own_or_the_file_that_is_named(tmp_path: Path) -> None:
    """Three slashes lead to a file relative to the workspace, four to an absolute one."""
    own = load(tmp_path, environ={})
    assert own.database(tmp_path) == tmp_path / ".tizmor" / "tizmor.db"
    relative = load(tmp_path, environ={"DATABASE_URL": "sqlite:///data/journal.db"})
    assert relative.database(tmp_path) == tmp_path / "data" / "journal.db"
    absolute = load(tmp_path, environ={"DATABASE_URL": "sqlite:////srv/journal.db"})
    assert absolute.database(tmp_path) == Path("/srv/journal.db")


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///", "sqlite:///folder/", "sqlite://host/x"])
def test_a_database_url_that_names_no_file_is_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(WrongSetting, match="names no file"):
        load(tmp_path, environ={"DATABASE_URL": url})
