"""Salience finds what stands for all; choosing and merging leave repetition out."""

from __future__ import annotations

from random import Random

from tizmor.text.labels import without_label
from tizmor.text.salience import Collection, choose, cosine, distinct

TEXTS = [
    "the forecast error of the wheat forecast fell again this week",
    "the wheat forecast has a smaller error than the corn forecast",
    "lunch was good",
]


def test_what_shares_words_with_the_rest_is_salient() -> None:
    scores = Collection(TEXTS).salience()
    assert max(scores) == 1.0
    assert scores[2] == min(scores)


def test_vectors_have_length_one_and_like_texts_are_near() -> None:
    vectors = Collection(TEXTS).vectors
    assert abs(cosine(vectors[0], vectors[0]) - 1) < 1e-9
    assert cosine(vectors[0], vectors[1]) > cosine(vectors[0], vectors[2]) == 0


def test_choosing_prefers_something_new_to_a_repetition() -> None:
    vectors = Collection([TEXTS[0], TEXTS[0], TEXTS[2]]).vectors
    assert choose([1.0, 0.9, 0.5], vectors, 2) == [0, 2]


def test_nothing_can_be_chosen_of_nothing() -> None:
    assert choose([], Collection([]).vectors, 3) == []


def test_nearly_the_same_words_are_merged_and_different_numbers_are_not() -> None:
    items = [
        "the board approved the new budget today",
        "the board approved the new budget",
        "error 7 percent in week",
        "error 6 percent in week",
    ]
    assert distinct(items, str.split) == [items[0], items[2], items[3]]


def test_merging_is_the_same_as_comparing_all_with_all() -> None:
    """The filter that makes it quick loses no pair."""
    random = Random(7)
    vocabulary = [f"w{letter}" for letter in "abcdefghij"]
    items = [" ".join(random.choices(vocabulary, k=random.randint(1, 9))) for _ in range(400)]
    kept: list[str] = []
    for item in items:
        words = set(item.split())
        others = [set(other.split()) for other in kept]
        if not any(len(words & other) / len(words | other) >= 0.72 for other in others):
            kept.append(item)
    assert distinct(items, str.split) == kept


def test_labels_are_taken_off_once_their_kind_is_said() -> None:
    assert without_label("Decided: two sites open.") == "Two sites open."
    assert without_label("החלטה: הוחלט: שני אתרים") == "שני אתרים"
    assert without_label("Open:") == "Open:"
    assert without_label("Decided to wait.") == "Decided to wait."
