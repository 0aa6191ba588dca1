"""A text as folded tokens: without courtesy, with what is one together as one."""

from __future__ import annotations

import functools
import re

from tizmor.caching.abbreviations import written_out
from tizmor.caching.english import is_known, plain
from tizmor.caching.lexicon import bare, each
from tizmor.caching.phrases import PHRASES
from tizmor.text.normalize import fold, is_hebrew

_TOKEN = re.compile(
    r"""(?<!\S)-\d+(?:\.\d+)?
    |[\w.+-]+@[\w-]+(?:\.[\w-]+)+
    |https?://\S+
    |[^\s,;:!?"()]+\.(?:pdf|docx?|xlsx?|txt|csv|pptx?|md|html?|zip|png|jpe?g)\b
    |\d{4}-\d{1,2}-\d{1,2}
    |\d{1,2}[./]\d{4}(?![\d.])
    |\d{1,2}[./]\d{1,2}(?:[./]\d{2,4})?(?![\d.])
    |\d{1,2}:\d{2}(?:[ap]m)?
    |\d{1,3}(?:,\d{3})+(?:\.\d+)?
    |\d+(?:\.\d+)+
    |\d+(?:st|nd|rd|th|am|pm)\b
    |\d+(?=k\b)|(?<=\d)k\b
    |[^\W\d_]+[-/]?\d[\w./-]*\w|[^\W\d_]+\d
    |\d+
    |[^\W_]+(?:['"״׳][^\W\d_]+)*['׳]?
    |[$€£₪¥%&+#<>=]""",
    re.VERBOSE,
)
OWNER = "'s"
_LETTER = re.compile(r"(?<=\w )(A|I(?=\W*\Z))(?!\w)")
"""A letter that names: plan A is no plan."""
_WEEKDAY = re.compile(r"(יום\s+)([א-ו])['׳]")
_WEEKDAY_NAMES = ("ראשון", "שני", "שלישי", "רביעי", "חמישי", "שישי")
_HIS = re.compile(r"([א-ת]{3,})ו(?= של )")
_PREFIX = re.compile(r"(?<![^\W_])([ובלמהשכ]{1,2})-(?=\w)")
_COURTESY = re.compile(
    r"(?<!\w)(?:סליחה על ההטרדה|אם לא קשה לך|אם זה לא קשה|אכפת לך|שאלה קטנה|שאלה קצרה|טוב אז|אה כן"
    r"|לא זוכרת? כבר|אם אפשר|אם תוכלי?|אם את[הי]? יכולה?|תודה רבה|תודה מראש|היית יכולה?|הייתי רוצה"
    r"|הייתי שמחה?|יש מצב|אפשר לקבל|אפשר לדעת|תעש[הי] לי טובה|בוקר טוב|ערב טוב|דרך אגב"
    r"|אני צרי(?:ך|כה)"
    r"|אני רוצה|אני מחפשת?|אני מבקשת?|אשמח ל?|רציתי לדעת|מעניין אותי|תגידי? לי|ספרי? לי|תני? לי"
    r"|אודה לך אם|אשמח אם|האם תוכלי?|האם אפשר|אפשר בבקשה|היה נחמד אם|אם זה בסדר|תודה|סליחה"
    r"|אני זקוקה? ל|אני מעונייני?ת? ל|אם לא אכפת לך|כשיהיה לך (?:זמן|רגע)|כשתוכלי?|ברשותך"
    r"|רק רציתי לדעת"
    r"|להראות לי|להביא לי|למצוא לי|לתת לי|תציגי? לי|הציגי? לי|תשלפי? לי|תבדקי? לי|תעשי? לי"
    r"|תעזרי? לי"
    r"|תראי? לי|הרא[הי] לי|תביאי? לי|תמצאי? לי|תמצא לי|הבאי? לי|תשלחי? לי|תוכלי? ל?|בבקשה)(?!\w)"
)
_OPENERS = each("""find get show give list fetch locate display retrieve tell bring see search
    view provide know
    check identify present return look what when where who whom whose why how which is are was were
    do does did has have had will can could should may must would please the a an i in on at from
    to for of by with and or if any all every each only not no any most our my your his her their
    its this that these those there am count sum read open write draft
    monday tuesday wednesday thursday friday saturday sunday january february march april may june
    july august september october november december jan feb mar apr jun jul aug sep sept oct nov dec
    mon tue tues wed thu thurs fri sat sun""")
_ABOVE = each("more over above greater higher larger bigger longer exceeding")
_BELOW = each("less under below lower fewer smaller shorter")
_PHRASES = {tuple(bare(words).split()): one for words, one in PHRASES.items()}
_HEBREW_PREFIXES = frozenset("בלמהוש")
_HE_OR = fold("או")
_COMPARISONS = tuple(
    (re.compile(pattern), written)
    for pattern, written in (
        (r"\b(?:at least|no less than|no fewer than|not less than|not fewer than|minimum of"
         rf"|a minimum of|{fold('לפחות')}|{fold('לא פחות מ')}-?) (?==)", ">= "),
        (r"\b(?:at most|no more than|not more than|no later than|maximum of|a maximum of"
         rf"|{fold('לכל היותר')}|{fold('לא יותר מ')}-?) (?==)", "<= "),
        (r"(=\S+)( \S+)? (?:or more|and more|and above|or above|or over|and up|plus|or longer"
         rf"|{_HE_OR} יותר|ויותר|ומעלה)(?= |$)", r">= \1\2"),
        (rf"(=\S+)( \S+)? (?:or less|or fewer|or under|or below|{_HE_OR} פחות|ומטה)(?= |$)",
         r"<= \1\2"),
        (rf"\b(?:{'|'.join(sorted(_ABOVE))}) than (?==)|\b(?:over|above|exceeding) (?==)", "> "),
        (rf"\b(?:{'|'.join(sorted(_BELOW))}) than (?==)|\b(?:under|below) (?==)", "< "),
        (rf"(?:{fold('יותר מ')}|{fold('מעל ל')}|{fold('מעל')})-? ?(?==)", "> "),
        (rf"(?:{fold('פחות מ')}|{fold('מתחת ל')}|{fold('מתחת')})-? ?(?==)", "< "),
        (rf"(=\S+)( \S+)? {fold('לפחות')}(?= |$)", r">= \1\2"),
        (rf"{fold('עד')} (?==\d+(?: |$)|=Q)", "<= "),
        (rf"{fold('ש')}?(?:לא|{fold('אינו')}|{fold('אינה')}|{fold('אינם')}|{fold('אינן')})"
         rf" (?:עולה|עולימ|עולות|חורג|חורגת|חורגימ|חורגות) (?:על|מ)-? ?(?==)", "<= "),
        (r"[שה]?(?:עולה|עולימ|עולות) על (?==)", "> "),
        (r"\b(?:not|still not) yet\b|\byet to be\b|\bstill not\b", "not"),
        (r"\bwho (?:did|do|does)\b", "@whom did"),
    )
)  # fmt: skip

_WITHOUT_NUMBERS = tuple(one for one in _COMPARISONS if "=" not in one[0].pattern)


def tokens_of(text: str) -> tuple[list[str], frozenset[str]]:
    """The folded tokens, and those of them that are written like names."""
    straight = re.sub("[’‘`´]", "'", text).replace("־", "-").replace("–", "-")
    straight = _LETTER.sub(r"\1-letter", straight)
    capital = {
        fold(found[0])
        for found in re.finditer(r"(?<![\w'])[A-Z][\w]*", straight)
        if fold(found[0]) not in _OPENERS
        and (not is_known(fold(found[0])) or (found.start() and found[0][1:].islower()))
    }
    lowered = _COURTESY.sub(" ", plain(written_out(straight.lower())))
    lowered = _WEEKDAY.sub(
        lambda day: f"{day[1]}{_WEEKDAY_NAMES[ord(day[2]) - ord('א')]} ", lowered
    )
    lowered = _HIS.sub(r"\1 ", lowered)
    lowered = _PREFIX.sub(lambda found: f"{_without_the(found[1])} ", lowered)
    lowered = re.sub(r"'s\b(?!\s*$)", " 's ", lowered)
    lowered = re.sub(r"s'(?=\s)", "s 's ", lowered)
    lowered = re.sub(r"\be-mail", "email", lowered)
    tokens = [
        found.replace(",", "") if found[0].isdigit() and "," in found else found
        for found in re.findall(rf"'s(?=\s)|{_TOKEN.pattern}", lowered, re.VERBOSE)
    ]
    looked_up = [one if one == OWNER else _looked_up(one) for one in tokens]
    return [token for token in looked_up if token], frozenset(capital)


def _without_the(prefix: str) -> str:
    """The prefixes before a number or a foreign word, without the article: מה־12 is מ־12."""
    return prefix.removesuffix("ה") or prefix


@functools.lru_cache(maxsize=4096)
def _looked_up(word: str) -> str:
    """The word folded; a name keeps its accents and its apostrophe, which tell it from others."""
    folded = bare(word)
    is_same = is_hebrew(word) or folded == word or is_known(folded)
    return folded if is_same else f"@{word}"


def joined(tokens: list[str]) -> list[str]:
    """Words that are one together, as one."""
    found: list[str] = []
    at = 0
    while at < len(tokens):
        for length in (5, 4, 3, 2, 1):
            one = _PHRASES.get(tuple(tokens[at : at + length]))
            if one is not None and len(tokens) >= at + length:
                found += fold(one).split()
                at += length
                break
        else:
            length, one = _behind_a_prefix(tokens, at)
            found += [tokens[at][0], *fold(one).split()] if length else [tokens[at]]
            at += length or 1
    return found


def _behind_a_prefix(tokens: list[str], at: int) -> tuple[int, str]:
    """How many tokens are one together when the first bears a Hebrew prefix, and what they are."""
    first = tokens[at]
    if first[:1] in _HEBREW_PREFIXES and len(first) > 2:
        for length in (3, 2, 1):
            one = _PHRASES.get((first[1:], *tokens[at + 1 : at + length]))
            if one:
                return length, one
    return 0, ""


def compared(tokens: list[str]) -> list[str]:
    """At least, at most, more and less than a number, each as one sign before it."""
    text = " ".join(tokens)
    for pattern, written in _COMPARISONS if "=" in text else _WITHOUT_NUMBERS:
        text = pattern.sub(written, text)
    return text.split()
