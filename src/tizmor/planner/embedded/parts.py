"""What one clause says: its people, places, times and topics, and what they give to an agent."""

from __future__ import annotations

import bisect
import datetime as dt
import itertools
from collections.abc import Sequence

from tizmor.core.agents import AgentSpec
from tizmor.core.plan import Effect
from tizmor.core.schema import fields, type_name
from tizmor.planner.embedded import people, places, subordinates, topics, vocabulary, when
from tizmor.planner.embedded.clauses import Clause, Mood
from tizmor.planner.embedded.clocks import Duration
from tizmor.planner.embedded.periods import (
    Month,
    Named,
    Offset,
    Portion,
    Quarter,
    Range,
    Reference,
    Stretch,
    Turn,
    Weekday,
    Weekend,
    Year,
    is_exact_day,
)
from tizmor.planner.embedded.readings import Word
from tizmor.planner.embedded.retrieval import Query, terms
from tizmor.planner.embedded.slots import Slots, file_topics
from tizmor.planner.embedded.tokens import Kind, surface
from tizmor.planner.embedded.topics import Topics
from tizmor.planner.embedded.when import Mention
from tizmor.ports.workspace import Workspace


class Part:
    """The words of one clause, with the people and topics in them."""

    def __init__(
        self,
        clause: Clause,
        words: Sequence[Word],
        times: Sequence[Mention],
        text: str,
        named: Sequence[str],
    ) -> None:
        self.clause = clause
        self.words = words[clause.start : clause.end]
        self.head = clause.head - clause.start
        self.times = [
            m._replace(start=m.start - clause.start, end=m.end - clause.start)
            for m in times[
                bisect.bisect_left(times, clause.start, key=_start) : bisect.bisect_left(
                    times, clause.end, key=_start
                )
            ]
        ]
        self.timed = frozenset(i for m in self.times for i in range(m.start, m.end))
        self.people = people.find(self.words, self.timed, named)
        self.location, located = places.find(self.words)
        self.timed |= located
        self.topics = self._topics(self.timed)
        self.about = topics.about_start(self.words)
        self.people_before = tuple(dict.fromkeys(named))
        self.points_back = clause.mood is Mood.REQUEST and not any(w.noun for w in self.words)
        self.speaks_of_us = not self.people.names and any(w.is_in(_US) for w in self.words)
        self.asks = any(w.asks for w in self.words)
        self.ends = any(w.token.text in ".?!\n" for w in self.words[-1:])
        self.said = surface([w.token for w in self.words], text).strip(" ,;:.!?\n")
        self._question = surface([w.token for w in self.words[self.head :]], text)

    @property
    def content(self) -> bool:
        """Whether anything is named that can be looked for."""
        return bool(self.topics.everything or self.people.names or self._files() or self.times)

    @property
    def is_thought(self) -> bool:
        """Whether the clause only thinks or tells of a meeting: maybe, I have, it was."""
        said = [w.token.word for w in self.words]
        if not vocabulary.HEDGES.isdisjoint(said):
            return True
        if "should" in said and said[said.index("should") + 1 : said.index("should") + 2] == ["i"]:
            return True
        if self.clause.mood is not Mood.FRAGMENT:
            return False
        has = any(
            (a in ("i", "we") and b in ("have", "had")) or (a == "יש" and b in ("לי", "לנו"))
            for a, b in itertools.pairwise(said)
        )
        return has or not _TELLING.isdisjoint(said)

    def _keeps_time(self, kept: Sequence[Word]) -> bool:
        """Whether time is to be kept for whoever asks: a verb of keeping before a length or a part
        of the day, or a length or an hour that goes into the calendar."""
        verb = self.clause.verb
        meets = any(w.noun and w.noun.concept == "meeting" for w in self.words)
        alone = self.clause.mood is Mood.REQUEST and not (self.people.names or meets)
        if not alone or not self.times or any(w.is_in(vocabulary.WITH) for w in self.words):
            return False
        if verb in ("block", "schedule") and self._is_entered():
            return True
        objects = [w for w in kept[1:] if not w.function and not w.is_in(_BESIDE)]
        first = objects[0] if objects else None
        timed_first = self._first_object_is_time()
        is_time = first is None or (first.noun and first.noun.concept in _OWN_OBJECTS)
        return verb == "block" and bool(timed_first or is_time)

    def _is_entered(self) -> bool:
        return any(
            w.noun
            and w.noun.concept == "calendar"
            and (w.noun.prefix[-1:] in ("ב", "ל") or self._stands_after_in(i))
            for i, w in enumerate(self.words)
        )

    def _stands_after_in(self, i: int) -> bool:
        before = {w.token.word for w in self.words[max(0, i - 3) : i]}
        return not before.isdisjoint(("in", "into", "on", "to"))

    def _first_object_is_time(self) -> bool:
        """Whether the first word after the verb that isn't a small one says a time or length."""
        for i, word in enumerate(self.words[self.head + 1 :], self.head + 1):
            if i in self.timed:
                return True
            if not (word.function or word.is_in(_BESIDE)):
                return False
        return False

    def query(self) -> Query:
        """What the clause says to the index: not its times, its people, nor what it is about."""
        end = topics.about_start(self.words[self.head :]) + self.head
        kept = [
            w
            for i, w in enumerate(self.words[: max(end, self.head + 1)])
            if i >= self.head and i not in self.timed and i not in self.people.words
        ]
        mood = self.clause.mood
        if mood is Mood.FRAGMENT and self.clause.past:
            mood = Mood.QUESTION
        said, made, verb = terms(kept), self._object(kept), self.clause.verb
        if self._holds_records():
            said = tuple(t for t in said if t != ("have",))
        if self._asks_when_together():
            said, made = (*said, ("free",)), "free"
        if self._is_time_together(kept):
            said, made, verb = (("schedule",), ("meeting",)), "meeting", "schedule"
        own = self._keeps_time(kept)
        if own:
            said, verb = (*said, ("schedule",), ("calendar",)), "block"
        return Query(said, mood, verb, made, self._given(), own)

    def _holds_records(self) -> bool:
        """Whether what we have is what was written, not a day's meetings: read what we have from
        January, all you have on the tender."""
        about = bool(self.topics.about and not self.people.names)
        led = self.clause.led in vocabulary.MEANS | vocabulary.COMPREHENDING
        relative = subordinates.has_relative(self.words)
        return (relative and (led or about)) or (about and self._stems_from_a_time())

    def _stems_from_a_time(self) -> bool:
        """Things from March, from January and February."""
        around = (w for m in self.times for w in self.words[max(0, m.start - 1) : m.start + 1])
        return any(w.token.word == "from" for w in around)

    def _asks_when_together(self) -> bool:
        """When could Dana and I find an hour: a length, and no word for free."""
        asks_when = any(w.asks and w.asks.concept in ("when", "free") for w in self.words)
        long = any(isinstance(m.value, Duration) for m in self.times)
        modal = any(w.is_in(vocabulary.MODAL | vocabulary.WANTING) for w in self.words)
        with_somebody = any(w.is_in(vocabulary.WITH) for w in self.words)
        if self.clause.verb == "find":
            if with_somebody:
                return False
            rest = (w.noun for i, w in enumerate(self.words) if i not in self.timed)
            return long and all(noun is None or noun.concept == "time" for noun in rest)
        return self.clause.mood is Mood.QUESTION and asks_when and long and modal

    def _is_time_together(self, kept: Sequence[Word]) -> bool:
        """An hour with Noa tomorrow: who and when, and no word for what."""
        bare = self.clause.mood is Mood.FRAGMENT or self.clause.verb in _WISHING
        length = any(isinstance(m.value, Duration) for m in self.times)
        if self.clause.verb in ("find", "schedule", "block") and not length:
            return False
        kept = kept[1:] if self.clause.verb else kept
        return (
            bare
            and not self.clause.past
            and bool((self.people.names or self.speaks_of_us) and self.times)
            and all(w.function or w.token.kind is not Kind.WORD or w.is_in(_BESIDE) for w in kept)
        )

    def _object(self, kept: Sequence[Word]) -> str:
        """The first noun after the verb. "My meetings" are no object to make."""
        after_verb = kept[bool(self.clause.verb) :]
        at = next((i for i, w in enumerate(after_verb) if w.noun), None)
        if at is None:
            return ""
        word = after_verb[at]
        around = after_verb[max(0, at - 1) : at + 2]
        owned = any(w.token.word in _OWN for w in around)
        plural = word.token.word.endswith(("s", "ות")) and word.token.word not in _SINGULAR
        fragment = self.clause.mood is Mood.FRAGMENT
        return "" if (fragment and (owned or plural)) or word.noun is None else word.noun.concept

    def _given(self) -> frozenset[str]:
        """The types that the clause gives values of; people stand for their contacts, too."""
        given = Slots(
            topics=self.topics.best, people=self.people.names, files=self._files()
        ).given()
        if self.people.names:
            given |= {"Contact"}
        return given | {"TimeWish"} if self.times else given

    def slots(
        self,
        agent: AgentSpec | None,
        now: dt.datetime,
        workspace: Workspace,
        *,
        opens_files: bool,
    ) -> Slots:
        """What the clause gives to `agent`; `opens_files` says that files are documents, too."""
        records = agent is not None and any(_deals_with(agent, k) for k in _RECORDS)
        past = self.clause.past if self.clause.past is not None else records
        meets = agent is not None and takes(agent, "TimeWish")
        start, end = self._of_meeting() if not meets else (0, 0)
        of_topic = [m for m in self.times if meets and self._is_of_topic(m)]
        told = self._told(when.reference(now, workspace, past=True)) if meets else []
        times = [m for m in self.times if m not in of_topic and m not in told]
        if records and self.clause.mood is not Mood.QUESTION:
            times = [m for m in times if not _is_deadline(m)]
        alone = meets and self.query().own_time
        people_, unsaid = self.people.names, frozenset(range(start, end))
        found = self.topics
        if end or of_topic:
            freed = frozenset(i for m in of_topic for i in range(m.start, m.end))
            found = self._topics((self.timed - freed) | unsaid)
        times = [m for m in times if m.start not in unsaid]
        about = found.about + found.weak if meets and not alone else found.everything
        outside = bool(people_) and agent is not None and not _reaches_people(agent)
        if outside and not end:
            about = tuple(dict.fromkeys((*about, *people_)))
        if agent is not None and not takes(agent, "FileName") and not opens_files:
            about += file_topics(self._files())
        wish = when.wish(times, now, workspace)
        if agent is not None and agent.effect is not Effect.READ and not alone:
            wish = when.fixed(wish, times, now)
        return Slots(
            text=self._question[:20_000].strip() or self.said,
            topics=about,
            about=about,
            weak=not found.strong,
            people=() if outside else people_,
            meeting_people=people_ if end else (),
            files=self._files(),
            period=when.period(times, when.reference(now, workspace, past=past)),
            period_told=when.period(told, when.reference(now, workspace, past=True)),
            wish=when.whole(wish) if alone else wish,
            alone=alone,
            recurs=meets and self._recurs(),
            named={"location": self.location} if self.location else {},
        )

    def _told(self, at: Reference) -> list[Mention]:
        """The times of what was done or written, not of the meeting: what we wrote in May. A
        single day is the meeting's where no other day is said."""
        verb = next((i for i in subordinates.told(self.words) if i > self.head), None)
        days = [(m, m.value) for m in self.times if isinstance(m.value, Named | Range)]
        for mention, value in days:
            if verb is not None and mention.start > verb:
                alone = is_exact_day(value) and len(days) == 1
                return [mention] if when.begins_by(mention, at) and not alone else []
        return []

    def of_meeting(self, now: dt.datetime, workspace: Workspace) -> Slots:
        """Who, when and what about a meeting is that the clause only mentions."""
        about = self.topics.about if self.people.names else ()
        return Slots(
            topics=about,
            about=about,
            people=self.people.names,
            wish=when.wish(self.times, now, workspace),
        )

    def _recurs(self) -> bool:
        """Every Monday, weekly, כל יום שלישי."""
        said = [w.token.word for w in self.words]
        if not _RECURRING.isdisjoint(said):
            return True
        every = (i for i, w in enumerate(said) if w in ("every", "each", "כל", "מדי", "בכל"))
        return any(i + 1 in self.timed or said[i + 1 : i + 2] == ["יומ"] for i in every)

    def _of_meeting(self) -> tuple[int, int]:
        """The words that only say which meeting something is for: an agenda for a meeting with
        Dana on Thursday. Who and when are the meeting's then, what it is about is said to all."""
        for i, word in enumerate(self.words[self.head + 1 :], self.head + 1):
            if word.noun is None or word.noun.concept != "meeting":
                continue
            before = {w.token.word for w in self.words[max(0, i - 4) : i]}
            if word.noun.prefix[-1:] == "ל" or "for" in before:
                start = i
                while start - 1 in self.timed:
                    start -= 1
                about = topics.about_start(self.words[i:]) + i
                return start, max(i, min(about, self._source_start(i)))
        return 0, 0

    def _source_start(self, i: int) -> int:
        """Where it is said of what documents something is made: from our October notes."""
        return next(
            (
                j
                for j in range(i + 1, len(self.words))
                if self.words[j].token.word in vocabulary.SOURCES
                or [w.token.word for w in self.words[j : j + 2]]
                in (["out", "of"], ["based", "on"], ["על", "סמכ"], ["על", "בסיס"])
            ),
            len(self.words),
        )

    def _topics(self, timed: frozenset[int]) -> Topics:
        return topics.find(
            self.words, timed | self.people.words, skip=self.head if self.clause.start else 0
        )

    def _files(self) -> tuple[str, ...]:
        return tuple(w.token.text for w in self.words if w.token.kind is Kind.FILE)

    def _is_of_topic(self, mention: Mention) -> bool:
        """Whether a month, quarter or year only says which: a meeting about the Q4 budget."""
        first = self.words[mention.start].token
        introduced = (
            first.word in ("in", "on") or first.prefix or (first.hebrew and first.word[:1] in "בל")
        )
        return (
            isinstance(mention.value, Month | Quarter | Year)
            and not introduced
            and mention.start > self.about
        )


def _is_deadline(mention: Mention) -> bool:
    """By Thursday, before the weekend: till when an answer is wanted, not what of."""
    bound = mention.value
    if not isinstance(bound, Range) or bound.first is not None:
        return False
    ahead = isinstance(bound.last, Stretch) and bound.last.turn is not Turn.LAST
    return ahead or isinstance(bound.last, Weekday | Offset | Weekend | Portion)


def _start(mention: Mention) -> int:
    return mention.start


_RECORDS = ("Document", "DocumentText", "Analysis")
"""What is written of the past: a month that is asked of it has been."""
_TELLING = vocabulary.folded(
    "is are was were been went has wants wanted היה הייתה היתה היו הוא היא"
)
_US = vocabulary.folded("us our לנו שנינו") | frozenset(vocabulary.PRONOUNS)
_WISHING = ("give", "find", "schedule", "block")
_OWN_OBJECTS = ("time", "free", "calendar")
_RECURRING = vocabulary.folded("weekly daily monthly biweekly recurring שבועית קבועה חודשית יומית")
_OWN = vocabulary.folded("my our שלי שלנו")
_BESIDE = vocabulary.POLITE | vocabulary.WANTING
_SINGULAR = frozenset({"status", "diagnostics", "synopsis"})


def takes(spec: AgentSpec, kind: str) -> bool:
    """Whether an agent has an argument of `kind`, or of a list of it."""
    return any(type_name(p.schema).removesuffix("[]") == kind for p in spec.parameters)


def makes(spec: AgentSpec, kind: str) -> bool:
    """Whether an agent's output has a field of `kind`, or of a list of it."""
    made = fields(spec.output, spec.defs).values()
    return any(type_name(f).removesuffix("[]") == kind for f in made)


def _deals_with(spec: AgentSpec, kind: str) -> bool:
    return takes(spec, kind) or makes(spec, kind)


def _reaches_people(spec: AgentSpec) -> bool:
    return takes(spec, "PersonName") or takes(spec, "Contact")
