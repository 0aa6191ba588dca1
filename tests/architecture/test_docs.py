"""The documentation leads somewhere: its links, and the files and verbs that it names."""

from __future__ import annotations

import ast
import inspect
import os
import re
from pathlib import Path

import msgspec
import pytest

from tizmor.assembly import Tizmor
from tizmor.cli.main import VERBS, load_verb
from tizmor.core.plan import Condition, ForEach, Plan, Question, RetryPolicy, Step
from tizmor.settings import Settings

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
PACKAGES = sorted(path.parent for path in (ROOT / "src").rglob("__init__.py"))
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


def unmapped(package: Path) -> list[str]:
    """The modules that the map in a package's docstring leaves out."""
    drawn = ast.get_docstring(ast.parse((package / "__init__.py").read_text("utf-8"))) or ""
    if "──" not in drawn:
        return []
    modules = {path.stem for path in package.glob("*.py")} - {"__init__"}
    modules |= {path.parent.name for path in package.glob("*/__init__.py")}
    return sorted(modules - set(re.findall(r"\w+", drawn)))


@pytest.mark.parametrize("package", PACKAGES, ids=name_of)
def test_a_map_of_a_package_shows_all_that_is_there(package: Path) -> None:
    assert unmapped(package) == []


def test_a_module_that_is_on_no_map_is_found(tmp_path: Path) -> None:
    (tmp_path / "__init__.py").write_text('"""A map.\n\nknown ── one\n"""\n', "utf-8")
    (tmp_path / "known.py").touch()
    (tmp_path / "planted.py").touch()
    assert unmapped(tmp_path) == ["planted"]


def test_every_verb_of_the_makefile_is_a_script_that_can_be_run() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    verbs = set(re.findall(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)[0].split()) - {"help"}
    scripts = {path.name for path in (ROOT / "scripts").iterdir() if os.access(path, os.X_OK)}
    assert verbs == scripts - {"setup", "example"}  # which others call
    assert all(f"make {verb}" in makefile for verb in verbs)


REFERENCE = ROOT / "docs" / "reference"


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_and_its_options_are_in_the_reference(verb: str) -> None:
    page = (REFERENCE / "command-line.md").read_text("utf-8")
    table = page.partition("## Verbs")[2].partition("\n#")[0]
    shared = page.partition("## Verbs")[0]
    options = {opt for param in load_verb(verb).params for opt in param.opts}
    named = {opt for opt in options if opt.startswith("--")} - {"--help"}
    assert re.search(rf"\| `{verb}\b", table)
    assert [o for o in sorted(named) if not re.search(rf"{o}(?![\w-])", table + shared)] == []


def test_every_setting_is_in_the_reference() -> None:
    page = (REFERENCE / "workspace.md").read_text("utf-8")
    assert [n for n in Settings.__struct_fields__ if f"| `{n}` |" not in page] == []


@pytest.mark.parametrize("struct", [Plan, Step, ForEach, RetryPolicy, Condition, Question])
def test_every_field_of_a_plan_is_in_the_reference(struct: type[msgspec.Struct]) -> None:
    page = (REFERENCE / "plan.md").read_text("utf-8")
    fields = [field.encode_name for field in msgspec.structs.fields(struct)]
    assert [n for n in fields if f"`{n}`" not in page and f'"{n}"' not in page] == []


def test_every_method_and_argument_of_the_library_is_in_the_reference() -> None:
    page = (REFERENCE / "library.md").read_text("utf-8")
    methods = {n: f for n, f in inspect.getmembers(Tizmor, callable) if not n.startswith("_")}
    arguments = {
        argument
        for method in methods.values()
        for argument in inspect.signature(method).parameters
        if argument not in ("self", "execution_id", "request", "verb", "choice")
    }
    internal = {"obey"}
    assert [n for n in methods if f"`{n}(" not in page and f".{n}(" not in page] == sorted(internal)
    assert [a for a in sorted(arguments) if not re.search(rf"\b{a}\b", page)] == []
