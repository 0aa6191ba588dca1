"""A request as clauses: each asks for one thing, or says that one thing is not to be done.

A clause begins at a verb that asks (an imperative, a second person future, an infinitive after a
wish), at an interrogative, or at a noun that some agent delivers (an agenda, a summary) after a
conjunction. An infinitive of purpose ("to discuss the budget") begins none: it says what the
clause before it is about. Negation reaches as far as the verb or noun that it stands before.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Sequence
from typing import NamedTuple

from tizmor.planner.embedded import subordinates, tenses, vocabulary
from tizmor.planner.embedded.conjugation import Form
from tizmor.planner.embedded.readings import Word, stems
from tizmor.planner.embedded.tokens import Kind
from tizmor.planner.embedded.when import Mention


class Mood(enum.StrEnum):
    """How a clause asks."""

    REQUEST = "request"
    QUESTION = "question"
    FRAGMENT = "fragment"
    """No verb of its own: a noun after a conjunction, or a request of a few words."""


class Clause(NamedTuple):
    """The words from `start` to before `end`; `head` is the index of the word that asks."""

    start: int
    end: int
    head: int
    mood: Mood
    verb: str = ""
    """The concept of the verb that asks; empty in questions and fragments."""
    negated: bool = False
    past: bool | None = None
    """The tense of what the clause is about; None when no verb tells."""
    wanted: bool = False
    """Whether a wish ("I need") stands before a fragment."""
    continues: bool = False
    """Whether it asks for the same as the clause before: and with Yoav on Tuesday."""
    led: str = ""
    """The concept of the verb that leads to a question: understand where it is going."""
    aside: bool = False
    """Whether it asks for nothing, and only says who, when and what about: before I sit with X."""


class _Head(NamedTuple):
    start: int
    head: int
    mood: Mood
    verb: str
    negated: bool
    wanted: bool
    continues: bool = False
    led: str = ""
    aside: bool = False


def split(
    words: Sequence[Word], times: Sequence[Mention], *, delivers: Callable[[str], bool]
) -> list[Clause]:
    """The clauses of a request, in order; words before the first one belong to it.

    `delivers` tells whether a noun's concept is a thing that some agent makes.
    """
    heads = _Scanner(words, times, delivers).scan()
    if not heads:
        mood = Mood.QUESTION if any(w.token.text == "?" for w in words) else Mood.FRAGMENT
        heads = [_Head(0, 0, mood, "", False, False)]
    ends = [h.start for h in heads[1:]] + [len(words)]
    return [
        Clause(
            0 if i == 0 else head.start,
            end,
            head.head,
            head.mood,
            head.verb,
            head.negated,
            tenses.tense(words[head.head if head.mood is Mood.REQUEST else head.start : end]),
            head.wanted,
            head.continues,
            head.led,
            head.aside,
        )
        for i, (head, end) in enumerate(zip(heads, ends, strict=True))
    ]


class _Scanner:
    """One pass over the words. `open` says that a clause may begin at the next word.

    What stands between a boundary and a head (polite words, wishes, times, a negation) belongs to
    the clause that the head begins; any other word closes the place.
    """

    def __init__(
        self, words: Sequence[Word], times: Sequence[Mention], delivers: Callable[[str], bool]
    ) -> None:
        self.words = words
        self.ends = {m.start: m.end for m in times}
        self.last_time = 0
        """Where the last time that was passed ends."""
        self.final_time = max(self.ends, default=-1)
        self.delivers = delivers
        self.heads: list[_Head] = []
        self._begin(0)

    def scan(self) -> list[_Head]:
        i = 0
        while i < len(self.words):
            if i in self.ends:
                i = self.last_time = self.ends[i]
            else:
                i = self._step(i)
        return self.heads

    def _begin(self, at: int) -> None:
        self.start, self.open = at, True
        self.negated = self.wanted = self.modal = self.joined = self.ordered = False

    def _step(self, i: int) -> int:
        word = self.words[i]
        if self._is_another_with(i):
            last = self.heads[-1]
            self.heads.append(last._replace(start=i, head=i, mood=Mood.FRAGMENT, continues=True))
            return i + 2
        if not word.token.quoted and (leading := self._subordinate(i)):
            return i + leading
        if self._is_boundary(i):
            self._begin(i + 1 if word.token.kind is Kind.MARK else i)
            self.joined = word.token.kind is not Kind.MARK or word.token.text in ",&"
            return i + 1
        if word.absorbed:
            return i + 1
        joined_here = word.token.word[:1] == "ו" and self._has_conjunction(word)
        if joined_here and (self._is_head_verb(i, opened=True) or word.asks or word.noun):
            self._begin_if_free(i)
        if self._is_appeal(i):
            self._begin_if_free(i)
            self.modal = True
            return i + 1
        if self._negation(i) or self._head(i) or self._filler(i):
            return i + 1
        self.open = False
        self.negated = self.negated and self._keeps_negation(i)
        return i + 1

    def _subordinate(self, i: int) -> int:
        """How many words say only that what follows hangs on another clause."""
        if subordinates.opens_aside(self.words, i):
            self._begin(i)
            self.heads.append(_Head(i, i, Mood.FRAGMENT, "", False, False, aside=True))
            self.open = False
            return 1
        if self.heads and self.heads[-1].aside and subordinates.resumes(self.words, i):
            self._begin(i)
            return 0
        if leading := subordinates.leads_to_request(self.words, i):
            self._begin(i)
            self.modal = self.ordered = True
        return leading

    def _is_first(self) -> bool:
        """Whether nothing was asked for yet."""
        return all(h.aside for h in self.heads[-2:])

    def _is_another_with(self, i: int) -> bool:
        """And with Yoav on Tuesday, after a time was said: the same again with another."""
        last = self.heads[-1] if self.heads else None
        if last is None or last.mood is Mood.QUESTION or last.negated or last.aside:
            return False
        said = self.words[i].token.word
        follower = self.words[i + 1].token.word if i + 1 < len(self.words) else ""
        again = said == "ועמ" or (said == "and" and follower == "with")
        return again and last.head < self.last_time <= i < self.final_time

    def _is_appeal(self, i: int) -> bool:
        """It would be great if you could; אשמח מאוד אם תוכלי: what follows is asked for."""
        word = self.words[i].token.word
        in_question = bool(self.heads) and self.heads[-1].mood is Mood.QUESTION
        if in_question or not i:
            return False
        before = self.words[i - 1].token.word
        return (before == "you" and word in ("can", "could", "would")) or word in _APPEALS

    def _begin_if_free(self, i: int) -> None:
        if not self.open:
            self._begin(i)
        self.joined = True

    @staticmethod
    def _has_conjunction(word: Word) -> bool:
        return any(r.prefix[:1] == "ו" for r in word.readings)

    def _is_boundary(self, i: int) -> bool:
        word = self.words[i]
        if word.token.quoted:
            return False
        if word.token.kind is Kind.MARK:
            return word.token.text in ".,;:!?\n&()"
        return word.token.word in vocabulary.CONJUNCTIONS

    def _negation(self, i: int) -> bool:
        if not self.words[i].is_in(vocabulary.NEGATIONS):
            return False
        if not self.open:
            self._begin(i)
        self.negated = True
        return True

    def _keeps_negation(self, i: int) -> bool:
        """No need to set, אין צורך לקבוע, without any meeting: the negation is still to land."""
        return self.words[i].token.word in _AFTER_NEGATION

    def _filler(self, i: int) -> bool:
        word = self.words[i]
        if not self.open:
            return False
        if word.is_in(vocabulary.MODAL):
            self.modal = True
        if word.is_in(vocabulary.WANTING):
            self.wanted = True
            return True
        if word.is_in(vocabulary.POLITE):
            return True
        if word.token.word in _BEFORE_NOUN or word.token.word in _AFTER_NEGATION:
            return True
        return word.token.kind is Kind.MARK and word.token.text in "-'\"*•"

    def _head(self, i: int) -> bool:
        word = self.words[i]
        if word.token.quoted:
            return False
        led = bool(self.heads) and self._is_led_by(self.heads[-1], i)
        if word.asks and (self.open or led):
            return self._question(i, led=led)
        if self._is_head_verb(i, opened=self.open) or self._is_unheard_verb(i):
            return self._request(i)
        with_before = i > 0 and self.words[i - 1].is_in(vocabulary.WITH)
        starts = self.open and (self.joined or self.negated or self.wanted or self._is_first())
        if word.noun and (starts or with_before or self.negated) and self._is_delivered(i):
            return self._fragment(i, with_before)
        return False

    def _is_delivered(self, i: int) -> bool:
        noun = self.words[i].noun
        if noun is None or not self.delivers(noun.concept):
            return False
        follower = self.words[i + 1].token.word if i + 1 < len(self.words) else ""
        return follower not in ("file", "files", "document", "documents", "notes")

    def _question(self, i: int, *, led: bool) -> bool:
        if led:
            # Tell me when, read what: the verb leads to the question, it asks nothing itself.
            leading = self.heads[-1]
            self.heads[-1] = leading._replace(
                head=i, mood=Mood.QUESTION, verb="", led=leading.led or leading.verb
            )
        else:
            self.heads.append(_Head(self.start, i, Mood.QUESTION, "", False, False))
        self.open = False
        return True

    def _is_led_by(self, head: _Head, i: int) -> bool:
        leads = head.verb in vocabulary.LIGHT or head.verb in (
            "read",
            "understand",
            "find",
            "brief",
        )
        between = self.words[head.head + 1 : i]
        return leads and all(w.function or w.is_in(vocabulary.POLITE) for w in between)

    def _is_head_verb(self, i: int, *, opened: bool) -> bool:
        word = self.words[i]
        verb = word.verb
        if verb is None or verb.form is None or word.token.quoted:
            return False
        if self._is_said_of_us(i):
            return False
        in_question = bool(self.heads) and self.heads[-1].mood is Mood.QUESTION and not opened
        if verb.form is Form.DIRECTIVE:
            said = word.token.word.removeprefix(verb.prefix)
            is_asking = said[:1] == "ת" or opened
            return is_asking and not in_question and (opened or verb.concept not in _RARE_ALONE)
        if verb.form is Form.INFINITIVE:
            return opened and (self.modal or self._is_first() or self.joined or self.negated)
        if verb.form is Form.PRESENT:
            doing = word.token.word.endswith("ing")
            return opened and doing and (self.negated or self.ordered)
        if verb.form is Form.PAST:
            return opened and self.ordered
        if verb.form is Form.BASE:
            follower = self.words[i + 1].token.word if i + 1 < len(self.words) else ""
            if word.token.word == "do" and follower in ("i", "we", "you", "they"):
                return False
            return opened and self._acts_as_verb(i)
        return False

    def _is_unheard_verb(self, i: int) -> bool:
        """Whether a word that no list knows asks by its place: it opens the clause, and what
        follows can only be its object (reticulate the splines, תרשרש לי את זה)."""
        word = self.words[i]
        token = word.token
        if not (self.open and word.unknown and token.kind is Kind.WORD) or token.prefix:
            return False
        before = self.words[i - 1].token if i else None
        if word.is_in(_INTRODUCING):
            return False
        follower = self.words[i + 1].token.word if i + 1 < len(self.words) else ""
        if token.hebrew:
            form = token.word.removeprefix("ו")
            return form[:1] == "ת" and len(form) > 3 and follower in _HEBREW_OBJECTS
        starts = before is None or before.kind is Kind.MARK
        if (token.capitalized and not starts) or (before and before.word in _BEFORE_NOUN):
            return False
        return follower in _ENGLISH_OBJECTS and not token.word.endswith("s")

    def _is_said_of_us(self, i: int) -> bool:
        """What we discuss, Michal and I agree: no wish, unless a modal makes it one."""
        before = self.words[i - 1].token.word if i else ""
        if before in ("i'll", "we'll"):
            return True
        return before in ("i", "we", "they", "you") and not self.modal

    def _acts_as_verb(self, i: int) -> bool:
        """Whether a base form is a verb here: book a meeting, but not "the book and record"."""
        word = self.words[i]
        noun_too = word.noun is not None or word.token.word in _NOUN_LIKE
        if not noun_too:
            return True
        if word.token.hebrew and word.noun is not None:
            return self.start >= i - 3 and i + 1 < len(self.words)
        if i + 1 >= len(self.words):
            return False
        follower = self.words[i + 1]
        return (
            follower.token.word in _OBJECT_OPENERS
            or follower.token.capitalized
            or follower.token.kind is not Kind.WORD
            or follower.noun is not None
        )

    def _request(self, i: int) -> bool:
        verb = self.words[i].verb
        concept = verb.concept if verb is not None else stems(self.words[i].token.word)[0]
        start = self.start if self.open else i
        if self.heads and self._is_led_by(self.heads[-1], i) and not self.joined:
            self.heads.pop()
        self.heads.append(_Head(start, i, Mood.REQUEST, concept, self.negated, self.wanted))
        self.open = self.negated = self.modal = self.wanted = self.joined = False
        return True

    def _fragment(self, i: int, with_before: bool) -> bool:
        start = i - 1 if with_before and not self.open else self.start
        if with_before and not self.delivers_beside(i):
            return False
        self.heads.append(_Head(start, i, Mood.FRAGMENT, "", self.negated, self.wanted))
        self.open = self.negated = self.wanted = self.joined = False
        return True

    def delivers_beside(self, i: int) -> bool:
        """Whether the noun after "with" is another thing than what the clause makes."""
        noun = self.words[i].noun
        said = {
            w.noun.concept
            for head in self.heads[-1:]
            for w in self.words[head.head : i]
            if w.noun is not None
        }
        return noun is not None and bool(self.heads) and noun.concept not in said


_AFTER_NEGATION = vocabulary.folded(
    "need of than to any a an the another more צורך צריך לצורך שום כל זה או anything anyone"
)
_BEFORE_NOUN = vocabulary.folded("a an the my our me us with some את of for to that also new")
_NOUN_LIKE = vocabulary.folded(
    "plan test report call mail book study present order set open show list draft check review "
    "change move drop help cost sign record debate study answer produce display claim"
)
_OBJECT_OPENERS = vocabulary.folded(
    "a an the my our your his her their it this that these those me us all any every with to "
    "for up what when who how whether if on out over some everything anything something time "
    "one two"
)
_APPEALS = vocabulary.folded("תוכל תוכלי תוכלו")
_ENGLISH_OBJECTS = vocabulary.folded("a an the my our your me us him her them this these those")
_HEBREW_OBJECTS = vocabulary.folded("לי לנו את אותי אותנו לו לה להם אותו אותה אותם בבקשה נא")
_INTRODUCING = (
    vocabulary.TOPIC_MARKERS | vocabulary.PLACE_MARKERS | vocabulary.SOURCES | vocabulary.WITH
) | vocabulary.POLITE
_RARE_ALONE = frozenset({"say", "do", "talk", "cost", "sign", "decide", "pay", "ask"})
