"""The planner that needs no model and no key: grammar, retrieval and typed backward chaining.

It reads the request and nothing else. The same request, answers and time give the same plan.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import msgspec

from tizmor.core.agents import AgentSpec
from tizmor.core.plan import Effect, Plan, Question
from tizmor.core.schema import fields, is_secret, type_name
from tizmor.planner.embedded import questions, vocabulary
from tizmor.planner.embedded.chaining import Chain, MissingArgument
from tizmor.planner.embedded.interpretation import Asked, Interpreter
from tizmor.planner.embedded.replanning import aligned, check_replaced, without
from tizmor.planner.embedded.slots import Slots, file_topics
from tizmor.planner.embedded.tokens import clean, language
from tizmor.planner.embedded.when import Wish
from tizmor.planner.embedded.wording import Wording
from tizmor.ports.planner import Failure, PlanRequest

NAME = "embedded/1"


class EmbeddedPlanner:
    """Plans requests in Hebrew and English over `specs`."""

    def __init__(self, specs: Sequence[AgentSpec]) -> None:
        self._specs = tuple(specs)

    @cached_property
    def _interpreter(self) -> Interpreter:
        """Made for the first request: most processes only run, or show, what was planned."""
        return Interpreter(self._specs)

    async def plan(self, request: PlanRequest) -> Plan:
        """The plan for `request`; never raises for what the text says.

        Questions have the ids `goal` (nothing matches), `people` (with whom), `time` (what was
        said has passed), or the name of the argument that is missing. Raises `PlanRefused` when an
        earlier plan failed and there is no other way.
        """
        if request.failure is not None:
            return await self._plan_again(request, request.failure)
        text = clean(request.answers.get(questions.GOAL) or request.text)
        words = Wording(request.workspace.language or language(text))
        asked = self._interpreter.interpret(text, request.now, request.workspace)
        return _Planning(self._specs, request, words).plan(asked)

    async def _plan_again(self, request: PlanRequest, failure: Failure) -> Plan:
        others = EmbeddedPlanner(without(self._specs, failure.agents))
        plan = await others.plan(msgspec.structs.replace(request, failure=None))
        check_replaced(plan, failure, {spec.name: spec for spec in self._specs})
        return aligned(plan, failure)


class _Planning:
    """One request on its way to a plan."""

    def __init__(self, specs: Sequence[AgentSpec], request: PlanRequest, words: Wording) -> None:
        self._specs = specs
        self._request = request
        self._words = words
        self._assumptions: list[str] = []
        self._questions: dict[str, Question] = {}

    def plan(self, asked: Sequence[Asked]) -> Plan:
        goals = [a for a in asked if a.agent is not None]
        if not goals:
            return self._made(Chain((), frozenset(), self._words), goal_missing=True)
        excluded = self._ruled_out(asked, goals)
        chain = Chain(self._specs, excluded, self._words)
        context = _context(asked)
        for i, goal in enumerate(goals):
            said_again = _is_said_again(goal, goals[i + 1 :])
            others = goals if _points_to_material(goal) else goals[i + 1 :]
            if said_again or (_is_means(goal) and any(map(_uses_documents, others))):
                topics, period = goal.slots.topics, goal.slots.period or context.period
                context = msgspec.structs.replace(
                    context, topics=topics or context.topics, period=period, weak=True
                )
            else:
                context = self._add(chain, goal, context)
        self._accompany(chain, excluded, context)
        for other in asked:
            if other.agent is None and other.asks and not other.clause.negated:
                self._assumptions.append(self._words.unserved(other.said[:200]))
        return self._made(chain, goal_missing=False)

    def _made(self, chain: Chain, *, goal_missing: bool) -> Plan:
        if goal_missing:
            self._ask(questions.goal(self._specs, self._words))
        return Plan(
            goal=self._request.text,
            steps=tuple(chain.steps),
            language=self._words.language,
            assumptions=tuple(dict.fromkeys(self._assumptions)),
            questions=tuple(self._questions.values()),
            planner=NAME,
        )

    def _ruled_out(self, asked: Sequence[Asked], goals: Sequence[Asked]) -> frozenset[str]:
        wanted = {g.agent.name for g in goals if g.agent is not None}
        excluded: set[str] = set()
        for negated in asked:
            for spec in negated.ruled_out:
                if spec.name not in wanted:
                    excluded.add(spec.name)
                    title = self._words.step(spec, negated.slots).rstrip(": ")
                    self._assumptions.append(self._words.left_out(title))
        return frozenset(excluded)

    def _add(self, chain: Chain, goal: Asked, context: Slots) -> Slots:
        """Add one goal's steps; the context for the goals after it."""
        spec = goal.agent
        if spec is None:
            return context
        slots = goal.slots
        verb = goal.clause.led or goal.clause.verb
        if slots.weak and context.topics and verb in vocabulary.COMPREHENDING:
            # Read what we did at Tevuot, understand where the budget goes: Tevuot's budget.
            slots = msgspec.structs.replace(slots, topics=(), about=())
        answered = self._answered(spec, self._inheriting(spec, slots, context))
        if answered is None:
            return context
        slots = answered
        try:
            chain.add(spec, slots)
        except MissingArgument as missing:
            self._ask_for(missing)
            return context
        self._say_times(spec, slots)
        return _following(context, spec, slots)

    def _inheriting(self, spec: AgentSpec, slots: Slots, context: Slots) -> Slots:
        """A clause that says no topic or period of its own is about the same as those before."""
        if _kinds(spec) & {"TimeWish"}:
            people = slots.people
            known = tuple(t for t in context.topics if t not in people)
            if spec.effect is not Effect.READ and slots.wish.when is None:
                # Find an hour next week and book Dana: within what was said of the hour.
                minutes = slots.wish.minutes or context.wish.minutes
                wish = context.wish._replace(minutes=minutes)
                slots = msgspec.structs.replace(slots, wish=wish)
            about = slots.about or known
            title = (
                self._words.own_time(about) if slots.alone else self._words.meeting(people, about)
            )
            return msgspec.structs.replace(slots, title=title)
        if slots.meeting_people:
            title = self._words.meeting(slots.meeting_people, slots.about or context.topics)
            slots = msgspec.structs.replace(slots, title=title)
        if not ((_kinds(spec) | _makes(spec)) & {"Document", "Analysis"}):
            return slots
        own = slots.files or slots.period or (slots.about and not slots.weak)
        if context.files and not own:
            return msgspec.structs.replace(slots, files=context.files)
        agrees = not slots.topics or not context.topics
        topics = slots.topics or context.topics
        if slots.topics and slots.weak and context.weak:
            # Read what the board wrote, and list the decisions: the board's decisions.
            agrees, topics = True, tuple(dict.fromkeys((*context.topics, *slots.topics)))
        return msgspec.structs.replace(
            slots,
            topics=topics,
            period=slots.period or (context.period if agrees else None),
            title=slots.title or context.title,
        )

    def _answered(self, spec: AgentSpec, slots: Slots) -> Slots | None:
        """The slots with what was answered, and with the defaults that are said; None when the
        goal waits for a question."""
        answers, kinds = self._request.answers, _kinds(spec)
        slots = msgspec.structs.replace(slots, extra=answers)
        if not slots.people and kinds & {"Contact", "PersonName"} and questions.PEOPLE in answers:
            people = questions.people_answered(answers[questions.PEOPLE])
            title = self._words.meeting(people, slots.about)
            slots = msgspec.structs.replace(slots, people=people, title=title)
        if "TimeWish" not in kinds:
            return slots
        wish = slots.wish
        if wish.past and questions.TIME in answers:
            wish = questions.time_answered(
                answers[questions.TIME], wish, self._request.now, self._request.workspace
            )
        if wish.past:
            self._ask(questions.time(wish, self._request.now, self._words))
            return None
        if wish.minutes is None and spec.effect is not Effect.READ:
            minutes = self._request.workspace.meeting_minutes
            self._assumptions.append(self._words.no_duration(minutes))
            wish = wish._replace(minutes=minutes)
        return msgspec.structs.replace(slots, wish=wish)

    def _say_times(self, spec: AgentSpec, slots: Slots) -> None:
        if slots.recurs and spec.effect is not Effect.READ:
            self._assumptions.append(self._words.once())
        if "TimeWish" in _kinds(spec):
            if slots.wish.when is not None:
                self._assumptions.append(self._words.when(slots.wish.when))
            elif spec.effect is not Effect.READ:
                self._assumptions.append(self._words.no_time())
        elif slots.period is not None:
            self._assumptions.append(self._words.period(slots.period))

    def _accompany(self, chain: Chain, excluded: frozenset[str], context: Slots) -> None:
        """Add what goes with a planned agent, when its own inputs are there."""
        for spec in self._specs:
            beside = [s for s in chain.steps if s.agent in spec.accompanies]
            if (
                all(s.arguments.get("attendees") == [] for s in beside)
                or spec.name in chain.planned() | excluded
            ):
                continue
            step = chain.accompany(spec, context)
            if step is not None:
                self._assumptions.append(self._words.beside(step.title, beside[0].title))

    def _ask_for(self, missing: MissingArgument) -> None:
        if missing.kind.removesuffix("[]") == "PersonName":
            self._ask(questions.who(self._words))
        else:
            secret = is_secret(missing.parameter.schema)
            say = self._words.missing_secret if secret else self._words.missing
            name = missing.parameter.name
            self._ask(Question(id=name, text=say(name, missing.spec)))

    def _ask(self, question: Question) -> None:
        self._questions.setdefault(question.id, question)


def _kinds(spec: AgentSpec) -> frozenset[str]:
    """Names of the item types that an agent takes."""
    return frozenset(type_name(p.schema).removesuffix("[]") for p in spec.parameters)


def _makes(spec: AgentSpec) -> frozenset[str]:
    made = fields(spec.output, spec.defs).values()
    return frozenset(type_name(f).removesuffix("[]") for f in made)


def _uses_documents(goal: Asked) -> bool:
    return (
        goal.agent is not None
        and not _is_means(goal)
        and bool(_kinds(goal.agent) & {"Document", "Analysis"})
    )


def _is_means(goal: Asked) -> bool:
    """Whether reading documents is asked for only so that something is made of them."""
    if goal.clause.led == "read" and goal.agent is not None:
        return "RequestText" in _kinds(goal.agent)
    return (
        goal.agent is not None
        and goal.clause.verb in vocabulary.MEANS
        and _gathers(goal.clause.verb, _makes(goal.agent))
        and not goal.slots.files
    )


def _is_said_again(goal: Asked, later: Sequence[Asked]) -> bool:
    """Whether a later goal asks for the same of the same more closely: I want to be on top of the
    hotel; read what we did there in May."""
    same = next((g for g in later if g.agent is not None and g.agent is goal.agent), None)
    return (
        same is not None
        and goal.agent is not None
        and bool(_kinds(goal.agent) & {"Document"})
        and goal.slots.period is None
        and goal.clause.verb == "brief"
        and not same.slots.about
    )


def _gathers(verb: str, made: frozenset[str]) -> bool:
    return "DocumentText" in made or (verb == "read" and "Document" in made)


def _points_to_material(goal: Asked) -> bool:
    """Whether reading is asked of what another clause is about: read the material."""
    return not (goal.slots.topics or goal.slots.period or goal.slots.files)


def _context(asked: Sequence[Asked]) -> Slots:
    """What a first clause without topics may take: what a later one is about; and when the
    meeting is that an aside speaks of."""
    said = [a for a in asked if a.agent is not None or a.clause.aside]
    about = next((a.slots.about for a in said if a.slots.about), ())
    wish = next(
        (a.slots.wish for a in said if a.clause.aside and a.slots.wish.when), Wish(None, None)
    )
    return Slots(topics=about, wish=wish)


def _following(context: Slots, spec: AgentSpec, slots: Slots) -> Slots:
    """The context after a goal: topics and period of what was read, title of what was set."""
    if "TimeWish" in _kinds(spec):
        wish = slots.wish if spec.effect is Effect.READ else context.wish
        return msgspec.structs.replace(
            context,
            title=slots.title or context.title,
            wish=wish,
            period=context.period or slots.period_told,
        )
    topics = slots.topics or file_topics(slots.files)
    if not topics and slots.period is None:
        return context
    return msgspec.structs.replace(
        context,
        topics=topics or context.topics,
        period=slots.period,
        files=slots.files,
        weak=slots.weak and not slots.files,
    )
