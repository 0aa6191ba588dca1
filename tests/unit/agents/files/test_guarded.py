"""Bounded reads of regular files only."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tizmor.agents.files.guarded import read_bounded


def test_a_file_up_to_the_limit_is_read_and_a_larger_one_refused(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"12345")
    assert read_bounded(path, 5) == b"12345"
    with pytest.raises(ValueError, match="larger"):
        read_bounded(path, 4)


def test_what_is_no_regular_file_is_refused_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", tmp_path, Path("/dev/zero")):
        with pytest.raises(ValueError, match="not a regular file"):
            read_bounded(path, 5)


def test_a_link_is_not_followed_and_a_missing_file_is_told_apart(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x")
    (tmp_path / "link").symlink_to(tmp_path / "a")
    with pytest.raises(OSError, match="link"):
        read_bounded(tmp_path / "link", 5)
    with pytest.raises(FileNotFoundError):
        read_bounded(tmp_path / "gone", 5)
