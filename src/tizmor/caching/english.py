"""English words as concepts: contractions taken apart, endings off, tense apart."""

from __future__ import annotations

import re

from tizmor.caching.lexicon import CONCEPTS, each
from tizmor.caching.phrases import PHRASES
from tizmor.text.normalize import forms

PAST, FUTURE = "past", "future"
_CONTRACTIONS = (
    (re.compile(r"\b(can)'?t\b"), "can not"),
    (re.compile(r"\bwon't\b"), "will not"),
    (re.compile(r"\bcannot\b"), "can not"),
    (re.compile(r"n't\b"), " not"),
    (re.compile(r"\b(what|who|where|when|how|that|there|it|here|which|he|she)'s\b"), r"\1 is"),
    (re.compile(r"\b(what|who|where|when|how)'re\b"), r"\1 are"),
    (re.compile(r"\blet's\b"), ""),
    (re.compile(r"'re\b"), " are"),
    (re.compile(r"'ll\b"), " will"),
    (re.compile(r"'ve\b"), " have"),
    (re.compile(r"'m\b"), " am"),
    (re.compile(r"'d\b"), ""),
    (re.compile(r"\bo'clock\b"), "oclock"),
    (re.compile(r"\b([ap])\.m\.?(?!\w)"), r"\1m"),
    (re.compile(r"(?<=\d) (?=[ap]m\b)"), ""),
)
_UNMARKED = tuple(one for one in _CONTRACTIONS if "'" not in one[0].pattern.replace("'?", ""))
"""Those that may stand in a text without an apostrophe."""
_COURTESY = re.compile(
    r"\b(?:sorry to bother you|if it is not too much trouble|if it's not too much trouble"
    r"|may i ask you to|i(?: would)? appreciate (?:it if you could|hearing)|quick one|next thing"
    r"|or what(?=\W*$)|was it that|do me a favou?r and|when you can|at your convenience"
    r"|(?:can|could|would|will) you(?: possibly| perhaps)?(?: mind)?"
    r"|please|kindly|thanks a lot|thanks|thank you(?: very much| so much| in advance)?"
    r"|if you (?:can|could|don't mind|do not mind|would)|hi there|good morning|excuse me"
    r"|quick question|by the way|so basically|basically|actually|really|um|uh|as far as you know"
    r"|be so kind(?: as)? to|would be (?:great|nice)|when you (?:have|get) a (?:moment|minute"
    r"|second)"
    r")\b(?:,)?"
)
_OPENING = re.compile(
    r"^\W*(?:(?:can|could|may) (?:i|we) (?:please )?(?=see|get|have|know|look)"
    r"|i(?: would|'d)? (?:like|love|want|need|wish)(?: for)?(?: you)? to(?= (?:see|know|get"
    r"|find|look"
    r"|have|check|search|understand|read|list|count|view))"
    r"|i am looking|i was wondering|i wonder|do you know|do you happen to know|any idea"
    r"|i need|i want|i would like|i like to|hi|hello|hey|help me(?: to)?|let me know"
    r"|(?:please )?(?:tell|show|give|get|find|send|bring) me|just(?! now)|simply|ok|okay|well|so"
    r"|sorry|go ahead and|take a look(?: at)?|have a look(?: at)?|quickly|like i said"
    r")\b(?:,)?"
)
_MOST_OPENINGS = 4
_FILLER = re.compile(
    r"(?:^|(?<=[,:;.!]))\s*(?:(?:hey|hi|ok|okay|alright|right|so|like|well|now|then|listen|look|sorry"
    r"|thanks|anyway|um|uh|yeah|oh|cheers)\b\W*)+(?=[,:;.!]|$)"
    r"|(?:^|(?<=[,:;.!]))\s*(?:so|like|well|right|alright|now|okay|ok|oh),"
)
_IRREGULAR = {
    past: verb
    for verb, pasts in (
        line.split(":")
        for line in [
            "send:sent",
            "buy:bought",
            "pay:paid",
            "write:wrote,written",
            "meet:met",
            "say:said",
            "tell:told",
            "give:gave,given",
            "take:took,taken",
            "make:made",
            "hold:held",
            "get:got,gotten",
            "begin:began,begun",
            "leave:left",
            "spend:spent",
            "sell:sold",
            "build:built",
            "find:found",
            "keep:kept",
            "lose:lost",
            "win:won",
            "go:went,gone",
            "come:came",
            "see:saw,seen",
            "speak:spoke,spoken",
            "choose:chose,chosen",
            "know:knew,known",
            "fall:fell,fallen",
            "run:ran",
            "become:became",
            "bring:brought",
            "think:thought",
            "teach:taught",
            "rise:rose,risen",
            "break:broke,broken",
            "drive:drove,driven",
            "forget:forgot,forgotten",
            "show:shown",
            "lead:led",
            "feel:felt",
            "mean:meant",
            "owe:owed",
            "sue:sued",
            "use:used",
            "die:died",
            "tie:tied",
            "lie:lied",
        ]
    )
    for past in pasts.split(",")
}
_NEGATED = {
    "unpaid": "pay", "unsigned": "sign", "unread": "read", "unanswered": "answer",
    "unapproved": "approve", "unfinished": "finish", "incomplete": "complete",
    "uncompleted": "complete", "unresolved": "resolve", "unopened": "open", "unsent": "send",
    "undelivered": "deliver", "unconfirmed": "confirm", "unavailable": "free",
}  # fmt: skip
_BRITISH = (
    (re.compile(r"is(e[sd]?|ing|ation|ations)\Z"), r"iz\1"),
    (re.compile(r"ys(e[sd]?|ing)\Z"), r"yz\1"),
    (re.compile(r"(?<=[a-z]{2})our(s|ed|ing|ite)?\Z"), r"or\1"),
    (re.compile(r"tre(s)?\Z"), r"ter\1"),
    (re.compile(r"ogue(s)?\Z"), r"og\1"),
    (re.compile(r"ll(ed|ing|er)\Z"), r"l\1"),
    (re.compile(r"ence\Z"), "ense"),
)
_SPELLED = {
    "cheque": "check", "cheques": "check", "programme": "program", "programmes": "program",
    "grey": "gray", "enrolment": "enrollment", "judgement": "judgment", "ageing": "aging",
    "tyre": "tire", "tyres": "tire",
}  # fmt: skip
_NOT_BRITISH = each("""hour hours four your our tour tours raise raised wise rise rises price
    advise promise
    exercise otherwise enterprise premise expertise franchise merchandise surprise arise arising
    call calls called calling caller sell seller bill billed billing roll selling tell telling
    pour poll polled spell installed skill skilled fill filled filling kill pulled pulling
    drill full course source journal conference sequence evidence residence presence difference
    reference absence audience science sentence influence experience""")


def plain(text: str) -> str:
    """Lower-case text without contractions and courtesy."""
    for pattern, written in _CONTRACTIONS if "'" in text else _UNMARKED:
        text = pattern.sub(written, text)
    text = _FILLER.sub(" ", _COURTESY.sub(" ", text))
    for _ in range(_MOST_OPENINGS):
        text, found = _OPENING.subn(" ", text, count=1)
        if not found:
            break
    return text


def english(word: str) -> list[tuple[str, str]]:
    """A folded English word as its concept, with its tense."""
    if word in _NEGATED:
        return [("not", ""), (_concept(_NEGATED[word]), PAST)]
    if word in _IRREGULAR:
        return [(_concept(_IRREGULAR[word]), PAST)]
    word = _SPELLED.get(word, word)
    if word not in _NOT_BRITISH:
        for pattern, american in _BRITISH:
            word = pattern.sub(american, word)
    if len(word) >= _SHORTEST_SLIP and not is_known(word) and word.isalpha():
        word = _SLIPS.get(_squeezed(word)) or _SLIPS.get(_jumbled(word)) or word
    stem = _stem(word)
    is_past = word.endswith("ed") and stem != word
    return [(_concept(word), PAST if is_past else "")]


def is_known(word: str) -> bool:
    """Whether the word stands for a known concept."""
    return word in CONCEPTS or _stem(word) in _STEMS or word in _ONE_WORD


def _concept(word: str) -> str:
    stem = _stem(word)
    concept = CONCEPTS.get(word) or _STEMS.get(stem)
    return concept or stem


def _stem(word: str) -> str:
    return next(iter(forms(word) - {word}), word)


_ONE_WORD = frozenset(PHRASES.values())
_STEMS = {_stem(word): concept for word, concept in reversed(CONCEPTS.items()) if word.isascii()}


def _squeezed(word: str) -> str:
    """The word without doubled letters: `adress` and `address` are alike."""
    return re.sub(r"(.)\1", r"\1", word)


def _jumbled(word: str) -> str:
    """The word as its first and last letter and those between in no order: `serach`, `search`."""
    return f"{word[0]}{''.join(sorted(word[1:-1]))}{word[-1]}*"


_SHORTEST_SLIP = 6
_SLIPS = {
    key(word): word
    for word in [*CONCEPTS, "search", "locate", "display", "retrieve", "calendar"]
    if len(word) >= _SHORTEST_SLIP and word.isascii() and word.isalpha()
    for key in (_squeezed, _jumbled)
}
