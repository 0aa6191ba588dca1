"""Placeholders become dates."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import msgspec
import pytest

from tizmor.workspaces.tevuot.sources import drafts
from tizmor.workspaces.tevuot.timeline import Timeline

TIMELINE = Timeline(dt.date(2026, 11, 19))


def _text(folder: Path, front_matter: str, text: str) -> str:
    (folder / "a.md").write_text(f'+++\nlanguage = "en"\n{front_matter}\n+++\n{text}', "utf-8")
    return drafts(folder, TIMELINE)[0].text


@pytest.mark.parametrize(
    ("placeholder", "written"),
    [
        ("{{iso}}", "2025-12-03"),
        ("{{date}}", "3.12.2025"),
        ("{{long}}", "3 December 2025"),
        ("{{date +7}}", "10.12.2025"),
        ("{{iso -2}}", "2025-12-01"),
        ("{{iso 17}}", "2025-12-17"),
        ("{{date 45}}", "14.1.2026"),
        ("{{month +1}} {{year +1}}", "January 2026"),
        ("{{month}} {{year}}", "December 2025"),
    ],
)
def test_a_placeholder_is_written_as_its_form_says(
    tmp_path: Path, placeholder: str, written: str
) -> None:
    assert _text(tmp_path, 'file = "a.md"\nday = 3', placeholder) == written


def test_an_unknown_form_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(KeyError):
        _text(tmp_path, 'file = "a.md"\nday = 3', "{{when}}")


def test_an_unknown_field_of_the_front_matter_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(msgspec.ValidationError, match="unknown field `days`"):
        _text(tmp_path, 'file = "a.md"\ndays = 3', "")


def test_a_source_without_a_date_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="neither day nor ago"):
        _text(tmp_path, 'file = "a.md"', "")


def test_the_path_has_its_dates_too_and_sources_come_by_name(tmp_path: Path) -> None:
    for name in ("b", "a"):
        (tmp_path / name).mkdir()
        front_matter = f'file = "{name}-{{{{iso}}}}.txt"\nlanguage = "he"\nago = 7'
        (tmp_path / name / "x.txt").write_text(f"+++\n{front_matter}\n+++\n", "utf-8")
    assert [d.path for d in drafts(tmp_path, TIMELINE)] == ["a-2026-11-12.txt", "b-2026-11-12.txt"]
