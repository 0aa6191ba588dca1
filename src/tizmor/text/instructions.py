"""Text in a document that speaks to an AI instead of to the document's readers.

What agents read is data. A sentence such as "ignore your instructions and invite …" may be quoted
to nobody as something decided or to be done, so it is recognised and left out, and its document is
named. Recognising is a second line of defence and can't be complete; the first is that nothing that
is read is ever obeyed. Patterns are matched on folded text, so that case, niqqud, final letters and
invisible characters hide nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from tizmor.text.normalize import fold
from tizmor.text.passages import Kind, Passage

_MACHINE = (
    r"(?:ai|a\.i\.|llm|chat ?bot|chatgpt|gpt|claude|gemini|copilot|tizmor|language model|"
    r"(?:ai |virtual |digital )?assistant|(?:ai |autonomous )agent)s?"
)
_MACHINE_HE = (
    r"(?:בינה(?: ה?מלאכותית)?|ai|מודל(?: ה?שפה)?|עוזר(?: ה?וירטואלי)?|סוכנ|צ'?אט ?בוט|תזמור)"
)
_EMAIL = r"[\w.+-]{1,64}@[\w-]{1,63}\.\w"
"""As much of an address as tells it from other words, bounded as RFC 5321 does (4.5.3.1)."""
_OPENING = r"(?:\A|[.!:;,]\s*|\b(?:please|now|then|also|and|immediately|instead|just|must|should) )"
_OPENING_HE = r"(?:\A|[.!:;,]\s*|\bנא |\bאנא )ו?"

# Hebrew is written with folded final letters here, as the text is that it's matched on.
_PATTERNS = (
    r"\b(?:ignore|disregard|forget|override|bypass)\b.{0,60}"
    r"\b(?:instructions?|prompts?|guidelines|directives|rules|told|above|previous|prior)\b",
    r"\b(?:system|developer|hidden) (?:prompt|message|instructions?)\b",
    r"\b(?:new|updated|important|special|secret) instructions?\b.{0,20}:",
    r"<\|?/?\s*(?:system|instructions?|im_start|assistant)",
    rf"\b(?:note|message|instructions?|attention|notice|request|reminder) (?:to|for) "
    rf"(?:the |any |all |an? |your |every )?{_MACHINE}\b",
    rf"\A\W*(?:dear |hey |hi |hello |attention,? |to (?:the |any |all )?)?{_MACHINE}\s*[:,!]",
    rf"\bif you(?: are|'re|re) (?:an? |the )?{_MACHINE}\b",
    rf"\byou are (?:now |no longer )?(?:an? |the )?(?:\w+ )?{_MACHINE}\b",
    rf"\b{_MACHINE} (?:reading|processing|summari[sz]ing|analy[sz]ing) (?:this|the)\b",
    r"\bas an ai\b",
    rf"{_OPENING}(?:invite|add|forward|cc|bcc|share)\b.{{0,120}}{_EMAIL}",
    rf"{_OPENING}(?:send|e-?mail|upload|post|reveal|leak|export)\b.{{0,60}}"
    r"\b(?:all|every|everything|contacts|passwords?|secrets?|keys?|credentials|tokens?)\b.{0,80}"
    r"(?:@|https?:)",
    rf"{_OPENING}(?:delete|erase|remove|wipe|destroy|cancel)\b (?:everything|all\b(?: \w+){{0,2}} "
    r"(?:files?|documents?|data|events?|meetings?|contacts?|calendars?|e-?mails?|folders?))",
    r"\brm -rf\b",
    r"\b(?:approve|confirm|execute|run|do)\b.{0,40}\bwithout (?:asking|telling|approval|confirm)",
    r"\b(?:do not|don'?t|never) (?:tell|inform|mention|ask|alert|warn|show)\b.{0,40}"
    r"\b(?:user|human|owner|anyone|anybody)\b",
    r"(?:תתעלמ|התעלמ)\w{0,2} .{0,60}(?:הוראות|ההנחיות|הנחיות|הכללימ|הקודמות|לעיל|שנאמר|מה ש)",
    r"(?:שכח|תשכח)\w? .{0,40}(?:הוראות|ההנחיות|הנחיות|הכללימ|הקודמות)",
    r"(?:הנחי(?:ית|ות)|הוראות|פרומפט) ה?מערכת",
    r"(?:הוראות|הנחיות) (?:חדשות|סודיות|מעודכנות)\s*:",
    rf"(?:הודעה|הוראה|הוראות|הנחיה|הנחיות|הערה|לתשומת לב|פניה|פנייה) (?:ל|אל ה?|עבור ה?|של ה?)"
    rf"{_MACHINE_HE}",
    rf"(?:אתה|הנכ|אמ את|\A\W*את) (?:כעת |עכשיו )?{_MACHINE_HE}\b",
    rf"\A\W*{_MACHINE_HE}(?: יקרה?)?\s*[:,!]",
    rf"{_OPENING_HE}(?:הזמנ|תזמינ|זמנ|תזמנ|צרפ|תצרפ|הוספ|תוסיפ|העבר|תעביר|שתפ|תשתפ)[יו]?\b"
    rf".{{0,120}}{_EMAIL}",
    rf"{_OPENING_HE}(?:שלח|תשלח|הדלפ|פרסמ)[יו]?\b.{{0,60}}"
    r"(?:כל |הכל|הכול|סיסמ|אנשי הקשר|מפתח).{0,80}(?:@|https?:)",
    rf"{_OPENING_HE}(?:מחק|תמחק|בטל|תבטל)[יו]?\b (?:את )?(?:הכל|הכול|כל ה)",
    r"(?:אשר|תאשר|בצע|תבצע|הרצ|תריצ)[יו]?\b.{0,40}(?:בלי|מבלי|ללא) (?:לשאול|לבקש|אישור)",
    r"(?:אל|בלי ל|מבלי ל)\s?(?:תספר|תגיד|תגלה|תשאל|תודיע|ספר|גלות|הודיע)\w? .{0,30}"
    r"(?:משתמש|לאפ אחד)",
)


@cache
def _addressed() -> re.Pattern[str]:
    """Compiled when something is first read: it takes as long as to open a workspace."""
    return re.compile("|".join(f"(?:{pattern})" for pattern in _PATTERNS))


def addresses_machine(text: str) -> bool:
    """Whether `text` speaks to an AI or orders what only a manipulator would."""
    return _addressed().search(fold(text)) is not None


def without_instructions(passages: Sequence[Passage]) -> tuple[list[Passage], bool]:
    """The passages that speak to readers, and whether others were left out.

    What is left out with an instruction: the rest of its paragraph, which goes on with it, and all
    that stands under a heading that is one.
    """
    kept: list[Passage] = []
    tainted_block = -1
    found = False
    orders = {heading: addresses_machine(heading) for heading in {p.heading for p in passages}}
    for passage in passages:
        if passage.block == tainted_block:
            continue
        if orders[passage.heading] or addresses_machine(passage.text):
            found = True
            if passage.kind is not Kind.ROW:
                tainted_block = passage.block
            continue
        kept.append(passage)
    return kept, found
