"""Who wants to be told of commits is seen at once, and costs nothing when there is nobody."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tizmor.storage.ears import Ears
from tizmor.storage.owners import Owners, new_owner


@pytest.fixture
def two(tmp_path: Path) -> tuple[Ears, Ears, str]:
    first, second = Owners(tmp_path, new_owner()), Owners(tmp_path, new_owner())
    first.appear()
    second.appear()
    return Ears(first), Ears(second), second.me


def test_another_is_seen_from_when_it_listens_until_it_ends(two: tuple[Ears, Ears, str]) -> None:
    """Also when all of it happens within one grain of the folder's time."""
    mine, other, name = two
    assert not mine.others()
    other.begin()
    assert mine.others() == [name]
    assert not other.others()
    other.begin()
    other.end()
    assert mine.others() == [name]
    other.end()
    assert not mine.others()


def test_an_unchanged_folder_isnt_read_again(
    two: tuple[Ears, Ears, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine, other, name = two
    other.begin()
    long_ago = 1_000_000_000
    os.utime(tmp_path, (long_ago, long_ago))
    assert mine.others() == [name]
    monkeypatch.setattr(os, "listdir", lambda folder: pytest.fail("it was read again"))
    assert mine.others() == [name]


def test_what_a_dead_one_left_goes_with_it(two: tuple[Ears, Ears, str], tmp_path: Path) -> None:
    mine, other, name = two
    other.begin()
    Owners(tmp_path, new_owner()).forget(name)
    assert not mine.others()
