"""How many there are, as people say it."""

from __future__ import annotations


def counted(count: int, *, one: str, many: str) -> str:
    """`one` as it stands for a single thing ("1 event", "אירוע אחד"), else the number before
    `many`."""
    return one if count == 1 else f"{count:,} {many}"


def files_en(count: int) -> str:
    return counted(count, one="1 file", many="files")


def files_he(count: int) -> str:
    return counted(count, one="קובץ אחד", many="קבצים")
