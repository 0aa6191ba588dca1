"""A request read once: its clauses, with what each says and which agents it asks for."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import NamedTuple

from tizmor.core.agents import AgentSpec
from tizmor.core.schema import fields, type_name
from tizmor.planner.embedded import clauses, people, topics, vocabulary, when
from tizmor.planner.embedded.clauses import Clause, Mood
from tizmor.planner.embedded.periods import Month, Quarter, Year
from tizmor.planner.embedded.readings import Word, read
from tizmor.planner.embedded.retrieval import Index, Query, terms
from tizmor.planner.embedded.slots import Slots
from tizmor.planner.embedded.tokens import Kind, surface, tokenize
from tizmor.planner.embedded.topics import Topics
from tizmor.planner.embedded.when import Mention
from tizmor.ports.workspace import Workspace


class Asked(NamedTuple):
    """One clause: the agent that it asks for (None when no agent can), or, negated, those that
    it rules out."""

    clause: Clause
    agent: AgentSpec | None
    ruled_out: tuple[AgentSpec, ...]
    slots: Slots
    said: str
    asks: bool
    """Whether the clause asks for something at all, so that it matters when no agent can."""


class Interpreter:
    """Reads requests with one set of agents."""

    def __init__(self, specs: Sequence[AgentSpec]) -> None:
        self._index = Index(specs)
        self._answering = next((s for s in specs if _takes(s, "RequestText")), None)

    def interpret(self, text: str, now: dt.datetime, workspace: Workspace) -> list[Asked]:
        """Every clause of a cleaned text, in order."""
        tokens = tokenize(text)
        times = when.mentions(tokens, text)
        words = read(tokens)
        named: list[str] = []
        asked = []
        for clause in clauses.split(words, times, delivers=self._index.delivers):
            part = _Part(clause, words, times, text, named)
            asked.append(self._asked(part, now, workspace))
            named += part.people.names
        return asked

    def _asked(self, part: _Part, now: dt.datetime, workspace: Workspace) -> Asked:
        clause, query = part.clause, part.query()
        agent, ruled_out = None, ()
        if clause.negated:
            ruled_out = tuple(self._index.mentioned(query))
        else:
            agent = self._agent(part, query)
        slots = part.slots(agent, now, workspace)
        asks = clause.mood is not Mood.FRAGMENT or clause.wanted
        return Asked(clause, agent, ruled_out, slots, part.said, asks)

    def _agent(self, part: _Part, query: Query) -> AgentSpec | None:
        hits = self._index.search(query)
        if hits:
            return hits[0].agent
        informs = part.clause.mood is Mood.QUESTION or (
            part.clause.verb in vocabulary.LIGHT and bool(part.topics.best)
        )
        return self._answering if informs else None


class _Part:
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
            for m in times
            if clause.start <= m.start < clause.end
        ]
        self.timed = frozenset(i for m in self.times for i in range(m.start, m.end))
        self.people = people.find(self.words, self.timed, named)
        self.topics = self._topics(self.timed)
        self.said = surface([w.token for w in self.words], text).strip(" ,;:.!?\n")
        self._question = surface([w.token for w in self.words[self.head :]], text)

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
        nouns = (w.noun.concept for w in kept[bool(self.clause.verb) :] if w.noun)
        given = Slots(
            topics=self.topics.best,
            people=self.people.names,
            files=self._files(),
        ).given()
        return Query(terms(kept), mood, self.clause.verb, next(nouns, ""), given)

    def slots(self, agent: AgentSpec | None, now: dt.datetime, workspace: Workspace) -> Slots:
        """What the clause gives to `agent`."""
        records = agent is not None and _deals_with(agent, "Document")
        past = self.clause.past if self.clause.past is not None else records
        meets = agent is not None and _takes(agent, "TimeWish")
        times = [m for m in self.times if not (meets and self._is_of_topic(m))]
        found = self.topics
        if len(times) < len(self.times):
            found = self._topics(frozenset(i for m in times for i in range(m.start, m.end)))
        about = found.about + found.weak if meets else found.everything
        names = self.people.names
        if agent is not None and names and not _reaches_people(agent):
            about, names = tuple(dict.fromkeys((*about, *names))), ()
        return Slots(
            text=self._question[:20_000].strip() or self.said,
            topics=about,
            about=about,
            people=names,
            files=self._files(),
            period=when.period(times, when.reference(now, workspace, past=past)),
            wish=when.wish(times, now, workspace),
        )

    def _topics(self, timed: frozenset[int]) -> Topics:
        return topics.find(self.words, timed | self.people.words, skip=self.head)

    def _files(self) -> tuple[str, ...]:
        return tuple(w.token.text for w in self.words if w.token.kind is Kind.FILE)

    def _is_of_topic(self, mention: Mention) -> bool:
        """Whether a month, quarter or year only says which: a meeting about the Q4 budget."""
        first = self.words[mention.start].token
        introduced = (
            first.word in ("in", "on") or first.prefix or (first.hebrew and first.word[:1] in "בל")
        )
        about = topics.about_start(self.words)
        return (
            isinstance(mention.value, Month | Quarter | Year)
            and not introduced
            and mention.start > about
        )


def _takes(spec: AgentSpec, kind: str) -> bool:
    return any(type_name(p.schema).removesuffix("[]") == kind for p in spec.parameters)


def _makes(spec: AgentSpec, kind: str) -> bool:
    made = fields(spec.output, spec.defs).values()
    return any(type_name(f).removesuffix("[]") == kind for f in made)


def _deals_with(spec: AgentSpec, kind: str) -> bool:
    return _takes(spec, kind) or _makes(spec, kind)


def _reaches_people(spec: AgentSpec) -> bool:
    return _takes(spec, "PersonName") or _takes(spec, "Contact")
