"""Pages on a terminal and off it."""

from __future__ import annotations

import io

import pytest
from rich.cells import cell_len
from rich.console import Console

from tizmor.cli.terminal.page import Page, styled

HEBREW = "קרא את המסמכים של דצמבר והבן מהם את האסטרטגיה של החברה לשנה הבאה"


def terminal(*, width: int = 30, reorder: bool = True) -> Page:
    console = Console(file=io.StringIO(), width=width, force_terminal=True, color_system=None)
    return Page(console, is_terminal=True, reorder=reorder)


def drawn(page: Page) -> list[str]:
    assert isinstance(page.console.file, io.StringIO)
    return page.console.file.getvalue().splitlines()


def test_a_hebrew_paragraph_is_wrapped_in_reading_order_and_stands_at_the_right() -> None:
    page = terminal()
    page.write(HEBREW)
    lines = drawn(page)
    assert len(lines) == 3
    assert all(cell_len(line) == 30 for line in lines)
    assert " ".join(line.strip()[::-1] for line in lines) == HEBREW


def test_where_the_terminal_orders_text_itself_it_gets_it_as_it_is() -> None:
    page = terminal(reorder=False)
    page.write(HEBREW)
    assert " ".join(line.strip() for line in drawn(page)) == HEBREW


def test_off_a_terminal_nothing_is_wrapped_or_ordered(capsys: pytest.CaptureFixture[str]) -> None:
    page = Page(Console(width=20), is_terminal=False, reorder=True)
    page.write(HEBREW)
    page.write(styled(("bold", "bold"), " \x1b[2Jplain"))
    page.table([("a", "b", HEBREW)])
    assert capsys.readouterr().out == f"{HEBREW}\nbold [2Jplain\na  b  {HEBREW}\n"


def test_a_table_keeps_its_columns_and_wraps_the_last(capsys: pytest.CaptureFixture[str]) -> None:
    page = terminal(width=40)
    page.table([("short", "x", "words " * 10), ("much longer", "y", "z")])
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("short        x  words")
    assert lines[1].startswith(" " * 16 + "words")
    assert lines[-1] == "much longer  y  z"
    assert all(len(line) <= 40 for line in lines)


def test_a_cell_never_breaks_its_row(capsys: pytest.CaptureFixture[str]) -> None:
    terminal(width=80).table([("a\nb\x1b", "c\td")])
    assert capsys.readouterr().out == "a b  c d\n"


@pytest.mark.parametrize("width", [1, 5, 12])
def test_the_narrowest_terminal_loses_no_word(width: int) -> None:
    page = terminal(width=width)
    page.write(HEBREW)
    shown = "".join(line.strip()[::-1] for line in drawn(page)).replace(" ", "")
    assert shown == HEBREW.replace(" ", "")
