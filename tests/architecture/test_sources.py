"""What every source file owes the reader, and who may import what beyond `.importlinter`.

Each rule is a function from a source to its findings, and stands beside a planted fault that it
must find: a rule that can't fail holds nothing.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "tizmor"
INSTALLED = ROOT / "benchmarks" / "environments"
"""The peers' own environments: git doesn't know them."""

LOADS_WHEN_NEEDED = {
    "__init__.py": "who only declares an agent does not pay for the engine (PEP 562)",
    "assembly.py": "the one file that knows everyone",
    "cli/": "a command loads what it needs, so that --help is quick",
    "storage/schema.py": "Alembic is loaded only when the schema's version differs",
}

AGENTS_MAY_IMPORT = (
    "tizmor.agents",
    "tizmor.core.errors",
    "tizmor.ports.agent",
    "tizmor.ports.vocabulary",
    "tizmor.ports.workspace",
    "tizmor.text",
)

TEXT_FILES = {".cfg", ".ini", ".lock", ".md", ".py", ".sh", ".sql", ".toml", ".txt", ".yml"}
ONE_MACHINE = re.compile(
    r"(?<![\w.~}\-])/(?:root|work|opt|home/[a-z]|Users/[a-z])[\w.-]*/"
    r"|pypi\.org|pythonhosted\.org|registry\.npmjs|\b10\.\d+\.\d+\.\d+\b"
)

Rule = Callable[[str, str], Iterator[str]]


def local_imports(name: str, source: str) -> Iterator[str]:
    """An import inside a function pushes a cycle out of sight, or hides what a module needs."""
    if any(name == place or name.startswith(place) for place in LOADS_WHEN_NEEDED):
        return
    for outer in ast.walk(ast.parse(source)):
        if isinstance(outer, ast.FunctionDef | ast.AsyncFunctionDef):
            for node in ast.walk(outer):
                if isinstance(node, ast.Import | ast.ImportFrom):
                    yield f"{name}:{node.lineno} imports inside {outer.name}"


def type_checking(name: str, source: str) -> Iterator[str]:
    """A cycle of types is a cycle."""
    for node in ast.walk(ast.parse(source)):
        if "TYPE_CHECKING" in (getattr(node, "id", ""), getattr(node, "attr", "")):
            yield f"{name}:{getattr(node, 'lineno', 0)} asks for TYPE_CHECKING"


def missing_docstring(name: str, source: str) -> Iterator[str]:
    """A module that holds something says what."""
    tree = ast.parse(source)
    if tree.body and not ast.get_docstring(tree):
        yield f"{name}:1 does not say what it is"


def foreign_to_core(name: str, source: str) -> Iterator[str]:
    """The core needs the standard library and msgspec."""
    if name.startswith("core/"):
        for line, module in imported(source):
            if not (
                module.partition(".")[0] in sys.stdlib_module_names | {"msgspec"}
                or within(module, ("tizmor.core",))
            ):
                yield f"{name}:{line} imports {module}"


def more_than_a_plugin_may(name: str, source: str) -> Iterator[str]:
    """Built-in agents use what a plugin's author may use, so that plugins can do as much."""
    if name.startswith("agents/"):
        for line, module in imported(source):
            if within(module, ("tizmor",)) and not within(module, AGENTS_MAY_IMPORT):
                yield f"{name}:{line} imports {module}"


def one_machine(name: str, source: str) -> Iterator[str]:
    """Nothing names a folder or a host that other machines don't have."""
    for number, line in enumerate(source.splitlines(), 1):
        if found := ONE_MACHINE.search(line):
            yield f"{name}:{number} names {found.group()}"


def imported(source: str) -> Iterator[tuple[int, str]]:
    """Line and full name of all that a source imports, `from a import b` as `a.b`."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def within(module: str, packages: tuple[str, ...]) -> bool:
    return any(module == package or module.startswith(package + ".") for package in packages)


RULES_OF_THE_PACKAGE: list[tuple[Rule, str, str]] = [
    (local_imports, "engine/planted.py", "def f():\n    import json\n"),
    (local_imports, "engine/planted.py", "class A:\n    async def f(self):\n        import json\n"),
    (type_checking, "engine/planted.py", "from typing import TYPE_CHECKING\nif TYPE_CHECKING: ..."),
    (type_checking, "engine/planted.py", "import typing\nif typing.TYPE_CHECKING: ..."),
    (missing_docstring, "engine/planted.py", "x = 1\n"),
    (foreign_to_core, "core/planted.py", "import pydantic\n"),
    (foreign_to_core, "core/planted.py", "from tizmor.ports import agent\n"),
    (foreign_to_core, "core/planted.py", "from tizmor.ports.agent import Gate\n"),
    (more_than_a_plugin_may, "agents/planted.py", "from tizmor.engine.views import Status\n"),
    (more_than_a_plugin_may, "agents/planted.py", "from tizmor import agent\n"),
    (more_than_a_plugin_may, "agents/planted.py", "import tizmor.core.plan\n"),
    (more_than_a_plugin_may, "agents/planted.py", "from tizmor.ports.journal import Journal\n"),
]


def name_of(rule: Rule) -> str:
    return rule.__name__


@pytest.mark.parametrize(
    "rule", dict.fromkeys(rule for rule, _, _ in RULES_OF_THE_PACKAGE), ids=name_of
)
def test_the_package_keeps_the_rule(rule: Rule) -> None:
    findings = [
        finding
        for path in sorted(PACKAGE.rglob("*.py"))
        for finding in rule(path.relative_to(PACKAGE).as_posix(), path.read_text("utf-8"))
    ]
    assert findings == []


@pytest.mark.parametrize(("rule", "name", "planted"), RULES_OF_THE_PACKAGE)
def test_the_rule_finds_what_was_planted(rule: Rule, name: str, planted: str) -> None:
    assert list(rule(name, planted))


def test_no_file_names_a_folder_or_a_host_of_one_machine() -> None:
    findings = [
        finding
        for path in files_of_the_checkout()
        for finding in one_machine(path.relative_to(ROOT).as_posix(), path.read_text("utf-8"))
    ]
    assert findings == []


@pytest.mark.parametrize(
    "planted",
    [
        "see /ro" + "ot/notes/x",
        "open('/wo" + "rk/tree/file')",
        "/ho" + "me/dana/tizmor",
        "--index-url https://py" + "pi.org/simple",
    ],
)
def test_a_planted_folder_or_host_is_found(planted: str) -> None:
    assert list(one_machine("planted.md", planted))


@pytest.mark.parametrize("fine", ["a/work/item", "https://example.com/work/x", "/usr/bin/env"])
def test_a_path_that_every_machine_has_is_no_finding(fine: str) -> None:
    assert not list(one_machine("fine.md", fine))


def files_of_the_checkout() -> Iterator[Path]:
    folders = ("src", "tests", "scripts", "requirements", "docs", ".ci", "benchmarks", "examples")
    candidates = [*ROOT.iterdir(), *(path for f in folders for path in (ROOT / f).rglob("*"))]
    for path in sorted(candidates):
        scripted = path.parent.name in {"scripts", ".ci"} or path.name == "Makefile"
        if INSTALLED in path.parents:
            continue
        if path.is_file() and (scripted or path.suffix in TEXT_FILES):
            yield path
