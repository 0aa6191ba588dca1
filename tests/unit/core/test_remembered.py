import gc

from tizmor.core import events as ev
from tizmor.core.plan import Plan, Step
from tizmor.core.remembered import remembered


def test_what_follows_from_a_plan_is_worked_out_once_and_forgotten_with_it() -> None:
    asked = []

    @remembered
    def count(plan: Plan) -> int:
        asked.append(plan.goal)
        return len(plan.steps)

    plan = Plan(goal="first", steps=(Step(id="a", agent="A"),))
    assert (count(plan), count(plan), asked) == (1, 1, ["first"])
    del plan
    gc.collect()
    assert [count(Plan(goal=f"next {n}")) for n in range(5)] == [0] * 5
    assert asked == ["first", *(f"next {n}" for n in range(5))]


def test_equal_plans_are_told_apart_and_written_alike() -> None:
    first, second = (Plan(goal="same", steps=(Step(id="a", agent="A"),)) for _ in range(2))
    assert ev.encode(ev.Planned(plan=first)) == ev.encode(ev.Planned(plan=second))
    other = Plan(goal="other")
    assert ev.decode(ev.encode(ev.Planned(plan=other))) == ev.Planned(plan=other)
