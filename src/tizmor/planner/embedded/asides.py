"""What a request says beside what it asks for: greetings, and what it is all for.

"So that I can finish the plan before Friday" asks for nothing and sets no time; it leaves the
stream of tokens before clauses are sought. An infinitive of purpose ("to discuss the budget")
stays: it says what a meeting is about.
"""

from __future__ import annotations

from collections.abc import Sequence

from tizmor.planner.embedded.conjugation import Form
from tizmor.planner.embedded.readings import read
from tizmor.planner.embedded.tokens import Kind, Token, fold
from tizmor.planner.embedded.vocabulary import folded

_STOPS = frozenset(".;!?\n")
_PERSONS = folded("i we he she they it that i'll we'll i'm we're everyone everybody nobody")
_GREETINGS = tuple(
    tuple(fold(g).split())
    for g in (
        "good morning",
        "good afternoon",
        "good evening",
        "good day",
        "how are you doing today",
        "how are you today",
        "how are you doing",
        "how are you",
        "how is it going",
        "how's it going",
        "what's up",
        "hope you're well",
        "hope you are well",
        "who are you",
        "what are you",
        "what can you do",
        "thanks a lot",
        "thanks in advance",
        "thank you very much",
        "thank you so much",
        "thank you",
        "many thanks",
        "בוקר טוב",
        "צהריים טובים",
        "ערב טוב",
        "לילה טוב",
        "שבוע טוב",
        "שבת שלום",
        "מה שלומך היום",
        "מה שלומך",
        "מה שלומכם",
        "מה נשמע",
        "מה העניינים",
        "מה המצב אחי",
        "מי אתה",
        "מי את",
        "מה אתה יודע לעשות",
        "מה את יודעת לעשות",
        "מה אפשר לבקש ממך",
        "תודה רבה",
        "תודה מראש",
        "המון תודה",
    )
)


def without(tokens: Sequence[Token]) -> list[Token]:
    """The tokens that ask for something."""
    kept: list[Token] = []
    i = 0
    while i < len(tokens):
        after = _greeting(tokens, i) or _purpose(tokens, i)
        if after is None:
            kept.append(tokens[i])
        i = after or i + 1
    return kept


def _greeting(tokens: Sequence[Token], i: int) -> int | None:
    """The index after the greeting that is all there is between marks, or opens the request."""
    if tokens[i].word not in _FIRST or (i and tokens[i - 1].kind is not Kind.MARK):
        return None
    for greeting in _GREETINGS:
        end = i + len(greeting)
        if tuple(t.word for t in tokens[i:end]) == greeting:
            closed = end >= len(tokens) or tokens[end].kind is Kind.MARK
            return end if closed or greeting[0] in _OPENERS else None
    return None


_FIRST = frozenset(g[0] for g in _GREETINGS)
_OPENERS = frozenset(map(fold, ("good", "בוקר", "ערב", "צהריים", "שבוע")))


def _purpose(tokens: Sequence[Token], i: int) -> int | None:
    """The index after a clause that says what for: so that I can, because, כדי שאוכל."""
    if tokens[i].word not in _PURPOSE or tokens[i].quoted or not _opens_purpose(tokens, i):
        return None
    end = i + 1
    while end < len(tokens) and not _ends_purpose(tokens, end):
        end += 1
    return end


_PURPOSE = folded("because so כי מנת כדי בשביל")


def _opens_purpose(tokens: Sequence[Token], i: int) -> bool:
    word = tokens[i].word
    follower = tokens[i + 1].word if i + 1 < len(tokens) else ""
    if word in ("because", "כי"):
        return i > 0
    if word == "so":
        return follower in _PERSONS and i > 0
    if word == "מנת":
        return follower[:1] == "ש"
    return word in ("כדי", "בשביל") and follower[:1] == "ש" and len(follower) > 3


def _ends_purpose(tokens: Sequence[Token], i: int) -> bool:
    token = tokens[i]
    if token.kind is Kind.MARK:
        return token.text in _STOPS
    if token.word in ("and", "then", "but"):
        at = i + 1
        while at < len(tokens) and tokens[at].word in ("then", "also", "please"):
            at += 1
        return at < len(tokens) and _asks(tokens[at])
    return token.hebrew and token.word[:2] == "ות" and _asks(token)


def _asks(token: Token) -> bool:
    verb = read([token])[0].verb
    return verb is not None and verb.form in (Form.BASE, Form.DIRECTIVE)
