"""The example is true on whatever day it is made, and worth reading."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from importlib.resources import files
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import time_machine

from tizmor import settings
from tizmor.agents.contacts.vcards import Card, read_cards
from tizmor.agents.files.library import Shelved, document_paths, read_all
from tizmor.ports.workspace import Workspace
from tizmor.workspaces.create import create_workspace
from tizmor.workspaces.tevuot.example import EXAMPLE
from tizmor.workspaces.tevuot.sources import Draft, drafts
from tizmor.workspaces.tevuot.timeline import Timeline, last_december

DAY = dt.timedelta(days=1)
TODAY = dt.date(2026, 11, 21)
ZONE = ZoneInfo(EXAMPLE.timezone)
FORMATS = {".md", ".txt", ".html", ".csv", ".pdf", ".docx", ".xlsx"}
FIRST_AND_MIDDLE_DAYS = [
    dt.date(2026 + month // 12, month % 12 + 1, day) for month in range(10, 23) for day in (1, 15)
]
EDGES = [dt.date(2026, 12, 2), dt.date(2026, 12, 31), dt.date(2028, 2, 29)]
TEVUOT = re.compile("תבואות|tevuot", re.IGNORECASE)
SOURCES = files("tizmor.workspaces.tevuot") / "documents"


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return _made(tmp_path_factory.mktemp("example"), TODAY)


@pytest.mark.parametrize("today", [TODAY, *EDGES, *FIRST_AND_MIDDLE_DAYS])
def test_exactly_15_documents_of_the_last_december_are_about_tevuot(
    tmp_path: Path, today: dt.date
) -> None:
    """As the agents read them, with the dates that the documents give themselves."""
    shelved = _shelved(_made(tmp_path, today))
    about = [d for d in shelved if TEVUOT.search(d.path + d.document.title + d.document.text)]
    start, end = last_december(today)
    assert sum(start <= d.date <= end for d in about) == 15
    assert len(about) == 23
    assert len(shelved) - 15 >= 30
    assert all(d.date < today and d.date_from == "document" for d in shelved)


def test_every_day_of_two_years_has_its_15_documents_and_none_of_the_future() -> None:
    for today in (TODAY + n * DAY for n in range(731)):
        start, end = last_december(today)
        written = drafts(SOURCES, Timeline(today))
        about = [d for d in written if TEVUOT.search(d.path + d.text)]
        assert sum(start <= d.date <= end for d in about) == 15
        assert all(d.date < today for d in written)
        assert len({d.path for d in written}) == len(written)


def test_other_projects_have_documents_of_that_december_too() -> None:
    start, end = last_december(TODAY)
    others = [d for d in drafts(SOURCES, Timeline(TODAY)) if not TEVUOT.search(d.path + d.text)]
    projects = Counter(d.path.partition("/")[0] for d in others if start <= d.date <= end)
    assert set(projects) == {"lotus", "gefen", "internal"}
    assert len(others) >= 30


def test_both_sets_hold_every_format_and_both_languages() -> None:
    start, end = last_december(TODAY)
    written = drafts(SOURCES, Timeline(TODAY))
    december = [d for d in written if d.path.startswith("tevuot/") and start <= d.date <= end]
    for chosen in (december, [d for d in written if d not in december]):
        assert {Path(d.path).suffix for d in chosen} == FORMATS
        assert {d.language for d in chosen} == {"he", "en"}


def test_a_document_says_its_date_in_its_first_lines_and_names_no_other_december() -> None:
    for draft in drafts(SOURCES, Timeline(TODAY)):
        assert _date_line(draft) in draft.text, draft.path
        if draft.path.startswith("tevuot/") and not _is_of_december(draft):
            assert not re.search(r"december|דצמבר", draft.text, re.IGNORECASE), draft.path


def test_the_december_documents_hold_strategy_decisions_figures_and_open_points() -> None:
    written = [d for d in drafts(SOURCES, Timeline(TODAY)) if _is_of_december(d)]
    about = [d for d in written if d.path.startswith("tevuot/")]
    assert sum(bool(re.search(r"הוחלט|Decided", d.text)) for d in about) >= 13
    assert sum(bool(re.search(r"פתוח[:,]|Open:", d.text)) for d in about) >= 13
    assert sum(bool(re.search(r"האסטרטגיה:|Strategy:", d.text)) for d in about) >= 4
    assert all(re.search(r"\d", d.text) for d in about)
    prose = [d for d in about if Path(d.path).suffix not in (".csv", ".xlsx")]
    assert all(120 <= len(d.text.split()) <= 400 for d in prose)


def test_no_placeholder_is_left_and_the_words_wide_of_latin_stay_out_of_pdfs() -> None:
    for draft in drafts(SOURCES, Timeline(TODAY)):
        assert "{{" not in draft.text + draft.path, draft.path
        if draft.path.endswith(".pdf"):
            draft.text.encode("cp1252")


def test_a_file_was_last_changed_on_the_day_its_document_gives(workspace: Workspace) -> None:
    for shelved in _shelved(workspace):
        changed = dt.datetime.fromtimestamp(shelved.document.changed_at, ZONE)
        assert changed.date() == shelved.date
        assert dt.time(8, 30) < changed.time() < dt.time(18)


def test_every_document_has_a_title_of_its_own_words(workspace: Workspace) -> None:
    for shelved in _shelved(workspace):
        assert len(shelved.document.title) > 8, shelved.path


def test_the_same_day_gives_the_same_bytes_in_every_format_whatever_the_clock_says() -> None:
    with time_machine.travel(dt.datetime(2026, 11, 21, 8, tzinfo=dt.UTC)):
        morning = EXAMPLE.files(TODAY, ZONE)
    with time_machine.travel(dt.datetime(2031, 2, 3, 19, 30, tzinfo=dt.UTC)):
        assert EXAMPLE.files(TODAY, ZONE) == morning


def test_there_is_one_yoav_and_two_people_share_a_first_name(workspace: Workspace) -> None:
    cards = _cards(workspace)
    assert len(cards) == 14
    first_names = Counter(_english(card).split()[0] for card in cards)
    assert first_names["Yoav"] == 1
    assert [name for name, count in first_names.items() if count > 1] == ["Dana"]


def test_every_contact_is_known_in_both_scripts(workspace: Workspace) -> None:
    for card in _cards(workspace):
        known = " ".join(card.known_as())
        assert re.search("[א-ת]", known), card.file
        assert re.search("[A-Za-z]", known), card.file
        assert card.email
        assert card.email.endswith(".example")


def test_vcards_end_their_lines_and_bound_them_as_their_standard_says(
    workspace: Workspace,
) -> None:
    for path in (workspace.root / "contacts").iterdir():
        card = path.read_bytes()
        assert card.count(b"\r\n") == card.count(b"\n")
        assert all(len(line) <= 75 for line in card.splitlines())


def test_the_owner_is_one_of_the_contacts(workspace: Workspace) -> None:
    assert workspace.me_email in [card.email for card in _cards(workspace)]


def _made(folder: Path, today: dt.date) -> Workspace:
    create_workspace(folder, example="tevuot", today=today)
    return settings.load(folder, environ={}).workspace(folder)


def _shelved(workspace: Workspace) -> tuple[Shelved, ...]:
    shelf = read_all(workspace, document_paths(workspace))
    assert not shelf.unreadable
    return shelf.documents


def _cards(workspace: Workspace) -> tuple[Card, ...]:
    cards = read_cards(workspace)
    assert not cards.problems
    return cards.cards


def _english(card: Card) -> str:
    return next(name for name in card.known_as() if name.isascii())


def _date_line(draft: Draft) -> str:
    date = draft.date
    if draft.language == "he":
        return f"{date.day}.{date.month}.{date.year}"
    return date.isoformat()


def _is_of_december(draft: Draft) -> bool:
    start, end = last_december(TODAY)
    return start <= draft.date <= end
