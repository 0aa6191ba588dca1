"""Hebrew on terminals: most draw characters in the order in which they get them.

Lines are put into visual order by the Unicode Bidirectional Algorithm (UAX #9), unless the
terminal does that itself.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bidi import algorithm
from rich.text import Text

_VTE_WITH_BIDI = 5800
"""GNOME's terminals order text themselves from 0.58 on (freedesktop's BiDi in terminals)."""
_PROGRAMS_WITH_BIDI = {"Apple_Terminal"}

_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff]")
_STRONG = ("L", "R", "AL")
_DIRECTIONS = {"L": "L", "R": "R", "AL": "R", "EN": "R", "AN": "R"}
"""Numbers count as right to left where neutrals are resolved (rules N0 to N2)."""
_BRACKETS = {"(": ")", "[": "]", "{": "}"}
_MOST_OPEN = 63
"""Brackets nested deeper end the pairing, as definition BD16 says."""


def is_right_to_left(text: str) -> bool:
    """Whether a paragraph reads from right to left, by its first strong character (rule P2)."""
    for character in text:
        direction = unicodedata.bidirectional(character)
        if direction in _STRONG:
            return direction != "L"
    return False


def reorders(setting: str, environment: Mapping[str, str]) -> bool:
    """Whether lines must be put into visual order before this terminal gets them.

    `setting` is `on`, `off` or `auto`: then what the terminal says of itself decides.
    """
    if setting != "auto":
        return setting == "on"
    if environment.get("KONSOLE_VERSION") or environment.get("MLTERM"):
        return False
    if environment.get("TERM_PROGRAM") in _PROGRAMS_WITH_BIDI:
        return False
    version = environment.get("VTE_VERSION", "")
    # A multiplexer inside such a terminal still sends it whole lines, in the order it got them.
    return not (version.isdecimal() and int(version) >= _VTE_WITH_BIDI)


def visual(lines: Sequence[Text], *, right_to_left: bool) -> Sequence[Text]:
    """The lines of one wrapped paragraph in visual order, each character keeping its style.

    Directions are resolved over the whole paragraph and reordered line by line (UAX #9, 3.4).
    """
    if not any(_RIGHT_TO_LEFT.search(line.plain) for line in lines):
        return lines
    paragraph = "\n".join(line.plain for line in lines)
    resolved = _resolved(paragraph.replace("\n", " "), right_to_left=right_to_left)
    ordered = []
    start = 0
    for line in lines:
        ordered.append(_reordered(line, resolved[start : start + len(line)], right_to_left))
        start += len(line) + 1
    return ordered


def visual_text(text: str, *, right_to_left: bool) -> str:
    """One line of plain text in visual order."""
    return visual([Text(text)], right_to_left=right_to_left)[0].plain


_Entry = dict[str, Any]
"""One character as the library keeps it: `ch`, `level`, `type`, `orig`; `index` is ours."""


def _resolved(text: str, *, right_to_left: bool) -> list[_Entry]:
    """Every character in reading order with its embedding level (rules X1 to I2)."""
    storage = _storage([], right_to_left)
    algorithm.get_embedding_levels(text, storage)
    algorithm.explicit_embed_and_overrides(storage)
    algorithm.resolve_weak_types(storage)
    _pair_brackets(storage["chars"], embedding=storage["base_dir"])
    algorithm.resolve_neutral_types(storage, False)
    algorithm.resolve_implicit_levels(storage, False)
    entries: list[_Entry] = storage["chars"]
    return entries


def _reordered(line: Text, entries: list[_Entry], right_to_left: bool) -> Text:
    """One line from left to right (rules L1 to L4)."""
    for index, entry in enumerate(entries):
        entry["index"] = index
    storage = _storage(entries, right_to_left)
    algorithm.reorder_resolved_levels(storage, False)
    algorithm.apply_mirroring(storage, False)
    ordered = Text(style=line.style, no_wrap=True, end="")
    for entry in _marks_after_bases(entries):
        piece = line[entry["index"]]
        piece.plain = entry["ch"]
        ordered.append_text(piece)
    return ordered


def _storage(entries: list[_Entry], right_to_left: bool) -> dict[str, Any]:
    storage: dict[str, Any] = algorithm.get_empty_storage()
    direction = "R" if right_to_left else "L"
    return storage | {"chars": entries, "base_level": int(right_to_left), "base_dir": direction}


def _pair_brackets(entries: list[_Entry], *, embedding: str) -> None:
    """Give both brackets of a pair one direction (rule N0), which the library leaves out."""
    for first, last in _bracket_pairs(entries):
        inside = {_direction(entry) for entry in entries[first + 1 : last]} - {None}
        if not inside:
            continue
        direction = embedding
        if embedding not in inside:
            before = (_direction(entries[place]) for place in range(first - 1, -1, -1))
            direction = next((found for found in before if found), embedding)
        entries[first]["type"] = entries[last]["type"] = direction


def _bracket_pairs(entries: list[_Entry]) -> list[tuple[int, int]]:
    """Positions of the brackets that belong together, by the first one's (definition BD16)."""
    pairs = []
    open_ones: list[tuple[str, int]] = []
    for index, entry in enumerate(entries):
        if entry["ch"] in _BRACKETS:
            if len(open_ones) == _MOST_OPEN:
                break
            open_ones.append((_BRACKETS[entry["ch"]], index))
        depth = next((d for d in range(len(open_ones)) if open_ones[~d][0] == entry["ch"]), None)
        if depth is not None:
            pairs.append((open_ones[~depth][1], index))
            del open_ones[~depth:]
    return sorted(pairs)


def _direction(entry: Mapping[str, Any]) -> str | None:
    return _DIRECTIONS.get(entry["type"])


def _marks_after_bases(entries: Sequence[_Entry]) -> Iterator[_Entry]:
    """Points follow the letter that they belong to, also in reversed runs (rule L3)."""
    marks: list[_Entry] = []
    for entry in entries:
        if entry["level"] % 2 and unicodedata.combining(entry["ch"]):
            marks.append(entry)
            continue
        yield entry
        yield from reversed(marks)
        marks.clear()
    yield from reversed(marks)
