"""Conflicts over resources, against their plain definition pair by pair."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from tizmor.core.conflicts import conflicts
from tizmor.core.graph import descendants, order
from tizmor.core.plan import Access, Plan, Resource, Step, Strategy
from tizmor.core.settlement import settled


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """Up to ten steps in any order, few edges, two resources."""
    names = draw(st.permutations([f"s{i}" for i in range(draw(st.integers(1, 10)))]))
    steps = []
    for place, name in enumerate(names):
        earlier = names[:place]
        after = draw(st.lists(st.sampled_from(earlier), max_size=2, unique=True)) if earlier else []
        used = draw(st.lists(st.sampled_from(["r", "q"]), max_size=2, unique=True))
        resources = tuple(Resource(name=r, access=draw(st.sampled_from(Access))) for r in used)
        steps.append(Step(id=name, agent="A", after=tuple(after), resources=resources))
    return Plan(goal="g", steps=tuple(draw(st.permutations(steps))))


def pairwise(plan: Plan) -> set[tuple[str, frozenset[str]]]:
    """Two users of a resource, not both sharing it, neither of which comes after the other."""
    later = {step.id: descendants(plan, step.id) for step in plan.steps}
    found = set()
    for one, two in itertools.combinations(plan.steps, 2):
        ordered = two.id in later[one.id] or one.id in later[two.id]
        for mine, theirs in itertools.product(one.resources, two.resources):
            alone = Access.EXCLUSIVE in (mine.access, theirs.access)
            if mine.name == theirs.name and alone and not ordered:
                found.add((mine.name, frozenset({one.id, two.id})))
    return found


@given(plans())
def test_each_conflict_is_one_and_where_there_are_any_one_is_found(plan: Plan) -> None:
    found = {(c.over, frozenset({c.first, c.second})) for c in conflicts(plan)}
    expected = pairwise(plan)
    assert found <= expected
    assert {resource for resource, _ in found} == {resource for resource, _ in expected}


@given(plans())
def test_all_edges_of_one_look_settle_it_and_make_no_circle(plan: Plan) -> None:
    done, problems = settled(plan, {}, Strategy.ORDER)
    assert not problems
    assert len(order(done)) == len(plan.steps)
    assert pairwise(done) == set()


@given(plans())
def test_the_order_that_is_advised_makes_no_circle_and_mends_it_in_the_end(plan: Plan) -> None:
    """Doing as told (`first` before `second`), again and again, leads to a plan without any."""
    for _ in range(60):
        first = next(iter(conflicts(plan)), None)
        if first is None:
            break
        plan = Plan(
            goal="g",
            steps=tuple(
                Step(id=s.id, agent="A", after=(*s.after, first.first), resources=s.resources)
                if s.id == first.second
                else s
                for s in plan.steps
            ),
        )
    assert pairwise(plan) == set()
