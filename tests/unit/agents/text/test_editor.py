"""An agenda is made of the analysis, once for each key, and nothing else is written."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from typing import Any

import pytest

from tizmor.agents.text import editor
from tizmor.core.errors import Permanent
from tizmor.ports.vocabulary import Analysis, Point, Theme
from tizmor.ports.workspace import Workspace

Make = Callable[..., Any]


def points(*texts: str, source: str = "") -> tuple[Point, ...]:
    return tuple(Point(text=t, source=source or f"notes/{n}.md") for n, t in enumerate(texts))


FULL = Analysis(
    topics=("תבואות",),
    themes=(
        Theme(title="אסטרטגיה", points=points("האסטרטגיה: לעבור לשירות חודשי.")),
        Theme(title="מה נעשה", points=points("הפיילוט הסתיים.")),
        Theme(title="תחזית", points=points("שגיאת התחזית חשובה.")),
    ),
    decisions=points('הוחלט: 18,500 ש"ח לאתר.', "הוחלט להקפיא את המודל.", "הוחלט שלישי."),
    numbers=points('חיסכון: 340,000 ש"ח.'),
    open_points=points("פתוח: תמחור?", "פתוח: בעלות?", "סיכון: ספק.", "עוד אחד.", "ועוד אחד."),
)


async def test_the_agenda_has_numbered_points_with_their_documents(
    workspace: Workspace, context: Make
) -> None:
    result = await editor(ctx=context(language="he"), analysis=FULL, title="פגישה עם יואב")
    assert result.agenda.points == (
        "כיוון ואסטרטגיה: לעבור לשירות חודשי. [notes/0.md]",
        "מה נעשה: הפיילוט הסתיים. [notes/0.md]",
        'לאשר את ההחלטה: 18,500 ש"ח לאתר. [notes/0.md]',
        "לאשר את ההחלטה: הוחלט להקפיא את המודל. [notes/1.md]",
        'לעבור על המספרים: חיסכון: 340,000 ש"ח. [notes/0.md]',
        "לסגור: תמחור? [notes/0.md]",
        "לסגור: בעלות? [notes/1.md]",
        "לסגור: ספק. [notes/2.md]",
        "צעדים הבאים: אחראי ותאריך לכל אחת מ-2 הנקודות הפתוחות הנוספות [notes/3.md, notes/4.md]",
    )
    text = (workspace.root / result.agenda.file).read_text(encoding="utf-8")
    assert text.startswith('---\ntitle: "פגישה עם יואב"\ndate: 2026-11-21\n')
    assert "execution: 0123456789abc\n" in text
    assert "# פגישה עם יואב" in text
    assert re.findall(r"^(\d)\. ", text, re.MULTILINE) == [str(n) for n in range(1, 10)]
    assert text.count("מקור: [notes/") == 9


async def test_the_file_is_named_by_title_execution_and_key(context: Make) -> None:
    result = await editor(ctx=context(), analysis=FULL)
    assert result.agenda.file == "out/agendas/Agenda-תבואות-56789abc-00000000.md"


async def test_the_same_key_gives_the_same_file_and_leaves_it_alone(
    workspace: Workspace, context: Make
) -> None:
    first = await editor(ctx=context(), analysis=FULL)
    path = workspace.root / first.agenda.file
    path.write_text(path.read_text(encoding="utf-8") + "my own remark\n", encoding="utf-8")
    again = await editor(ctx=context(attempt=2), analysis=FULL)
    assert again == first
    assert path.read_text(encoding="utf-8").endswith("my own remark\n")
    assert len(list(path.parent.iterdir())) == 1


async def test_another_call_of_the_execution_has_a_file_of_its_own(
    workspace: Workspace, context: Make
) -> None:
    first = await editor(ctx=context(), analysis=FULL)
    second = await editor(ctx=context(key="f" * 64), analysis=FULL)
    assert second.agenda.file == "out/agendas/Agenda-תבואות-56789abc-ffffffff.md"
    assert (workspace.root / first.agenda.file).exists()


async def test_calls_at_the_same_time_do_not_take_one_another_s_file(
    workspace: Workspace, context: Make
) -> None:
    """Two steps of one execution, with one title, each find no file yet."""
    keys = [digit * 64 for digit in "0123456789abcdef"]
    results = await asyncio.gather(*(editor(ctx=context(key=k), analysis=FULL) for k in keys))
    texts = [(workspace.root / r.agenda.file).read_text(encoding="utf-8") for r in results]
    assert [f"key: {k}\n" in text for k, text in zip(keys, texts, strict=True)] == [True] * 16


async def test_a_call_that_runs_again_has_its_file_whatever_became_of_others(
    workspace: Workspace, context: Make
) -> None:
    first = await editor(ctx=context(), analysis=FULL)
    second = await editor(ctx=context(key="f" * 64), analysis=FULL)
    (workspace.root / first.agenda.file).unlink()
    again = await editor(ctx=context(key="f" * 64, attempt=2), analysis=FULL)
    assert again.agenda.file == second.agenda.file
    assert len(list((workspace.root / "out/agendas").iterdir())) == 1


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("a> [click](x).md", "a%3E [click](x).md"),
        ("a\\.md", "a%5C.md"),
        ("50%3E.md", "50%253E.md"),
        ("a\n# b.md", "a%0A# b.md"),
    ],
)
async def test_a_document_s_name_can_not_end_the_link_to_it(
    workspace: Workspace, context: Make, path: str, target: str
) -> None:
    result = await editor(ctx=context(), analysis=Analysis(decisions=points("One.", source=path)))
    text = (workspace.root / result.agenda.file).read_text(encoding="utf-8")
    assert f"(<../../{target}>)" in text


async def test_an_analysis_of_little_gives_as_many_points_as_it_has(context: Make) -> None:
    little = Analysis(decisions=points("Decided: one thing.", "Decided: another thing."))
    result = await editor(ctx=context(), analysis=little)
    assert result.agenda.points == (
        "Confirm the decision: One thing. [notes/0.md]",
        "Confirm the decision: Another thing. [notes/1.md]",
    )


@pytest.mark.parametrize(("language", "word"), [("he", "לא נכתבה אג'נדה"), ("en", "no agenda")])
async def test_an_analysis_of_nothing_gives_no_agenda_and_says_so(
    language: str, word: str, workspace: Workspace, context: Make
) -> None:
    result = await editor(ctx=context(language=language), analysis=Analysis(summary="x"))
    assert (result.agenda.points, result.agenda.file) == ((), "")
    assert result.warnings[0].startswith(word)
    assert not (workspace.root / "out").exists()


async def test_a_title_can_not_lead_out_of_the_folder(workspace: Workspace, context: Make) -> None:
    result = await editor(ctx=context(), analysis=FULL, title="../../etc/x\n---\nkey: y")
    path = workspace.root / result.agenda.file
    assert path.parent == workspace.root / "out" / "agendas"
    assert path.read_text(encoding="utf-8").startswith('---\ntitle: "../../etc/x --- key: y"\n')


async def test_an_outputs_folder_that_leads_outside_is_refused(
    workspace: Workspace, context: Make, tmp_path_factory: pytest.TempPathFactory
) -> None:
    (workspace.root / "out").symlink_to(tmp_path_factory.mktemp("outside"))
    with pytest.raises(Permanent, match="outside"):
        await editor(ctx=context(), analysis=FULL)


async def test_text_of_documents_can_not_become_markup(workspace: Workspace, context: Make) -> None:
    sly = Analysis(decisions=points("Agreed <script>x</script> [click](http://evil.example)"))
    result = await editor(ctx=context(), analysis=sly)
    text = (workspace.root / result.agenda.file).read_text(encoding="utf-8")
    assert "<script>" not in text.replace("\\<", "")
    assert "[click](" not in text.replace("\\[", "").replace("\\]", "")
