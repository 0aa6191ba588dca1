"""Hebrew words as concepts: prefixes taken off where the rest is known, verbs by their root."""

from __future__ import annotations

from tizmor.caching.lexicon import CONCEPTS, bare
from tizmor.text.normalize import fold, is_hebrew

PAST, FUTURE, PASSIVE = "past", "future", "passive"
_PREFIXES = {
    "ו": ("and",), "ה": (), "ב": ("in",), "ל": ("to",), "מ": ("from",), "ש": ("that",),
    "כ": ("as",), "וה": ("and",), "וב": ("and", "in"), "ול": ("and", "to"),
    "ומ": ("and", "from"), "וש": ("and", "that"), "מה": ("from",), "שה": ("that",),
    "שב": ("that", "in"), "של": ("that", "to"), "שמ": ("that", "from"), "כש": ("when",),
    "כשה": ("when",), "לכש": ("when",), "בה": ("in",), "לה": ("to",),
}  # fmt: skip
_NAMES = """
דנה יואב רות משה יוסי דוד שרה רחל לאה מיכל נועה נעה תמר יעל מאיה שירה אורית גלית ענת סיגל רונית אבי
אורי ארי איתן עומר יונתן דניאל אלון רועי גיל עידו אמיר ניר רון גיא איל אסף יניב עמית ליאור שי טל
דינה מרים חנה אסתר רבקה יעקב יצחק אברהם שמעון ראובן לוי כהן מזרחי פרץ ביטון אברמוב פרידמן
שרון שגיא הראל הדר בר ברק ברוך לירון ליאורה מיכאל מאיר מוטי מורן ורד ורדה שלומי שלמה הלל הילה
תל־אביב ירושלים חיפה אילת נתניה אשדוד הרצליה רעננה לונדון פריז ברלין רומא מדריד
ישראל גרמניה צרפת איטליה ספרד אנגליה יוון קפריסין לוטוס תבואות
"""
_ROOTS = """
send שלח | sign חתמ | write כתב | close סגר | open פתח | check בדק | pay שילמ | approve אישר
| receive קיבל | cancel ביטל | update עדכנ | summarize סיכמ | ask ביקש | meet נפגש | buy קנה
| sell מכר | read קרא | order הזמינ | begin התחיל | finish סיימ | promise הבטיח | answer ענה
| decide החליט | present הציג | deliver סיפק | complete השלימ | reject דחה | postpone דחה־ל
| invite הזמינ | say אמר | speak דיבר | participate השתתפ | change שינה | return החזיר | lose איבד
| win זכה | treat טיפל | work עבד | save שמר | submit הגיש | publish פרסמ | mention הזכיר |
    include כלל
"""
_LONE = frozenset("והבלמש")
_SHORTEST = 4
_MOST_PREFIXES = 3


def _verbs() -> dict[str, tuple[str, str]]:
    """Forms of the verbs, with what they mean and their tense."""
    forms: dict[str, tuple[str, str]] = {}
    by = {"א": " me", "נ": " us", "י": "", "ת": ""}
    for line in _ROOTS.replace("\n", " ").split("|"):
        concept, base = line.split()
        base = fold(base.partition("־")[0])
        for ending in ("", "ה", "ו", "תי", "נו", "ת"):
            stem = base.removesuffix("ה") if ending and base.endswith("ה") else base
            who = {"תי": " me", "נו": " us"}.get(ending, "")
            forms.setdefault(stem + ending, (concept + who, PAST))
        if len(base) == 4 and base[1] not in "יו":
            for ending in ("", "ה", "ו"):
                forms.setdefault(f"{base[0]}ו{base[1:]}{ending}", (concept, PASSIVE))
        if len(base) == 4 and base[1] == "י":
            first, middle, last = base[0], base[2], base[3]
            for ending in ("", "ה", "ו"):
                forms.setdefault(f"{first}ו{middle}{last}{ending}", (concept, PASSIVE))
                forms.setdefault(f"הת{first}{middle}{last}{ending}", (concept, PASSIVE))
            forms.setdefault(f"מ{first}{middle}{last}", (concept, ""))
            forms.setdefault(f"מ{first}{middle}{last}ת", (concept, ""))
            forms.setdefault(f"ל{first}{middle}{last}", (concept, ""))
            for person in "איתנ":
                forms.setdefault(f"{person}{first}{middle}{last}", (concept + by[person], FUTURE))
        if len(base) == 3 and not base.endswith("ה"):
            first, middle, last = tuple(base)
            for ending in ("", "ה", "ו"):
                forms.setdefault(f"נ{base}{ending}", (concept, PASSIVE))
            for ending in ("", "ת", "ימ", "ות"):
                forms.setdefault(f"{first}ו{middle}{last}{ending}", (concept, ""))
            for ending in ("ה", "ימ", "ות", ""):
                forms.setdefault(f"{first}{middle}ו{last}{ending}", (concept, PASSIVE))
            for person in "איתנ":
                forms.setdefault(f"{person}{base}", (concept + by[person], FUTURE))
                forms.setdefault(f"{person}{first}{middle}ו{last}", (concept + by[person], FUTURE))
            forms.setdefault(f"ל{first}{middle}ו{last}", (concept, ""))
    return forms


_VERBS = _verbs()
_KNOWN = frozenset(bare(name) for name in _NAMES.split())
FUNCTION = {
    fold(word): means
    for words, means in (
        ("של", "of"), ("את", "object"), ("מ מנ", "from"), ("ל אל", "to"), ("ב בתוך", "in"),
        ("עמ", "with"), ("בלי ללא", "without"), ("אינ", "without"), ("לא אינו אינה אינמ", "not"),
        ("טרם", "not"), ("על", "about"), ("עד", "until"), ("או", "or"), ("ו וגם", "and"),
        ("ש אשר", "that"), ("כש כאשר", "when"), ("מי", "who"), ("מתי", "@when"), ("איפה היכן",
        "@where"),
        ("למה מדוע", "@why"), ("איכ כיצד", "@how"), ("כמה", "@count"), ("האם", "whether"),
        ("מה איזה איזו אילו", "what"), ("שלי", "my"), ("אני לי", "i"), ("שלנו אנחנו לנו", "our"),
        ("יותר", "more"), ("פחות", "less"), ("מאשר", "than"), ("הכי ביותר", "most"),
        ("לפני", "before"), ("אחרי לאחר", "after"), ("בנוגע בקשר בהקשר באשר ביחס", "about"),
        ("פרט חוצ", "except"), ("החל", "since"), ("אמ", "if"), ("מהמ מהנ", ""), ("עדיינ",
        "still"), ("כבר", ""), ("גם", "also"), ("יש ישנם ישנן", "there-is"),
        ("הוא היא הם הן ה זה מהו מהי", ""), ("כ", "as"), ("אצלנו", "our"),
        ("אבל אלא ואילו", "but"), ("במקום", "instead"), ("כולם", "all"), ("היה היתה הייתה היו",
        "was"), ("יהיה תהיה יהיו", "will"),
    )
    for word in words.split()
    if means is not None
}  # fmt: skip
_DROPPED = frozenset(
    fold(word)
    for word in [
        "בבקשה",
        "נא",
        "אנא",
        "תודה",
        "היי",
        "שלום",
        "הי",
        "אפשר",
        "תוכל",
        "תוכלי",
        "יכול",
        "יכולה",
        "אתה",
        "אתם",
        "רוצה",
        "אשמח",
        "מבקש",
        "מבקשת",
        "צריך־לדעת",
        "בעצם",
        "פשוט",
        "רגע",
        "מהר",
        "בקיצור",
        "אולי",
        "אז",
        "כאן",
        "שם",
        "זהו",
        "לדעת",
        "לראות",
        "לקבל",
        "להבין",
        "תגיד",
        "תגידי",
        "אמור",
        "ספר",
        "ספרי",
        "מעניין",
        "אותי",
        "קיימים",
        "קיימות",
        "נמצא",
        "נמצאים",
        "נמצאת",
        "נמצאות",
        "היכולת",
        "עזרה",
        "עזור",
        "עזרי",
        "אכפת",
        "לכ",
        "טוב",
        "יופי",
        "אהלן",
        "אהלנ",
        "עזוב",
        "עזבי",
        "אגב",
        "כאילו",
        "יאללה",
        "נו",
        "וואלה",
        "כן",
        "כנ",
        "אה",
        "תגידו",
        "בקשה",
        "מראש",
        "אודה",
        "אנחנו־רוצים",
        "סבבה",
        "אחלה",
        "מעוניין",
        "מעוניינת",
        "זקוק",
        "זקוקה",
        "חייב",
        "חייבת",
        "אפילו",
        "שוב־נא",
        "סתם",
        "לעזור",
        "סליחה",
        "בא",
        "טובה",
        "תעשה",
        "תעשי",
        "עליך",
        "חביבי",
        "כמובן",
    ]
)
_GET = frozenset(
    fold(word)
    for word in [
        "מצא",
        "מצאי",
        "תמצא",
        "תמצאי",
        "למצוא",
        "חפש",
        "חפשי",
        "תחפש",
        "תחפשי",
        "לחפש",
        "אתר",
        "אתרי",
        "תאתר",
        "לאתר",
        "הצג",
        "הציגי",
        "תציג",
        "תציגי",
        "להציג",
        "הראה",
        "הראי",
        "תראה",
        "תראי",
        "להראות",
        "הבא",
        "הביאי",
        "תביא",
        "תביאי",
        "להביא",
        "תן",
        "תני",
        "תיתן",
        "לתת",
        "שלוף",
        "שלפי",
        "תשלוף",
        "בדוק",
        "בדקי",
        "תבדוק",
        "תבדקי",
        "לבדוק",
        "תחפשו",
        "תמצאו",
        "תראו",
        "תביאו",
        "תבדקו",
        "הציגו",
        "חפשו",
        "מצאו",
        "שתמצא",
        "לבדוק",
        "אתרו",
        "איתור",
        "לאתר",
        "תציגו",
        "תשיג",
        "השג",
        "השיגי",
        "להשיג",
        "תארגן",
        "תספק",
        "לשלוף",
        "הפק",
        "תפיק",
        "להפיק",
        "תעלה",
        "חיפוש",
        "הוצא",
        "תוציא",
        "פרט",
        "תפרט",
        "רשום",
    ]
)


def hebrew(word: str) -> list[tuple[str, str]]:
    """A folded Hebrew word as concepts and function words, each with its tense."""
    if word in _DROPPED or (word.startswith("ש") and word[1:] in _DROPPED):
        return []
    if word in _GET or word.removeprefix("ש") in _GET:
        return [("@get", "")]
    if (found := _known(word)) is not None:
        return [found] if found[0] else []
    for length in (1, 2, 3):
        prefix, rest = word[:length], word[length:]
        if prefix in _PREFIXES and len(rest) > 1:
            found = _known(rest) or ((rest, "") if not is_hebrew(rest) else None)
            if found is not None and found[0] not in ("", "to", "from", "in", "and", "object"):
                return [*((part, "") for part in _PREFIXES[prefix]), found]
    return _unknown(word)


def opening(word: str) -> list[tuple[str, str]]:
    """The first word of a text: a verb in the imperative, in whatever person and form."""
    if word in FUNCTION or word in CONCEPTS or word in _KNOWN or word in _GET or word in _DROPPED:
        return hebrew(word)
    root = _root(word)
    if root in _GET_ROOTS:
        return [("@get", "")]
    return [(_ASKED[root], "")] if root in _ASKED else hebrew(word)


def _root(word: str) -> str:
    word = word.removeprefix("ש")
    word = word[1:] if word[:1] in "תל" and len(word) > 3 else word
    word = word[:-1] if word[-1:] in "יו" and len(word) > 3 else word
    return word[:1] + "".join(letter for letter in word[1:] if letter not in "וי")


def _unknown(word: str) -> list[tuple[str, str]]:
    """One that isn't known, without what may be a prefix, and in one form for its numbers. What
    it is taken for doesn't matter, as long as another word is taken for something else."""
    before: list[tuple[str, str]] = []
    if len(word) >= 6 and word.startswith("מ") and word.endswith("ת"):
        word = word[:-1]
    while word[:1] in _LONE and len(word) >= _SHORTEST and len(before) < _MOST_PREFIXES:
        before += [(part, "") for part in _PREFIXES[word[0]]]
        word = word[1:]
        if (found := _known(word)) is not None and found[0]:
            return [*before, found]
        if before and before[-1][0] in ("to", "from"):
            break
    return [*before, (_singular(word), "")]


def _singular(word: str) -> str:
    if len(word) >= 5 and word.endswith("יות"):
        word = word[:-3] + "ית"
    elif len(word) >= 5 and word.endswith("ות"):
        word = word[:-2] + "ה"
    elif len(word) >= 6 and word.endswith("ימ"):
        word = word[:-2]
    elif (len(word) >= 5 and word.endswith("ת") and not word.endswith("ית")) or (
        len(word) >= 5 and word.endswith("א")
    ):
        word = word[:-1] + "ה"
    return word.replace("יי", "י").replace("וו", "ו")


def is_named(concept: str) -> bool:
    """Whether a concept is a known name, or a Hebrew word that isn't known: it may be one."""
    return concept in _KNOWN or is_hebrew(concept)


def _known(word: str) -> tuple[str, str] | None:
    if word in FUNCTION:
        return FUNCTION[word], ""
    if word in CONCEPTS:
        return CONCEPTS[word], ""
    if word in _VERBS:
        return _VERBS[word]
    return (word, "") if word in _KNOWN else None


_GET_ROOTS = frozenset(_root(word) for word in _GET)
_ASKED = {
    _root(fold(word)): concept
    for concept, words in (
        ("summarize", "סכם תסכם לסכם"), ("translate", "תרגם תתרגם לתרגם"),
        ("compare", "השווה תשווה להשוות"), ("count", "ספור תספור לספור"),
        ("explain", "הסבר תסביר להסביר"), ("sort", "מיין תמיין למיין"),
    )
    for word in words.split()
}  # fmt: skip
