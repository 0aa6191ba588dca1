"""A passage reads on its own, whatever the document looked like."""

from __future__ import annotations

from tizmor.text.passages import Kind, clip, passages, plain, sentences


def test_sentences_items_boxes_rows_and_labels_are_told_apart() -> None:
    text = """# Notes

Date: 3.12.2025

First sentence. Second one
goes on here.

- an item
- [ ] open work
- [x] finished work
1. numbered

| Region | Sales |
| --- | --- |
| North | 12 |
"""
    assert [(p.kind, p.text) for p in passages(text)] == [
        (Kind.LABEL, "Date: 3.12.2025"),
        (Kind.SENTENCE, "First sentence."),
        (Kind.SENTENCE, "Second one goes on here."),
        (Kind.ITEM, "an item"),
        (Kind.OPEN_BOX, "open work"),
        (Kind.DONE_BOX, "finished work"),
        (Kind.ITEM, "numbered"),
        (Kind.ROW, "North: Sales 12"),
    ]


def test_a_row_reads_on_its_own() -> None:
    def rows(*lines: str) -> list[str]:
        return [p.text for p in passages("\n".join(lines))]

    assert rows("| item | half | year |", "| --- | --- | --- |", "| Staff | 470 | 840 |") == [
        "Staff: half 470; year 840"
    ]
    assert rows("| week | site |", "| --- | --- |", "| 1 | Afula |") == ["week: 1; site: Afula"]
    assert rows(
        "| kind | detail |", "| --- | --- |", "| Decision | two sites will open in May |"
    ) == ["Decision: two sites will open in May"]
    assert rows("| a | 1 |", "| b | 2 |") == ["a; 1", "b; 2"]


def test_passages_know_their_heading_and_their_source() -> None:
    found = passages("# A\nText one.\n\n## החלטות\n\nטקסט שני.\n", source="a.md")
    assert [(p.heading, p.source) for p in found] == [("A", "a.md"), ("החלטות", "a.md")]


def test_plain_text_headings_are_seen_by_their_shape() -> None:
    text = "Decisions:\nThe budget was approved by all.\n\nRisks\n- The supplier may be late\n"
    assert [(p.heading, p.text) for p in passages(text)] == [
        ("Decisions", "The budget was approved by all."),
        ("Risks", "The supplier may be late"),
    ]


def test_hard_wrapped_lines_are_one_sentence_and_short_lines_are_their_own() -> None:
    wrapped = (
        "The team finished the integration with the supplier's system and\n"
        "Yoav presented it to the board.\n"
    )
    assert len(passages(wrapped)) == 1
    assert len(passages("Budget approved\nPilot started\n")) == 2


def test_abbreviations_decimals_and_dates_do_not_end_a_sentence() -> None:
    assert sentences("Dr. Levi paid 3.5 million on 3.12.2025. It was late. e.g. by a week.") == [
        "Dr. Levi paid 3.5 million on 3.12.2025.",
        "It was late. e.g. by a week.",
    ]
    assert sentences("התקציב אושר. הפיילוט יתחיל בינואר!") == [
        "התקציב אושר.",
        "הפיילוט יתחיל בינואר!",
    ]


def test_markup_comments_and_invisible_characters_are_dropped() -> None:
    assert (
        plain("**Bold** [link](http://x) `code` <b>x</b>\u202e \u200ehere")
        == "Bold link code x here"
    )
    assert plain("snake_case _emphasis_") == "snake_case emphasis"
    assert passages("<!-- hidden\nwords --> seen") == passages(" seen")


def test_code_is_not_quoted() -> None:
    assert [p.text for p in passages("Before.\n```\nx = 1\n```\nAfter.")] == ["Before.", "After."]


def test_clipping_ends_at_a_word() -> None:
    assert clip("one two three", 9) == "one two…"
    assert clip("one", 9) == "one"
