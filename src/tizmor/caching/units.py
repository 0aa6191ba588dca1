"""Units of time, length, weight, data and money, as what they are made of."""

from __future__ import annotations

from fractions import Fraction

from tizmor.text.normalize import fold

UNITS = {
    name: (kind, Fraction(size))
    for kind, size, names in (
        ("s", 1, "second seconds sec secs שנייה שניה שניות"),
        ("s", 60, "minute minutes min mins דקה דקות דק"),
        ("s", 3600, "hour hours hr hrs h שעה שעות"),
        ("d", 1, "day days יום ימים ימי"),
        ("d", 7, "week weeks wk wks שבוע שבועות"),
        ("d", 14, "fortnight"),
        ("mo", 1, "month months חודש חודשים"),
        ("mo", 12, "year years yr yrs שנה שנים"),
        ("m", 1, "meter meters metre metres מטר מטרים"),
        ("m", 1000, "kilometer kilometers kilometre kilometres km kms קילומטר קילומטרים קמ"),
        ("mi", 1, "mile miles מייל מיילים"),
        ("g", 1, "gram grams gramme grammes גרם"),
        ("g", 1000, "kilogram kilograms kg kgs kilo kilos קילוגרם קילו קג"),
        ("g", 1000000, "ton tons tonne tonnes טון"),
        ("b", 1000000, "megabyte megabytes mb מגה מגהבייט"),
        ("b", 1000000000, "gigabyte gigabytes gb גיגה גיגהבייט"),
        ("%", 1, "percent % אחוז אחוזים אחוזי"),
        ("usd", 1, "dollar dollars usd $ דולר דולרים"),
        ("eur", 1, "euro euros eur € יורו אירו"),
        ("gbp", 1, "pound pounds gbp £ פאונד"),
        ("ils", 1, "shekel shekels ils nis ₪ שקל שקלים שח שקלי"),
        ("jpy", 1, "yen jpy ¥ ין"),
        ("cny", 1, "yuan cny rmb"),
    )
    for name in map(fold, names.split())
}
BEFORE = frozenset(["$", "€", "£", "₪", "¥", "usd", "eur", "gbp", "ils", "nis", "jpy"])
PAIRS = {
    fold(word): (fold(unit), 2)
    for word, unit in (
        ("שעתיים", "שעה"), ("יומיים", "יום"), ("שבועיים", "שבוע"), ("חודשיים", "חודש"),
        ("שנתיים", "שנה"), ("דקותיים", "דקה"),
    )
}  # fmt: skip
HALF = frozenset({"half", fold("חצי"), fold("מחצית")})
