"""Numbers with their nouns."""

from __future__ import annotations

import pytest

from tizmor.text.counting import counted, files_en, files_he


@pytest.mark.parametrize(
    ("count", "said"), [(0, "0 events"), (1, "1 event"), (2, "2 events"), (1200, "1,200 events")]
)
def test_one_thing_is_not_said_in_the_plural(count: int, said: str) -> None:
    assert counted(count, one="1 event", many="events") == said


def test_hebrew_says_one_after_the_noun() -> None:
    assert (files_he(1), files_he(3)) == ("קובץ אחד", "3 קבצים")
    assert (files_en(1), files_en(3)) == ("1 file", "3 files")
