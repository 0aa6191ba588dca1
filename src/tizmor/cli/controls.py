"""Text that others wrote, freed of control characters before a terminal gets it.

An escape sequence could redraw what a human approves, a direction override could make it read as
something else. Loads nothing that draws: failures are told before anything is drawn.
"""

from __future__ import annotations

import re

_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def clean(text: str) -> str:
    """The text without control characters and direction marks; lines and tabs stay."""
    return _UNSEEN.sub("", text.replace("\r\n", "\n"))
