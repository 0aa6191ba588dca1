"""Words meet when they are the same word, and only then."""

from __future__ import annotations

import pytest

from tizmor.text.normalize import (
    Lexicon,
    content_words,
    fold,
    forms,
    is_hebrew,
    roots,
    words,
)


def alike(a: str, b: str) -> bool:
    return not forms(words(a)[0]).isdisjoint(forms(words(b)[0]))


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("פגישה", "הפגישה"),
        ("בתבואות", "תבואות"),
        ("ובתקציב", "תקציב"),
        ("כשהפיילוט", "פיילוט"),
        ("החלטות", "ההחלטה"),
        ("מסמך", "המסמכים"),
        ("תוכניות", "תוכנית"),
        ("שָׁלוֹם", "שלום"),
        ("Budgets", "budget"),
        ("approved", "approving"),
        ("planned", "plan"),
        ("priorities", "priority"),
        ("Café", "cafe"),
    ],
)
def test_inflections_and_prefixes_of_one_word_meet(a: str, b: str) -> None:
    assert alike(a, b)
    assert alike(b, a)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("תבואות", "תבוא"),
        ("משלוח", "לוח"),
        ("בית", "ית"),
        ("יעד", "יעל"),
        ("plan", "plant"),
        ("business", "busy"),
        ("12", "2"),
    ],
)
def test_different_words_do_not_meet(a: str, b: str) -> None:
    assert not alike(a, b)


def test_folding_drops_niqqud_finals_and_invisible_characters() -> None:
    assert fold("מִכְתָּם\u200f I\u00adgno\u200bre") == "מכתמ ignore"


def test_an_abbreviation_and_a_number_are_one_word_each() -> None:
    assert words("מע\"מ על 12,500.5 ש״ח, don't") == ["מעמ", "על", "12500.5", "שח", "dont"]


def test_content_words_leave_function_words_out() -> None:
    assert content_words("מה הוחלט על the budget of Q4?") == ["הוחלט", "budget", "q4"]


def test_roots_join_the_inflections_of_a_hebrew_verb() -> None:
    assert not roots("אישר").isdisjoint(roots("אושר"))
    assert not roots("אישרה").isdisjoint(roots("אושר"))
    assert roots("תקציב").isdisjoint(roots("פיילוט"))


def test_forms_hold_the_word_itself() -> None:
    assert "לוטוס" in forms("לוטוס")


def test_a_lexicon_strips_only_prefixes_that_the_texts_prove() -> None:
    lexicon = Lexicon(words("התקציב אושר. בתקציב יש עודף. ביצוע ההחלטות, החלטה אחת"))
    assert lexicon.base("בתקציב") == lexicon.base("התקציב") == "תקציב"
    assert lexicon.base("ביצוע") == "ביצוע"
    assert lexicon.base("ההחלטות") == lexicon.base("החלטה")
    assert lexicon.frequency("תקציב") == 2


def test_hebrew_is_told_from_english() -> None:
    assert is_hebrew("פגישה with Yoav")
    assert not is_hebrew("meeting")
