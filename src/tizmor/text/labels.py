"""Words that only say what kind of statement follows: 'Decided:', 'פתוח:'."""

from __future__ import annotations

import re

_LABEL = re.compile(
    r"\W*(?:decided|decision|agreed|approved|open|open point|to ?do|risk|question|strategy|"
    r"the strategy|goal|הוחלט|החלטה|סוכם|פתוח|נקודה פתוחה|סיכון|שאלה|ה?אסטרטגיה|מטרה|יעד)\s*:\s*",
    re.IGNORECASE,
)


def without_label(text: str) -> str:
    """A statement without the labels that it begins with, for where its kind is said already."""
    start = 0
    while (label := _LABEL.match(text, start)) and label.end() < len(text):
        start = label.end()
    return text[start : start + 1].upper() + text[start + 1 :] if start else text
