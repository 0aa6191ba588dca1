"""Words that only say what kind of statement follows: 'Decided:', 'פתוח:'."""

from __future__ import annotations

import re

_LABEL = re.compile(
    r"\A\W*(?:decided|decision|agreed|approved|open|open point|to ?do|risk|question|strategy|"
    r"the strategy|goal|הוחלט|החלטה|סוכם|פתוח|נקודה פתוחה|סיכון|שאלה|ה?אסטרטגיה|מטרה|יעד)\s*:\s*",
    re.IGNORECASE,
)


def without_label(text: str) -> str:
    """A statement without the labels that it begins with, for where its kind is said already."""
    bare = _LABEL.sub("", text, count=1)
    if not bare or bare == text:
        return text
    return without_label(bare[:1].upper() + bare[1:])
