"""Names of months and days of the week in English and Hebrew, lower-case, without prefixes."""

from __future__ import annotations

_MONTHS = (
    ("january", "jan", "ינואר"),
    ("february", "feb", "פברואר"),
    ("march", "mar", "מרץ", "מרס"),
    ("april", "apr", "אפריל"),
    ("may", "מאי"),
    ("june", "jun", "יוני"),
    ("july", "jul", "יולי"),
    ("august", "aug", "אוגוסט"),
    ("september", "sep", "sept", "ספטמבר"),
    ("october", "oct", "אוקטובר"),
    ("november", "nov", "נובמבר"),
    ("december", "dec", "דצמבר"),
)

MONTHS: dict[str, int] = {name: i for i, names in enumerate(_MONTHS, 1) for name in names}
"""Month number, 1 to 12, by name."""

WEEKDAYS: dict[str, int] = {
    name: i
    for i, names in enumerate(
        (
            ("monday", "mon", "שני"),
            ("tuesday", "tue", "tues", "שלישי"),
            ("wednesday", "wed", "רביעי"),
            ("thursday", "thu", "thur", "thurs", "חמישי"),
            ("friday", "fri", "שישי"),
            ("saturday", "sat", "שבת"),
            ("sunday", "sun", "ראשון"),
        )
    )
    for name in names
}
"""Day of the week as `date.weekday()` counts it (Monday is 0), by name."""
