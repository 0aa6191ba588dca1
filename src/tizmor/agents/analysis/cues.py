"""What a passage is for its readers: a decision, an open point, strategy, progress, a number.

By cue words of both languages and by the heading that it stands under, as minutes and status
reports are written. Patterns are matched on folded text: Hebrew final letters are written plain.
"""

from __future__ import annotations

import re

from tizmor.text.calendar_words import MONTHS
from tizmor.text.normalize import fold
from tizmor.text.passages import Kind, Passage

_BEFORE_HEBREW = r"(?<![א-ת])[והשבלכמ]{0,2}"


def _any_of(english: str, hebrew: str) -> re.Pattern[str]:
    finals = str.maketrans("ךםןףץ", "כמנפצ")
    return re.compile(rf"\b(?:{english})\b|{_BEFORE_HEBREW}(?:{hebrew.translate(finals)})(?![א-ת])")


_DECISION = _any_of(
    r"decided|decision:|agreed|approved|resolved|signed off|settled on|chose|chosen|"
    r"we (?:will|are going to) go with|it was concluded|concluded that",
    r"הוחלט|החלטנו|החליטו|החליטה|החליט|החלטה:|סוכם|סיכמנו|סיכמו|אושר|אושרה|אושרו|אישרנו|אישרה|"
    r"אישרו|נקבע|נקבעה|קבענו|הוסכם|הסכמנו|בחרנו|נבחר|נבחרה|התקבלה החלטה",
)
_NOT_DECIDED = _any_of(
    r"undecided|to be (?:decided|agreed|approved|set)|(?:not|n't|never|nothing|yet)\b.{0,25}"
    r"(?:decided|agreed|approved|resolved|settled)|(?:must|should|needs?|has|have|still) "
    r"(?:to )?(?:be )?(?:decide|decided|agree|agreed|approve|approved)|if (?:it is |they are )?"
    r"(?:approved|agreed|decided)|until .{0,40}(?:approved|agreed|decided)",
    r"(?:טרם|לא|עדיין לא|עוד לא|אם) (?:הוחלט|החלטנו|סוכם|אושר|אושרה|נקבע|נקבעה|הוסכם|נבחר)|"
    r"(?:עד ש|לאחר ש|אחרי ש|כש|בתנאי ש)(?:אושר|יאושר|תאושר|יוחלט)",
)
_OPEN = _any_of(
    r"to ?do|open:|open (?:point|question|issue|item|task)s?|(?:still|remains?|is|are) open|"
    r"pending|tbd|tba|risks?|blocked|blocker|waiting for|unclear|unresolved|undecided|"
    r"outstanding|not yet|still (?:needs?|to be|missing|waiting|has|have)|needs? to be|we must|"
    r"must be \w+|we need to|have to|has to|follow up|"
    r"to be (?:decided|agreed|approved|set|done|checked|clarified)|next steps?|"
    r"action items?|question:",
    r"צריך|צריכה|צריכים|פתוח|פתוחה|פתוחים|פתוחות|טרם|לבדוק|נבדוק|ממתין|ממתינה|ממתינים|סיכון|"
    r"סיכונים|חסר|חסרה|חסרים|עדיין לא|עוד לא|נותר|נותרו|לא ברור|לא סגור|להכריע|לברר|להשלים|יש ל\w+|"
    r"משימה|לטיפול|לטפל|בסיכון|תקוע|שאלה|להחליט",
)
_STRATEGY = _any_of(
    r"strateg(?:y|ies|ic|ically)|goals?|objectives?|priorit(?:y|ies)|vision|mission|focus(?:es|ed)?|"
    r"pillars?|long[- ]term|direction|positioning",
    r"אסטרטגיה|אסטרטגיית|אסטרטגי|אסטרטגית|אסטרטגיות|יעד|יעדים|יעדי|מטרה|מטרת|מטרות|מיקוד|להתמקד|"
    r"נתמקד|מתמקדים|עדיפות|עדיפויות|חזון|כיוון|קו מנחה|עמוד ראשון|עמוד שני|עמוד שלישי|טווח ארוך",
)
_STRATEGY_STATED = re.compile(
    r"\W*(?:(?:the|our) )?(?:strategy|goal|objective|vision|mission|focus|priority)s?\s*"
    r"(?::|is\b|are\b)|\W*ה?(?:אסטרטגיה|יעד|מטרה|חזונ|מיקוד|עדיפות)(?: (?:שלנו|היא|הוא))?\s*:|"
    r"\W*ה?(?:אסטרטגיה|יעד|מטרה|חזונ|מיקוד)(?: שלנו)? (?:היא|הוא)\b"
)
_PROGRESS = _any_of(
    r"completed?|finished|launched|shipped|released|delivered|signed|installed|deployed|achieved|"
    r"added|connected|replaced|improved|reached|started|went live|took place|built|fixed|reduced|"
    r"increased|grew|fell|rose|cut|moved|published|presented|done",
    r"הושלם|הושלמה|הושלמו|השלמנו|סיימנו|הסתיים|הסתיימה|השקנו|הושק|הושקה|חתמו|נחתם|חתמנו|הותקן|"
    r"הותקנו|התקנו|חיברנו|הוספנו|תיקנו|תוקן|תוקנו|הוחלף|הוחלפו|החלפנו|שיפרנו|השתפר|הגענו|ירד|ירדה|"
    r"ירדו|עלה|עלתה|עלו|גדל|גדלה|התחיל|התחלנו|החל|יצאה|יצא|בנינו|פרסמנו|הצגנו|העברנו|עברנו|נמסר|"
    r"מסרנו|גייסנו|פתחנו|הפעלנו|הופעל|נעשה|עשינו|אותרו",
)
_HEADS = {
    "decision": _any_of(
        r"decisions?|decided|agreed|resolutions?", r"החלטות|החלטה|סוכם|הוחלט|סיכומים"
    ),
    "open": _any_of(
        r"open|risks?|questions?|to ?dos?|next steps?|action items?|issues?|blockers?|"
        r"follow[- ]ups?|what (?:could|may|might) go wrong",
        r"פתוחות|פתוחים|שאלות|סיכונים|להמשך|משימות|צעדים הבאים|המשך טיפול|בעיות|לטיפול|להשתבש",
    ),
    "strategy": _any_of(
        r"strategy|strategic|goals?|objectives?|vision|priorities|mission",
        r"אסטרטגיה|אסטרטגי|יעדים|מטרות|חזון|סדרי עדיפויות|מיקוד",
    ),
    "progress": _any_of(
        r"done|progress|achievements?|accomplished|completed|highlights|status|results?|"
        r"what we did",
        r"נעשה|עשינו|התקדמות|הישגים|הושלם|תוצאות|הוכחנו|איפה אנחנו עומדים|ביצועים",
    ),
    "numbers": _any_of(
        r"numbers?|metrics|figures|kpis?|results?|budget", r"מספרים|מדדים|נתונים|תוצאות|תקציב"
    ),
}  # fmt: skip
_NOT_QUANTITIES = re.compile(
    r"\d{4}-\d{1,2}-\d{1,2}|\d{1,2}[./]\d{1,2}(?:[./]\d{2,4})?(?![\d%])|\d{1,2}:\d{2}|"
    r"(?<![\d,.])(?:19|20)\d{2}(?![\d,.%])|"
    r"\b(?:q|v|version|week|weeks|step|phase|slide|risk|section|sprint|site|no\.|draft|item)\s?#?\d+"
    r"(?: (?:of|to) \d+)?|(?:שבוע|שלב|שקפ|סיכונ|סעיפ|רבעונ|גרסה|ספרינט|מספר)\s\d+(?: מתוכ \d+)?|"
    rf"\d{{1,2}}(?:st|nd|rd|th)?(?: of)? ב?(?:{'|'.join(map(fold, MONTHS))})(?![^\W\d_])"
)
_QUANTITY = re.compile(
    r"[₪$€£]\s?\d|\d\s?(?:%|₪|\$|€|£)|\d\s*(?:percent|אחוז)|(?:ils|nis|usd|eur)\s?\d|"
    r"\d[,.]*\s?(?:k|m|bn)?\s+[^\W\d_]{2}|[^\W\d_]{2}:\s*[₪$€£]?\d"
)
_TOTAL = _any_of(r"total|sum", r"סך הכול|סך הכל|סהכ|סה\"כ")


def is_decision(passage: Passage) -> bool:
    """Something that was decided, agreed or approved; not what still has to be."""
    text = fold(passage.text)
    if text.rstrip().endswith("?") or _NOT_DECIDED.search(text) or _starts_open(text):
        return False
    if passage.kind in (Kind.LABEL, Kind.OPEN_BOX):
        return False
    return bool(_DECISION.search(text)) or (
        _is_under("decision", passage) and passage.kind in (Kind.ITEM, Kind.DONE_BOX, Kind.ROW)
    )


def is_open(passage: Passage) -> bool:
    """Something that is still to be done, answered or feared."""
    text = fold(passage.text)
    if passage.kind is Kind.LABEL or passage.kind is Kind.DONE_BOX:
        return False
    if passage.kind is Kind.OPEN_BOX or text.rstrip().endswith("?") or _starts_open(text):
        return True
    if _is_under("open", passage) and passage.kind is not Kind.ROW:
        return passage.kind is Kind.ITEM or _OPEN.search(text) is not None
    return bool(_OPEN.search(text) or _NOT_DECIDED.search(text)) and passage.kind is not Kind.ROW


def strategy_strength(passage: Passage) -> int:
    """0: not about strategy; 1: speaks of it; 2: stands under its heading; 3: states it."""
    text = fold(passage.text)
    if passage.kind in (Kind.LABEL, Kind.ROW) or text.rstrip().endswith("?"):
        return 0
    if _STRATEGY_STATED.match(text):
        return 3
    if _is_under("strategy", passage):
        return 2
    return 1 if _STRATEGY.search(text) else 0


def progress_strength(passage: Passage) -> int:
    """Of something that was done or that changed. 0: it isn't; 1: by a verb or by its heading; 2:
    by both, or a ticked box."""
    if passage.kind in (Kind.LABEL, Kind.ROW, Kind.OPEN_BOX):
        return 0
    if passage.kind is Kind.DONE_BOX:
        return 2
    by_verb = _PROGRESS.search(fold(passage.text)) is not None
    return _is_under("progress", passage) + by_verb


def has_quantity(passage: Passage) -> bool:
    """An amount, a share or a count with its unit; not dates, times, versions, ordinals. Of tables
    only the rows of totals."""
    text = _NOT_QUANTITIES.sub(" ", fold(passage.text))
    if passage.kind is Kind.LABEL:
        return False
    if passage.kind is Kind.ROW:
        return _TOTAL.match(text) is not None and any(map(str.isdecimal, text))
    return _QUANTITY.search(text) is not None


def is_under_numbers(passage: Passage) -> bool:
    """Whether its heading announces numbers."""
    return _is_under("numbers", passage)


def names_a_kind(base: str) -> bool:
    """Whether a folded word only says what kind of passage it stands in."""
    return any(pattern.fullmatch(base) for pattern in (_DECISION, _OPEN, *_HEADS.values()))


def _starts_open(text: str) -> bool:
    return (
        re.match(r"\W*(?:open|risk|todo|to do|question|פתוח|סיכונ|שאלה|לבדוק|משימה)\s*[:–-]", text)
        is not None
    )


def _is_under(head: str, passage: Passage) -> bool:
    return _HEADS[head].search(fold(passage.heading)) is not None
