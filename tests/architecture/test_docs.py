"""The documentation leads somewhere: its links, and the files and verbs that it names."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"\]\((?!https?:|#)([^)#\s]+)")
NAMED_FILE = re.compile(r"`((?:src/tizmor/|core/|engine/|scripts/|tests/)[\w./]+)`")
VERB = re.compile(r"`?make (\w+)")


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_link_leads_to_a_file(page: Path) -> None:
    links = LINK.findall(page.read_text("utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_file_that_is_named_is_there(page: Path) -> None:
    named = NAMED_FILE.findall(page.read_text("utf-8"))
    places = (ROOT, ROOT / "src" / "tizmor")
    assert [n for n in named if not any((place / n).exists() for place in places)] == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_verb_that_is_named_is_in_the_makefile(page: Path) -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    code = "".join(re.findall(r"```sh\n.*?```|`make \w+", page.read_text("utf-8"), re.DOTALL))
    known = set(re.findall(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)[0].split())
    assert set(VERB.findall(code)) <= known


def test_every_page_under_docs_is_reached_from_the_index() -> None:
    reached: set[Path] = set()
    waiting = [ROOT / "docs" / "README.md"]
    while waiting:
        page = waiting.pop().resolve()
        if page in reached or page.suffix != ".md" or not page.exists():
            continue
        reached.add(page)
        waiting += [page.parent / link for link in LINK.findall(page.read_text("utf-8"))]
    assert {page.resolve() for page in (ROOT / "docs").rglob("*.md")} <= reached


def test_every_verb_of_the_makefile_is_a_script_that_can_be_run() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    verbs = set(re.findall(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)[0].split()) - {"help"}
    scripts = {path.name for path in (ROOT / "scripts").iterdir() if os.access(path, os.X_OK)}
    assert verbs == scripts - {"setup"}
    assert all(f"make {verb}" in makefile for verb in verbs)
