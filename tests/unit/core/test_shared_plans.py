from tizmor.core import events as ev
from tizmor.core.plan import Plan, Step


def _read(plan: Plan) -> ev.AnyEvent:
    return ev.decode(bytes(bytearray(ev.encode(ev.Planned(plan=plan)))))


def test_executions_of_one_plan_share_it_when_they_are_read() -> None:
    plan = Plan(goal="one", steps=(Step(id="a", agent="A", arguments={"x": [1]}),))
    assert _read(plan) is _read(plan)
    assert _read(plan) == ev.Planned(plan=plan)


def test_a_large_plan_is_not_kept_for_others() -> None:
    plan = Plan(goal="g" * 20_000)
    assert _read(plan) == ev.Planned(plan=plan)
    assert _read(plan) is not _read(plan)
