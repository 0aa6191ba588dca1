"""A request read once: its clauses, with what each says and which agents it asks for."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from tizmor.core.agents import AgentSpec
from tizmor.planner.embedded import asides, clauses, vocabulary, when
from tizmor.planner.embedded.clauses import Clause, Mood
from tizmor.planner.embedded.parts import Part, makes, takes
from tizmor.planner.embedded.readings import read
from tizmor.planner.embedded.retrieval import Index, Query
from tizmor.planner.embedded.slots import Slots
from tizmor.planner.embedded.tokens import tokenize
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
    ends: bool = False
    """Whether a full stop or a question mark ends the sentence with it."""


class Interpreter:
    """Reads requests with one set of agents."""

    def __init__(self, specs: Sequence[AgentSpec]) -> None:
        self._index = Index(specs)
        self._answering = next((s for s in specs if takes(s, "RequestText")), None)
        self._finding = next(
            (s for s in specs if makes(s, "Document") and not takes(s, "FileName")), None
        )
        self._opens_files = any(makes(s, "Document") and takes(s, "FileName") for s in specs)

    def interpret(self, text: str, now: dt.datetime, workspace: Workspace) -> list[Asked]:
        """Every clause of a cleaned text, in order."""
        tokens = asides.without(tokenize(text))
        times = when.mentions(tokens, text)
        words = read(tokens)
        named: list[str] = []
        asked: list[Asked] = []
        of_us: list[int] = []
        for clause in clauses.split(words, times, delivers=self._index.delivers):
            part = Part(clause, words, times, text, named)
            before = asked[-1] if asked else None
            asked.append(self._asked(part, before, now, workspace))
            named += part.people.names
            if part.speaks_of_us:
                of_us.append(len(asked) - 1)
        return _joined(_with_others(asked, frozenset(of_us)), self._answering)

    def _asked(
        self, part: Part, before: Asked | None, now: dt.datetime, workspace: Workspace
    ) -> Asked:
        clause, query = part.clause, part.query()
        agent: AgentSpec | None = None
        ruled_out: tuple[AgentSpec, ...] = ()
        if clause.aside:
            return Asked(clause, None, (), part.of_meeting(now, workspace), part.said, False)
        if clause.negated:
            ruled_out = tuple(self._index.mentioned(query))
        elif clause.continues and before is not None:
            agent = before.agent
        else:
            agent = self._agent(part, query, follows=before is not None and part.asks)
        slots = part.slots(agent, now, workspace, opens_files=self._opens_files)
        if agent is not None and not slots.people and part.points_back:
            slots = msgspec.structs.replace(slots, people=part.people_before)
        asks = clause.mood is not Mood.FRAGMENT or clause.wanted
        return Asked(clause, agent, ruled_out, slots, part.said, asks, part.ends)

    def _agent(self, part: Part, query: Query, *, follows: bool) -> AgentSpec | None:
        hits = self._index.search(query)
        if hits:
            agent = hits[0].agent
            if agent.critical and part.is_thought:
                return None
            if agent is self._answering:
                return self._instead_of_answering(part) if part.content or follows else None
            return agent
        sought = part.clause.verb in vocabulary.MEANS
        if sought and (part.topics.best or part.times):
            return self._finding
        informs = part.clause.mood is Mood.QUESTION or (
            part.clause.verb in vocabulary.LIGHT
            and (bool(part.topics.best) or query.object in vocabulary.ABOUT_RECORDS)
        )
        named = part.content or follows
        return self._instead_of_answering(part) if informs and named else None

    def _instead_of_answering(self, part: Part) -> AgentSpec | None:
        """Understand where it is going: who is asked by the verb that leads to the question."""
        led = part.clause.led
        asked = self._index.asked_by(led) if led in vocabulary.COMPREHENDING else None
        return asked or self._answering


def _with_others(asked: list[Asked], of_us: frozenset[int]) -> list[Asked]:
    """Meetings for us get whom the request names elsewhere: before I sit with Dana, set us an
    hour. Those named last before are meant, or else those named first after."""
    nearest = next((a.slots.people for a in asked if _names_people(a)), ())
    found: list[Asked] = []
    for i, part in enumerate(asked):
        if _names_people(part):
            nearest = part.slots.people
        elif i in of_us and nearest and part.agent is not None and takes(part.agent, "TimeWish"):
            part = part._replace(slots=msgspec.structs.replace(part.slots, people=nearest))
        found.append(part)
    return found


def _names_people(part: Asked) -> bool:
    return bool(part.slots.people) and not part.clause.negated


def _joined(asked: list[Asked], answering: AgentSpec | None) -> list[Asked]:
    """Questions that one sentence asks together are one: who won, and why?"""
    joined: list[Asked] = []
    for part in asked:
        last = joined[-1] if joined else None
        together = (
            last is not None
            and answering is not None
            and last.agent is part.agent is answering
            and last.slots.period == part.slots.period
        )
        if last is None or not together or last.ends:
            joined.append(part)
            continue
        slots = msgspec.structs.replace(
            last.slots,
            text=f"{last.slots.text} {part.slots.text}"[:20_000],
            topics=last.slots.topics or part.slots.topics,
            about=last.slots.about or part.slots.about,
        )
        joined[-1] = last._replace(slots=slots, said=f"{last.said} {part.said}", ends=part.ends)
    return joined
