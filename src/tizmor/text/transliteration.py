"""Whether a word in Latin letters spells a word in Hebrew letters.

Hebrew writes the consonants, and of the vowels mostly o, u and i (by ו and י) and whatever ends a
word; a and e within a word go unwritten. So both words are read side by side: every Hebrew letter
must be spelled by one of the ways that Latin spells it, and every Latin vowel that no Hebrew letter
stands for must be one that Hebrew leaves out. Readings that are possible but unusual cost a little,
and a word with too many of them is another word.
"""

from __future__ import annotations

import functools
import math
import re

_VOWELS = "aeiou"
_UNUSUAL = 0.2
_LIMIT = 0.5
_IMPOSSIBLE = math.inf

_FINAL_FORMS = str.maketrans("ךםןףץ", "כמנפצ")
_UNIT = re.compile(r"יי|וו|[גדזצתט]׳|[א-ת]")

_CONSONANTS = {
    "ב": "b bh v w~",
    "ג": "g gh gu(?=[eiy])",
    "ג׳": "j g dj dg",
    "ד": "d",
    "ד׳": "th",
    "ה": "h",
    "ו": "v w",
    "וו": "v w u(?=[aeio])",
    "ז": "z s~",
    "ז׳": "j g zh",
    "ח": "h ch kh",
    "ט": "t th~",
    "ט׳": "t",
    "י": r"y j i(?=[aeou]) iy",
    "יי": "y i iy",
    "כ": "k kh c ch ck q h~",
    "ל": "l",
    "מ": "m",
    "נ": "n",
    "ס": "s c(?=[eiy])",
    "פ": "p ph f",
    "צ": "tz ts z",
    "צ׳": "ch tch cz",
    "ק": "k c ck q ch~",
    "ר": "r rh",
    "ש": r"sh s sch ch(?=[ei]) \Ach",
    "ת": "t th",
    "ת׳": "th",
}
"""Latin spellings of each letter as a consonant: regular expressions; `~` marks the unusual."""

_VOWEL_LETTERS = {
    "ו": "o u oo ou au ow aw oa eau eo~",
    "י": r"i y ee ie ei ey ea ai ay e(?=[^aeiou]e)~ e(?=m\Z)~",
    "יי": "i y a ee ie ei ey ai ay igh e",
}
_FINAL_LETTERS = {
    "ה": "a ah e eh o oh",
    "א": "a ah o e",
    "ע": "a ah ua oa ea e",
}
_GUTTURALS = "אע"
_CLOSED_SYLLABLE = re.compile(
    r"[iou](sh|ch|kh|th|tz|ts|ph|ck|[^aeiou])(sh|ch|kh|th|tz|ts|ph|ck|[^aeiou]|i(?=[aeou]))[aeiouy]"
)
_FINAL_E_OR_O = re.compile(r"[eo]h?\Z")


def spells(latin: str, hebrew: str) -> bool:
    """Whether `latin` (lower case a to z) is a spelling of `hebrew` (letters without points,
    geresh as ׳). Final letter forms don't matter."""
    units = _units(hebrew)
    if not units or not latin:
        return False
    return _Reading(units, latin).cost() <= _LIMIT


def _units(hebrew: str) -> tuple[str, ...]:
    return tuple(_UNIT.findall(hebrew.translate(_FINAL_FORMS)))


@functools.cache
def _patterns(spellings: str) -> tuple[tuple[re.Pattern[str], float], ...]:
    return tuple(
        (re.compile(spelling.rstrip("~")), _UNUSUAL if spelling.endswith("~") else 0.0)
        for spelling in spellings.split()
    )


class _Reading:
    """The cheapest way to read one Latin and one Hebrew word side by side."""

    def __init__(self, units: tuple[str, ...], latin: str) -> None:
        self._units = units
        self._latin = latin
        self._known: dict[tuple[int, int, bool], float] = {}

    def cost(self) -> float:
        return self._from(0, 0, after_unwritten=False)

    def _from(self, unit: int, at: int, *, after_unwritten: bool) -> float:
        state = (unit, at, after_unwritten)
        if state not in self._known:
            self._known[state] = self._cheapest(unit, at, after_unwritten)
        return self._known[state]

    def _cheapest(self, unit: int, at: int, after_unwritten: bool) -> float:
        if unit == len(self._units):
            return self._ending(at)
        options = [
            cost + self._from(unit + 1, end, after_unwritten=False)
            for end, cost in self._letter(unit, at, after_unwritten)
        ]
        if self._is_silent_h(at):
            options.append(_UNUSUAL / 2 + self._from(unit, at + 1, after_unwritten=False))
        if unit > 0 and not after_unwritten and self._latin[at : at + 1] in tuple(_VOWELS):
            cost = self._unwritten(unit, at)
            if cost < _IMPOSSIBLE:
                options.append(cost + self._from(unit, at + 1, after_unwritten=True))
        return min(options, default=_IMPOSSIBLE)

    def _ending(self, at: int) -> float:
        """A mute h or e may stand after the last letter (Sarah, Kate)."""
        rest = self._latin[at:]
        if not rest:
            return 0.0
        after_vowel = self._latin[at - 1] in _VOWELS
        if (rest == "h" and after_vowel) or (rest == "e" and not after_vowel):
            return _UNUSUAL / 2
        return _IMPOSSIBLE

    def _is_silent_h(self, at: int) -> bool:
        around = self._latin[at - 1 : at + 2] if at else ""
        return len(around) == 3 and bool(re.fullmatch(r"[aeiou]h[^aeiouh]", around))

    def _letter(self, unit: int, at: int, after_unwritten: bool) -> list[tuple[int, float]]:
        """Where the Latin word may go on after this Hebrew letter, and what that costs."""
        letter = self._units[unit]
        first, last = unit == 0, unit == len(self._units) - 1
        if letter in _GUTTURALS and not last:
            return self._guttural(unit, at)
        ends: list[tuple[int, float]] = []
        if letter in _CONSONANTS:
            ends += self._consonant(_CONSONANTS[letter], at)
        if letter in _VOWEL_LETTERS and not (letter == "ו" and after_unwritten):
            ends += self._match(_VOWEL_LETTERS[letter], at)
        if letter in _FINAL_LETTERS and last:
            ends += self._match(_FINAL_LETTERS[letter], at)
        if letter == "ה" and not last:
            ends.append((at, 2 * _UNUSUAL if first else 1.5 * _UNUSUAL))
        if letter == "א" and last and self._units[unit - 1][0] in "וי":
            ends.append((at, _UNUSUAL / 2))
        return ends

    def _match(self, spellings: str, at: int) -> list[tuple[int, float]]:
        found = ((p.match(self._latin, at), cost) for p, cost in _patterns(spellings))
        return [(match.end(), cost) for match, cost in found if match]

    def _consonant(self, spellings: str, at: int) -> list[tuple[int, float]]:
        """A consonant's spellings, each also with its last letter doubled."""
        ends = self._match(spellings, at)
        doubled = [
            (end + 1, cost)
            for end, cost in ends
            if self._latin[end - 1] not in _VOWELS
            and self._latin[end : end + 1] == self._latin[end - 1]
        ]
        return ends + doubled

    def _guttural(self, unit: int, at: int) -> list[tuple[int, float]]:
        """א and ע before another letter carry a vowel, or nothing."""
        following = self._units[unit + 1]
        if unit > 0 and following == "ל" and unit == len(self._units) - 2:
            return self._match("e ae", at)
        ends = self._match("a e ae oa ao" if unit else "a e", at)
        if self._latin[at : at + 1] in tuple("iou"):
            cost = self._unwritten(unit + 1, at)
            if cost < _IMPOSSIBLE:
                ends.append((at + 1, cost))
        if unit > 0 or following[0] in "וי":
            ends.append((at, 0.0))
        return ends

    def _unwritten(self, unit: int, at: int) -> float:
        """What it costs that the vowel at `at`, before the letter `unit`, isn't written.

        a and e never are; i, o and u aren't in a closed syllable (Rivka, Mordechai), and beside
        that in the old spellings that names have kept: o before ה (Cohen), o in words that end in
        ה read e or o (Moshe, Shlomo) or that have no vowel letter at all (Yaakov), i after a
        consonantal ו (David).
        """
        vowel = self._latin[at]
        if vowel in "ae":
            return 0.0
        old_o = vowel == "o" and self._has_old_o(unit)
        old_i = vowel == "i" and self._units[unit - 1][0] == "ו" and self._latin[at - 1] in "vw"
        return _UNUSUAL / 2 if old_o or old_i or self._is_closed(unit, at) else _IMPOSSIBLE

    def _is_closed(self, unit: int, at: int) -> bool:
        pair = self._units[unit : unit + 2]
        if len(pair) < 2 or pair[0] in _GUTTURALS:
            return False
        if pair[1] in _GUTTURALS:
            return True
        match = _CLOSED_SYLLABLE.match(self._latin, at)
        if not match or (match[2] == "i" and self._latin[at] != "i"):
            return False
        return match[1] != match[2] or pair[0] == pair[1]

    def _has_old_o(self, unit: int) -> bool:
        rest = self._units[unit:]
        if rest[0] == "ה":
            return len(rest) > 1
        if rest[-1] == "ה":
            return bool(_FINAL_E_OR_O.search(self._latin))
        has_vowel_letter = any(u[0] in "וי" for u in self._units[1:])
        return len(rest) == 1 and len(self._units) >= 4 and not has_vowel_letter
