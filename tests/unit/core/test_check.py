"""A plan is checked before it runs: each problem names its step and says what to do."""

from __future__ import annotations

import itertools
import math
import time
from typing import Annotated, Any

import msgspec
import pytest
from msgspec import Meta, structs

from tizmor.core.agents import AgentSpec
from tizmor.core.check import MAX_PROBLEMS, MAX_STEPS, check
from tizmor.core.completion import completed
from tizmor.core.plan import Access, Effect, Plan, Resource, RetryPolicy, Step, Strategy
from tizmor.core.settlement import settled
from tizmor.ports.agent import AgentContext, agent

Name = Annotated[str, Meta(title="Name")]


class Person(msgspec.Struct):
    name: str
    town: str | None = None


class People(msgspec.Struct):
    people: list[Person]
    count: int = 0


class Done(msgspec.Struct):
    text: str = ""


@agent(name="Find")
async def find(names: list[Name] = [], *, ctx: AgentContext) -> People:  # noqa: B006
    """Find people."""
    raise NotImplementedError


@agent(name="Write", effect=Effect.IDEMPOTENT)
async def write(to: list[Person], text: str, note: str | None = None, *, ctx: AgentContext) -> Done:
    """Write to people."""
    raise NotImplementedError


@agent(
    name="Meet",
    effect=Effect.COMPENSATABLE,
    critical=True,
    control=("who",),
    resources=(Resource(name="calendar"),),
    retry=RetryPolicy(attempts=7),
)
async def meet(who: Person | None = None, *, ctx: AgentContext) -> Done:
    """Meet somebody."""
    raise NotImplementedError


AGENTS: dict[str, AgentSpec] = {a.spec.name: a.spec for a in (find, write, meet)}


def problems(*steps: Step) -> list[str]:
    plan = completed(Plan(goal="g", steps=steps), AGENTS)
    return check(plan, AGENTS) or settled(plan, AGENTS, Strategy.REFUSE)[1]


def step(name: str, agent: str = "Find", **arguments: Any) -> Step:
    return Step(id=name, agent=agent, arguments=arguments)


def ref(pointer: str) -> dict[str, str]:
    return {"$ref": pointer}


def test_a_right_plan_has_no_problems() -> None:
    assert not problems(
        step("find", names=["Yoav"]),
        step("write", "Write", to=ref("/find/people"), text=ref("/find/people/0/name")),
        step("meet", "Meet", who=ref("/find/people/0")),
    )


@pytest.mark.parametrize(
    ("steps", "named", "advice"),
    [
        ([step("Bad-Id")], "'Bad-Id'", "an id is a lower-case letter"),
        ([step("a"), step("a")], "'a'", "used twice; rename one"),
        ([step("a", "Fnid")], "'a'", "there is no agent 'Fnid'; `tizmor agents` lists them"),
        ([step("a", nmaes=[])], "'a'", "takes no argument 'nmaes' (it takes names)"),
        ([step("w", "Write", text="t")], "'w'", "Write needs the argument 'to'"),
        ([step("a", names="Yoav")], "'a'", "argument 'names': wants array, got str"),
        ([step("w", "Write", to=[], text=True)], "'w'", "argument 'text': wants string, got bool"),
        ([step("m", "Meet", who={"town": "x"})], "'m'", "argument 'who': lacks 'name'"),
        ([step("a", names=ref("b"))], "'a'", "it must start with /"),
        ([step("a", names=ref("/b/x"))], "'a'", "but there is no step 'b'"),
        ([step("a", names=ref("/a/people"))], "'a'", "refers to itself by /a/people"),
        (
            [step("a"), step("b", names=ref("/a/poeple"))],
            "'b'",
            "/a/poeple leads nowhere; Find returns people, count",
        ),
        (
            [step("a"), step("w", "Write", to=ref("/a/count"), text="t")],
            "'w'",
            "argument 'to' wants Person[], but /a/count is integer",
        ),
        (
            [step("a"), step("w", "Write", to=[ref("/a/nobody")], text="t")],
            "'w'",
            "/a/nobody leads nowhere",
        ),
        ([Step(id="a", agent="Find", after=("z",))], "'a'", "waits for 'z', which is not in the"),
        (
            [step("m", "Meet"), step("n", "Meet")],
            "'m' and 'n'",
            "both use calendar with no order between them; put 'm' into 'n''s `after`",
        ),
    ],
)
def test_a_problem_names_its_step_and_says_what_to_do(
    steps: list[Step], named: str, advice: str
) -> None:
    found = problems(*steps)
    assert len(found) >= 1
    assert any(named in problem and advice in problem for problem in found), found


def test_a_circle_is_shown_in_the_direction_in_which_the_steps_wait() -> None:
    one = Step(id="a", agent="Find", after=("b",))
    two = Step(id="b", agent="Find", after=("c",))
    three = Step(id="c", agent="Find", after=("a",))
    (problem,) = problems(one, two, three)
    assert "in a circle" in problem
    assert "remove one reference" in problem
    path = problem.split(": ")[1].split(";")[0].split(" -> ")
    assert path[0] == path[-1]
    waits = {"a": "b", "b": "c", "c": "a"}
    assert all(waits[one] == other for one, other in itertools.pairwise(path))


def test_all_problems_of_a_plan_are_told_at_once() -> None:
    assert len(problems(step("a", "Nope"), step("b", nmaes=1), step("w", "Write", text="t"))) == 3


def test_readers_of_one_thing_need_no_order() -> None:
    reading = Resource(name="inbox", access=Access.SHARED)
    one, two = (structs.replace(step(i), resources=(reading,)) for i in "ab")
    assert not problems(one, two)


def test_writers_of_one_thing_with_an_order_between_them_are_right() -> None:
    first = step("m", "Meet")
    second = Step(id="f", agent="Find", after=("m",))
    third = structs.replace(step("n", "Meet"), after=("f",))
    assert not problems(first, second, third)


def test_what_the_agent_declares_is_copied_into_the_step() -> None:
    (done,) = completed(Plan(goal="g", steps=(step("m", "Meet"),)), AGENTS).steps
    assert (done.title, done.effect, done.critical) == ("Meet", Effect.COMPENSATABLE, True)
    assert (done.control, done.resources) == (("who",), (Resource(name="calendar"),))
    assert done.retry.attempts == 7


def test_a_plan_may_ask_for_more_care_than_the_agent() -> None:
    careful = Step(
        id="w",
        agent="Write",
        effect=Effect.IRREVERSIBLE,
        critical=True,
        control=("text",),
        retry=RetryPolicy(attempts=1),
        timeout_s=2.0,
    )
    (done,) = completed(Plan(goal="g", steps=(careful,)), AGENTS).steps
    assert (done.effect, done.critical, done.control) == (Effect.IRREVERSIBLE, True, ("text",))
    assert (done.retry.attempts, done.timeout_s) == (1, 2.0)


def test_a_plan_cannot_ask_for_less_care_than_the_agent() -> None:
    careless = Step(
        id="m",
        agent="Meet",
        effect=Effect.READ,
        critical=False,
        prepares=True,
        probes=True,
        resources=(Resource(name="calendar", access=Access.SHARED),),
    )
    (done,) = completed(Plan(goal="g", steps=(careless,)), AGENTS).steps
    assert (done.effect, done.critical) == (Effect.COMPENSATABLE, True)
    assert (done.prepares, done.probes) == (False, False), "the agent offers neither"
    assert done.resources == (Resource(name="calendar", access=Access.EXCLUSIVE),)


def test_completing_twice_changes_nothing() -> None:
    once = completed(Plan(goal="g", steps=(step("m", "Meet"), step("f"))), AGENTS)
    assert completed(once, AGENTS) == once


def test_a_plan_that_is_too_long_is_refused_in_one_sentence() -> None:
    plan = Plan(goal="g", steps=(step("a"),) * (MAX_STEPS + 1))
    assert check(plan, AGENTS) == [
        f"the plan has {MAX_STEPS + 1} steps; at most {MAX_STEPS} are allowed"
    ]


def _chain(length: int) -> Plan:
    links = (
        Step(id=f"s{i}", agent="Find", after=(f"s{i - 1}",) if i else ()) for i in range(length)
    )
    return completed(Plan(goal="g", steps=tuple(links)), AGENTS)


def _seconds(plan: Plan) -> float:
    started = time.process_time()
    assert not check(plan, AGENTS)
    return time.process_time() - started


def test_checking_is_linear_up_to_ten_thousand_steps() -> None:
    """Ten times the steps may cost about ten times the time; quadratic would be a hundred times."""
    short, long = _chain(1_000), _chain(10_000)
    once = min(_seconds(short) for _ in range(3))
    assert min(_seconds(long) for _ in range(2)) < 35 * max(once, 0.002)


def test_of_many_problems_the_first_are_told_and_how_many_more_there_are() -> None:
    steps = tuple(Step(id=f"s{i}", agent="Nobody") for i in range(1_020))
    problems = check(Plan(goal="g", steps=steps), AGENTS)
    assert len(problems) == MAX_PROBLEMS + 1
    assert problems[0].startswith("step 's0'")
    assert problems[-1] == "and 1,000 more"
    assert len(check(Plan(goal="g", steps=steps[:MAX_PROBLEMS]), AGENTS)) == MAX_PROBLEMS


@pytest.mark.parametrize("bad", [math.nan, math.inf, 1e30, -1.0, 0])
def test_a_time_that_no_clock_can_keep_is_refused(bad: float) -> None:
    """Further on it would be a moment that the journal can't hold."""
    step = Step(id="a", agent="X", deadline_s=bad, timeout_s=bad)
    *problems, unknown = check(Plan(goal="g", steps=(step,), deadline_s=bad), {})
    assert "there is no agent 'X'" in unknown
    assert [problem.split(" is a number")[0] for problem in problems] == [
        "the plan: its deadline",
        "step 'a': its deadline",
        "step 'a': its time-out",
    ]


@pytest.mark.parametrize(
    ("retry", "told"),
    [
        (RetryPolicy(attempts=0), "its attempts are a number from 1 to 1,000"),
        (RetryPolicy(attempts=10**12), "its attempts are a number from 1 to 1,000"),
        (RetryPolicy(first_delay_s=-1.0), "its first delay is a number of seconds from 0"),
        (RetryPolicy(max_delay_s=math.nan), "its longest delay is a number of seconds from 0"),
    ],
)
def test_attempts_and_delays_out_of_bounds_are_refused_for_each_agent(
    retry: RetryPolicy, told: str
) -> None:
    other = Step(id="a", agent="X", retry=retry)
    for step in (other, Step(id="a", agent="X", alternatives=(other,))):
        problem, *_ = check(Plan(goal="g", steps=(step,)), {})
        assert problem.startswith(f"step 'a': {told}")


def test_a_delay_may_be_nothing() -> None:
    step = Step(id="a", agent="X", retry=RetryPolicy(first_delay_s=0, max_delay_s=0))
    assert "delay" not in str(check(Plan(goal="g", steps=(step,)), {}))
