"""A database on a server is chosen by a URL; it is checked, and its password never shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from tizmor.core.errors import WrongSetting
from tizmor.settings import load


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://noa:secret@db.example.com:5432/tizmor?sslmode=require",
        "postgresql:///tizmor?host=/var/run/postgresql",
        "postgresql://noa@/tizmor?host=/var/run/postgresql",
    ],
)
def test_a_url_of_a_server_is_taken_as_it_is(tmp_path: Path, url: str) -> None:
    assert load(tmp_path, environ={"DATABASE_URL": url}).server_url == url


@pytest.mark.parametrize("scheme", ["postgres", "postgresql+asyncpg", "postgresql+psycopg"])
def test_other_names_of_the_scheme_mean_the_same(tmp_path: Path, scheme: str) -> None:
    settings = load(tmp_path, environ={"DATABASE_URL": f"{scheme}://noa@host/tizmor"})
    assert settings.server_url == "postgresql://noa@host/tizmor"


@pytest.mark.parametrize("url", ["", "sqlite:///data/journal.db"])
def test_a_file_is_no_server(tmp_path: Path, url: str) -> None:
    assert load(tmp_path, environ={"DATABASE_URL": url}).server_url == ""


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("postgresql://noa:gEhEim@host", "names no database"),
        ("postgresql://noa:gEhEim@host/", "names no database"),
        ("postgresql://noa:gEhEim@host/a/b", "names no database"),
        ("postgresql://noa:gEhEim@host:many/tizmor", "port can't be read"),
        ("postgresql://noa:gEh/Eim@host/tizmor", "port can't be read"),
        ("postgresql://noa:gEhEim@host:99999/tizmor", "port can't be read"),
        ("postgresql://noa:gEhEim@[host/tizmor", "port can't be read"),
        ("postgresql://noa:x#gEhEim@host/tizmor", "port can't be read"),
        ("mysql://noa:gEhEim@host/tizmor", "'mysql' is not a database"),
    ],
)
def test_a_wrong_url_is_refused_by_name_and_without_its_password(
    tmp_path: Path, url: str, problem: str
) -> None:
    with pytest.raises(WrongSetting, match=problem) as refused:
        load(tmp_path, environ={"DATABASE_URL": url})

    said = str(refused.value)
    assert said.startswith("DATABASE_URL: ")
    assert "a right example: DATABASE_URL=postgresql://" in said
    assert "gEh" not in said
    assert "Eim" not in said


def test_a_url_of_another_type_is_refused_without_its_password(tmp_path: Path) -> None:
    (tmp_path / "tizmor.toml").write_text('database_url = ["postgresql://noa:gEhEim@host/a"]')
    with pytest.raises(WrongSetting, match="it is not text") as refused:
        load(tmp_path, environ={})
    assert "gEhEim" not in str(refused.value)


@pytest.mark.parametrize("value", ["5", "2.5", "600"])
def test_the_length_of_a_lease_is_in_seconds(tmp_path: Path, value: str) -> None:
    assert load(tmp_path, environ={"TIZMOR_LEASE_S": value}).lease_s == float(value)
    (tmp_path / "tizmor.toml").write_text(f"lease_s = {value}")
    assert load(tmp_path, environ={}).lease_s == float(value)


@pytest.mark.parametrize("value", ["0", "0.5", "601", "-1", "nan", "inf", "soon"])
def test_a_lease_of_a_wrong_length_is_refused(tmp_path: Path, value: str) -> None:
    with pytest.raises(WrongSetting, match=r"TIZMOR_LEASE_S: .* seconds from 1 to 600; .*=10"):
        load(tmp_path, environ={"TIZMOR_LEASE_S": value})
