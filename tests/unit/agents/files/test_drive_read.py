"""DriveRead gives texts by name, however the name is given."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tizmor.agents.files import drive_read
from tizmor.agents.files.drive_read import MAX_DOCUMENTS
from tizmor.ports.vocabulary import Document
from tizmor.ports.workspace import Workspace

Make = Callable[..., Any]


@pytest.fixture(autouse=True)
def files(workspace: Workspace) -> None:
    for name, text in {
        "notes/plan.md": "# The plan\n\nDate: 3.12.2025",
        "סיכום ישיבה.txt": "שורה",
        "out/agenda.md": "written",
        ".tizmor/secret.md": "secret",
    }.items():
        path = workspace.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("notes/plan.md", "notes/plan.md"),
        ("./notes/plan.md", "notes/plan.md"),
        ("plan.md", "notes/plan.md"),
        ("Plan", "notes/plan.md"),
        ("the plan.md", "notes/plan.md"),
        ("another plan.md", ""),
        ("הישיבה", "סיכום ישיבה.txt"),
        ("out/agenda.md", "out/agenda.md"),
        (".tizmor/secret.md", ""),
        ("../../etc/passwd", ""),
        ("/etc/hosts.txt", ""),
    ],
)
async def test_a_name_finds_its_file_and_nothing_outside(
    name: str, path: str, context: Make
) -> None:
    result = await drive_read(ctx=context(), names=[name])
    assert [t.path for t in result.texts] == ([path] if path else [])
    assert bool(result.warnings) == (not path)


async def test_documents_that_were_found_are_read(context: Make) -> None:
    ctx = context(said=[])
    found = [Document(path="notes/plan.md", title="The plan")]
    result = await drive_read(ctx=ctx, documents=found)
    assert result.texts[0].text == "# The plan\n\nDate: 3.12.2025"
    assert ctx.said == ["read 1 document"]


@pytest.mark.parametrize("path", ["../x.md", "/etc/x.md", ".tizmor/secret.md", "a/../../x.md"])
async def test_a_path_that_leads_elsewhere_is_refused_by_name(path: str, context: Make) -> None:
    """A document value may have been edited on its way here."""
    result = await drive_read(ctx=context(), documents=[Document(path=path, title="x")])
    assert result.texts == []
    assert result.warnings == [f"{path}: can't be read: it isn't a document of the workspace"]


async def test_more_than_the_bound_is_given_in_part_and_said_so(
    workspace: Workspace, context: Make
) -> None:
    for number in range(MAX_DOCUMENTS + 1):
        (workspace.root / f"n{number}.md").write_text("text")
    documents = [Document(path=f"n{n}.md", title="") for n in range(MAX_DOCUMENTS + 1)]
    result = await drive_read(ctx=context(), documents=documents)
    assert len(result.texts) == MAX_DOCUMENTS
    assert result.warnings == ["the text is too long and is given in part"]
