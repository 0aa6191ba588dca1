"""The grammar of weeks, months, quarters, years, and of so many of them."""

from __future__ import annotations

from tizmor.planner.embedded.matching import (
    Read,
    Tokens,
    is_hebrew,
    lookup,
    says,
    table,
    word,
    year_at,
)
from tizmor.planner.embedded.numerals import ORDINALS, number
from tizmor.planner.embedded.periods import Ahead, Month, Quarter, Stretch, Turn, Unit, Year
from tizmor.planner.embedded.tokens import peel
from tizmor.planner.embedded.turns import (
    AMBIGUOUS,
    MONTHS,
    TURNS_AFTER,
    TURNS_BEFORE,
    names_a_date,
)

_MOST = 1000
"""Larger counts of days or weeks are not dates."""


UNITS = table(
    {
        "day days יום ימים": Unit.DAY,
        "week weeks שבוע שבועות": Unit.WEEK,
        "month months חודש חודשים": Unit.MONTH,
        "quarter quarters רבעון רבעונים": Unit.QUARTER,
        "year years שנה שנים": Unit.YEAR,
    }
)


_FEW = frozenset(("few", "several"))
"""Some days are three."""
_TWO_UNITS = table(
    {"יומיים": Unit.DAY, "שבועיים fortnight": Unit.WEEK, "חודשיים": Unit.MONTH, "שנתיים": Unit.YEAR}
)


_THIS_UNITS = table(
    {
        "השבוע": Unit.WEEK,
        "החודש": Unit.MONTH,
        "הרבעון": Unit.QUARTER,
        "השנה": Unit.YEAR,
    }
)


def ahead(tokens: Tokens, i: int) -> Read:
    """In two weeks, three days ago, בעוד שבועיים, לפני חודש."""
    if word(tokens, i) == "עוד" and word(tokens, i + 1) == "היומ":
        return None
    if word(tokens, i) in ("בעוד", "עוד") and (counted := counted_units(tokens, i + 1)):
        return Ahead(counted[0], counted[1]), counted[2]
    if word(tokens, i) == "לפני" and (counted := counted_units(tokens, i + 1)):
        return Ahead(counted[0], -counted[1]), counted[2]
    counted = counted_units(tokens, i)
    if counted is None:
        return None
    unit, count, after = counted
    if word(tokens, after) == "ago":
        return Ahead(unit, -count), after + 1
    if word(tokens, after) == "from" and word(tokens, after + 1) in ("now", "today"):
        return Ahead(unit, count), after + 2
    if word(tokens, i - 1) == "in":
        return Ahead(unit, count), after
    return None


def counted_units(tokens: Tokens, i: int) -> tuple[Unit, int, int] | None:
    """A count of units: a week, two weeks, שבועיים, שלושה ימים."""
    if (two := lookup(tokens, i, _TWO_UNITS)) is not None:
        return two, 2, i + 1
    if word(tokens, i) in ("a", "one") and (unit := lookup(tokens, i + 1, UNITS)):
        return unit, 1, i + 2
    at = i + (word(tokens, i) == "a")
    if counted := (3, at + 1) if word(tokens, at) in _FEW else number(tokens, at):
        count, after = counted
        after += word(tokens, after) == "of"
        unit = lookup(tokens, after, UNITS)
        return (unit, count, after + 1) if unit and 0 < count <= _MOST else None
    unit = lookup(tokens, i, UNITS)
    if unit is None or not tokens[i].hebrew:
        return None
    return unit, 3 if word(tokens, i).endswith(("ימ", "ות")) else 1, i + 1


def stretch(tokens: Tokens, i: int) -> Read:
    """Last week, the past three months, השבוע, בחודש שעבר, השבועיים האחרונים."""
    turn = lookup(tokens, i, TURNS_BEFORE)
    if turn is not None:
        if (unit := lookup(tokens, i + 1, UNITS)) is not None:
            return Stretch(unit, turn), i + 2
        counted = counted_units(tokens, i + 1)
        return (Stretch(counted[0], turn, counted[1]), counted[2]) if counted else None
    if word(tokens, i) == "אשתקד":
        return Stretch(Unit.YEAR, Turn.LAST), i + 1
    counted = counted_units(tokens, i)
    if counted and (turn := TURNS_AFTER.get(word(tokens, counted[2]))):
        return Stretch(counted[0], turn, counted[1]), counted[2] + 1
    this = lookup(tokens, i, _THIS_UNITS)
    return (Stretch(this, Turn.THIS), i + 1) if this else None


def month(tokens: Tokens, i: int) -> Read:
    """December, last December, December 2024, בדצמבר האחרון, דצמבר של שנה שעברה."""
    turn = lookup(tokens, i, TURNS_BEFORE) if not is_hebrew(tokens, i) else None
    at = i + 1 if turn else i
    at += word(tokens, at) in ("month", "חודש", "בחודש")
    name = word(tokens, at)
    if name in AMBIGUOUS and not names_a_date(tokens, at):
        return None
    named = lookup(tokens, at, MONTHS)
    if named is None:
        return None
    at += 1
    if turn_after := TURNS_AFTER.get(word(tokens, at)):
        return Month(named, turn=turn_after), at + 1
    comma = at + (word(tokens, at) in ("of", ",", "של"))
    if (written := year_at(tokens, comma)) is not None:
        return Month(named, written), comma + 1
    if back := _year_back(tokens, comma):
        return Month(named, years_back=1), back
    return Month(named, turn=turn or Turn.BARE), at


def _year_back(tokens: Tokens, i: int) -> int | None:
    """The index after "last year" or שנה שעברה, which may stand after a month."""
    if word(tokens, i) == "last" and word(tokens, i + 1) == "year":
        return i + 2
    if any(rest == "שנה" for _, rest in peel(word(tokens, i))) and (
        TURNS_AFTER.get(word(tokens, i + 1)) is Turn.LAST
    ):
        return i + 2
    return None


def quarter(tokens: Tokens, i: int) -> Read:
    """Q4 2025, the fourth quarter, רבעון 4, ברבעון הרביעי של 2025."""
    turn = lookup(tokens, i, TURNS_BEFORE) if not is_hebrew(tokens, i) else None
    at = i + 1 if turn else i
    name = word(tokens, at)
    if len(name) == 2 and name[0] == "q" and name[1] in "1234":
        which, at = int(name[1]), at + 1
    elif (ordinal := ORDINALS.get(name)) and word(tokens, at + 1) == "quarter":
        which, at = ordinal, at + 2
    elif says(tokens, at, "רבעונ") and (found := _quarter_number(tokens, at + 1)):
        which, at = found, at + 2
    else:
        return None
    of = at + (word(tokens, at) in ("of", "של"))
    if (written := year_at(tokens, of)) is not None:
        return Quarter(which, written), of + 1
    return Quarter(which, turn=turn or Turn.BARE), at


def _quarter_number(tokens: Tokens, i: int) -> int | None:
    if i < len(tokens) and tokens[i].text in ("1", "2", "3", "4"):
        return int(tokens[i].text)
    return lookup(tokens, i, ORDINALS)


def year(tokens: Tokens, i: int) -> Read:
    if i >= len(tokens):
        return None
    written = year_at(tokens, i)
    is_said = tokens[i].prefix[-1:] in ("ב", "מ", "ל") and tokens[i].prefix
    after = word(tokens, i - 1)
    if written and (is_said or after in ("in", "of", "since", "from", "שנת", "בשנת", "during")):
        return Year(written), i + 1
    return None
