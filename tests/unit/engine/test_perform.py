"""Commands carried out: each is answered by one fact, whatever an agent or a planner does."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from tests.unit.engine.house import Agents, House, OnePlan, Out, Process, meet, plan, read, until

from tizmor.core.errors import (
    EngineError,
    InvalidEdit,
    NeedsAnswer,
    OutcomeUnknown,
    Permanent,
    PlanRefused,
    PreconditionFailed,
    Transient,
)
from tizmor.core.plan import Effect, OnFailure, Plan, RetryPolicy, Step
from tizmor.engine import hooks, planning
from tizmor.engine.views import Execution, Status
from tizmor.ports.agent import Agent, AgentContext, Gate, agent
from tizmor.ports.planner import PlanRequest


@pytest.fixture
async def process(house: House) -> AsyncIterator[Process]:
    async with house.process() as opened:
        yield opened


def preparing(prepare: Callable[[], Any]) -> Agent:
    """A critical agent whose preparation does as told."""
    made = Agents().meet()

    @made.prepare
    async def prepared(title: str, at: int | None = None, *, ctx: AgentContext) -> Any:
        return prepare()

    return made


async def result_of(house: House, steps: Plan, agents: list[Agent]) -> Execution:
    async with house.process(agents=agents) as process:
        execution = await process.start("q", plan=steps)
        return await process.result(execution.id)


@pytest.mark.parametrize(
    "error",
    [
        PreconditionFailed("taken"),
        OutcomeUnknown("lost"),
        Permanent("never"),
        ValueError("bug"),
    ],
)
async def test_a_preparation_that_fails_fails_its_step_and_not_the_engine(
    house: House, error: Exception
) -> None:
    def prepare() -> object:
        raise error

    done = await result_of(
        house,
        plan(meet("m", on_failure=OnFailure.FAIL), read("r", "m")),
        [preparing(prepare), house.agents.read()],
    )
    assert [s.state for s in done.steps] == ["failed", "skipped"]
    assert str(error) in (done.steps[0].error or "")
    assert not done.waiting_for


async def test_a_preparation_may_be_tried_again_and_may_ask(house: House) -> None:
    raised: list[Exception] = [
        NeedsAnswer("When?", question_id="when"),
        Transient("busy", retry_after_s=0.0),
    ]

    def prepare() -> object:
        if raised:
            raise raised.pop()
        return {"at": 9}

    done = await result_of(house, plan(meet("m")), [preparing(prepare)])
    assert [w.text for w in done.waiting_for] == ["When?"]
    assert raised == []


@pytest.mark.parametrize(
    "prepared", [{"at": "noon"}, {"when": 3}, {"title": "\udcff"}, {"at": object()}, 7]
)
async def test_what_was_prepared_must_fit_the_agent_and_the_journal(
    house: House, prepared: object
) -> None:
    done = await result_of(
        house, plan(meet("m", on_failure=OnFailure.FAIL)), [preparing(lambda: prepared)]
    )
    assert done.steps[0].state == "failed"


async def test_arguments_that_have_no_canonical_form_fail_the_step(house: House) -> None:
    """Without a key nothing binds an approval or a repetition."""
    done = await result_of(
        house,
        plan(
            Step(
                id="m",
                agent="Meet",
                arguments={"title": "t", "at": 2**60},
                on_failure=OnFailure.FAIL,
            )
        ),
        [preparing(dict)],
    )
    assert done.steps[0].state == "failed"
    assert "no exact form" in (done.steps[0].error or "")


async def test_text_that_is_no_utf8_stops_only_the_call_that_brought_it(house: House) -> None:
    """Names of files may be such; the journal can't hold them."""

    @agent(name="Odd")
    async def odd(where: str = "", *, ctx: AgentContext) -> Out:
        """Be odd."""
        ctx.progress("found \udcff")
        if where == "error":
            raise FileNotFoundError("no file '\udcff'")
        return Out(value="\udcff" if where == "output" else "fine")

    steps = [Step(id=i, agent="Odd", arguments={"where": i}) for i in ("error", "output", "only")]
    done = await result_of(house, plan(*steps), [odd])
    assert [s.state for s in done.steps] == ["failed", "failed", "succeeded"]
    assert {s.messages for s in done.steps} == {("found \\udcff",)}


async def test_a_planner_that_breaks_fails_the_execution_and_says_so(house: House) -> None:
    def broken(request: PlanRequest) -> Plan:
        raise KeyError("grammar")

    house.planner = OnePlan(broken)
    async with house.process() as process:
        execution = await process.start("q")
        done = await process.result(execution.id)
    assert done.status == "FAILED"
    assert "the planner failed: KeyError" in (done.error or "")


async def test_a_planner_whose_plan_has_problems_fails_the_execution_with_them(
    house: House,
) -> None:
    house.planner = OnePlan(plan(Step(id="a", agent="Nobody")))
    async with house.process() as process:
        done = await process.result((await process.start("q")).id)
        with pytest.raises(PlanRefused):
            await process.plan("q")
    assert (done.status, done.steps) == ("FAILED", ())
    assert "there is no agent 'Nobody'" in (done.error or "")


async def test_an_agent_that_is_missing_here_stops_its_execution_and_no_other(
    house: House,
) -> None:
    async with house.process() as process:
        execution = await process.start("q", plan=plan(meet("m")))
        await process.result(execution.id)
    async with house.process(agents=[house.agents.read()]) as process:
        await process.approve(execution.id)
        with pytest.raises(EngineError, match="the agent 'Meet', which isn't here"):
            await process.result(execution.id)
        with pytest.raises(EngineError, match="the agent 'Meet', which isn't here"):
            await process.approve(execution.id, "a1", arguments={"title": "x"})
        other = await process.start("q", plan=plan(read("r")))
        assert (await process.result(other.id)).status == "COMPLETED"
    async with house.process() as process:
        await process.resume(execution.id)
        assert (await process.result(execution.id)).status == "COMPLETED"


async def test_a_finding_from_a_thread_is_told_before_the_step_has_ended(
    house: House,
) -> None:
    @agent(name="Threaded")
    async def threaded(*, ctx: AgentContext) -> Out:
        """Work in a thread."""
        await asyncio.to_thread(ctx.progress, "from a thread")
        return Out()

    done = await result_of(house, plan(Step(id="t", agent="Threaded")), [threaded])
    assert done.steps[0].messages == ("from a thread",)


async def test_a_lost_call_is_probed_and_its_finding_is_the_result(house: House) -> None:
    happened: set[str] = set()

    @agent(name="Send", effect=Effect.COMPENSATABLE, retry=RetryPolicy(first_delay_s=0.001))
    async def send(*, ctx: AgentContext) -> Out:
        """Send."""
        happened.add(ctx.key)
        raise OutcomeUnknown("the line went dead")

    @send.probe
    async def probe(key: str, *, ctx: AgentContext) -> Out | None:
        return Out(value="was there") if key in happened else None

    done = await result_of(house, plan(Step(id="s", agent="Send")), [send])
    assert done.steps[0].output == {"value": "was there", "summary": None}
    assert done.steps[0].attempt == 1


async def test_a_question_of_a_running_step_is_streamed(process: Process, house: House) -> None:
    house.agents.fail.append(NeedsAnswer("Who?", question_id="who"))
    execution = await process.start("q", plan=plan(read("r")))
    asked = await until(process, execution.id, lambda e: e.type == "question")
    assert asked.waiting is not None
    assert asked.waiting.text == "Who?"


async def never() -> Any:
    await asyncio.Event().wait()


def forgetful(effect: Effect, **hooks: Any) -> Agent:
    """Its call is lost, or done, and what it offers beside it never comes back."""

    @agent(name="Forgetful", effect=effect, timeout=hooks.pop("timeout", None))
    async def call(*, ctx: AgentContext) -> Out:
        """Forget."""
        if "compensate" in hooks:
            return Out(value="done")
        raise OutcomeUnknown("lost")

    @call.prepare
    async def prepare(*, ctx: AgentContext) -> Any:
        return await hooks["prepare"]() if "prepare" in hooks else {}

    @call.probe
    async def probe(key: str, *, ctx: AgentContext) -> Any:
        return await hooks.get("probe", never)()

    @call.compensate
    async def compensate(result: Out, *, ctx: AgentContext) -> None:
        await never()

    return call


ONE_ATTEMPT = RetryPolicy(attempts=1)


async def test_a_probe_that_never_answers_does_not_tell(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cancelled execution is not held open by it."""
    monkeypatch.setattr(hooks, "PATIENCE_S", 0.01)
    step = Step(id="a", agent="Forgetful", on_failure=OnFailure.FAIL)
    async with house.process(agents=[forgetful(Effect.IRREVERSIBLE)]) as process:
        execution = await process.start("q", plan=plan(step), approve_all=True)
        asked = await process.result(execution.id)
        assert asked.waiting_for[0].kind == "question"
        await process.cancel(execution.id)
        done = await process.result(execution.id)
        assert (done.status, done.steps[0].state) == (Status.CANCELLED, "failed")


async def test_a_compensation_that_never_ends_has_failed(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hooks, "PATIENCE_S", 0.01)
    steps = plan(
        Step(id="a", agent="Forgetful", retry=ONE_ATTEMPT),
        Step(id="b", agent="Slow", after=("a",)),
    )
    agents = [forgetful(Effect.COMPENSATABLE, compensate=never), house.agents.slow("Slow")]
    async with house.process(agents=agents) as process:
        execution = await process.start("q", plan=steps)
        await until(process, execution.id, lambda e: e.step == "b" and e.state == "running")
        await process.cancel(execution.id, roll_back=True)
        asked = await process.result(execution.id)
        assert [w.step for w in asked.waiting_for] == ["a"]
        await process.answer(execution.id, "stop")
        assert (await process.result(execution.id)).status is Status.CANCELLED


@pytest.mark.parametrize("limit", [None, dt.timedelta(seconds=0.01)])
async def test_a_preparation_that_never_ends_is_tried_again_and_fails(
    house: House, monkeypatch: pytest.MonkeyPatch, limit: dt.timedelta | None
) -> None:
    monkeypatch.setattr(hooks, "PATIENCE_S", 0.01 if limit is None else 30.0)
    tried: list[int] = []

    async def prepare() -> Any:
        tried.append(1)
        return await never()

    step = Step(
        id="a",
        agent="Forgetful",
        retry=RetryPolicy(attempts=2, first_delay_s=0.0),
        on_failure=OnFailure.FAIL,
    )
    agents = [forgetful(Effect.READ, prepare=prepare, timeout=limit)]
    done = await result_of(house, plan(step), agents)
    assert done.steps[0].error == "Forgetful could not prepare: it took too long: more than 0.01 s"
    assert len(tried) == 2


async def nothing() -> Any:
    return None


@pytest.mark.parametrize(
    ("effect", "state"), [(Effect.READ, "failed"), (Effect.IRREVERSIBLE, "waiting")]
)
async def test_what_is_no_object_is_not_written_and_the_execution_can_be_read_again(
    house: House, effect: Effect, state: str
) -> None:
    """Neither what a call returned, nor what a probe found."""

    @agent(name="Nothing", effect=effect)
    async def call(*, ctx: AgentContext) -> Out:
        """Forget to return."""
        return await nothing()  # type: ignore[no-any-return]

    @call.probe
    async def probe(key: str, *, ctx: AgentContext) -> Any:
        return True

    step = Step(id="a", agent="Nothing", on_failure=OnFailure.FAIL)
    async with house.process(agents=[call]) as process:
        execution = await process.start("q", plan=plan(step), approve_all=True)
        done = await process.result(execution.id)
        assert done.steps[0].state == state
        assert "no object" in (done.steps[0].error or "")
        assert await process.logs(execution.id)


async def test_a_gate_that_is_none_stops_neither_its_process_nor_an_edit(house: House) -> None:
    shown: list[Any] = [Gate(action="Meet"), "meet"]
    made = house.agents.meet()
    made.gate(lambda title, at=None, *, ctx: shown.pop(0))
    async with house.process(agents=[made, house.agents.read()]) as process:
        execution = await process.start("q", plan=plan(meet("m")))
        await process.result(execution.id)
        with pytest.raises(InvalidEdit, match="Gate"):
            await process.approve(execution.id, arguments={"title": "other"})
        other = await process.start("q", plan=plan(read("r")))
        assert (await process.result(other.id)).status is Status.COMPLETED


@pytest.mark.parametrize(
    "error", [TimeoutError("late"), ConnectionResetError("cut"), OutcomeUnknown("cut")]
)
async def test_an_irreversible_call_whose_server_may_still_be_at_work_is_not_made_again(
    house: House, error: Exception
) -> None:
    """A probe's "not there yet" says nothing of it: a human is asked."""
    made: list[str] = []

    @agent(name="Send", effect=Effect.IRREVERSIBLE, retry=RetryPolicy(first_delay_s=0.001))
    async def send(*, ctx: AgentContext) -> Out:
        """Send."""
        made.append(ctx.key)
        raise error

    @send.probe
    async def probe(key: str, *, ctx: AgentContext) -> Out | None:
        return None

    async with house.process(agents=[send]) as process:
        steps = plan(Step(id="s", agent="Send"))
        asked = await process.result((await process.start("q", plan=steps, approve_all=True)).id)
    assert [w.kind for w in asked.waiting_for] == ["question"]
    assert len(made) == 1


async def cancels_itself() -> Any:
    """As a library does whose inner task was cancelled."""
    inner = asyncio.create_task(asyncio.sleep(10))
    inner.cancel()
    await inner


@pytest.mark.parametrize(
    ("hooks", "state", "said"),
    [
        ({"prepare": cancels_itself}, "failed", "it cancelled itself"),
        ({"probe": cancels_itself}, "waiting", "lost"),
    ],
)
async def test_a_hook_that_cancels_itself_has_failed_and_is_not_called_for_ever(
    house: House, hooks: dict[str, Any], state: str, said: str
) -> None:
    step = Step(id="a", agent="Forgetful", on_failure=OnFailure.FAIL)
    async with house.process(agents=[forgetful(Effect.IRREVERSIBLE, **hooks)]) as process:
        execution = await process.start("q", plan=plan(step), approve_all=True)
        done = await process.result(execution.id)
    assert done.steps[0].state == state
    assert said in (done.steps[0].error or "")


async def test_a_preparation_whose_line_is_cut_is_tried_again(house: House) -> None:
    """It is read-only, so nothing can have happened."""
    raised: list[Exception] = [ConnectionResetError("cut"), TimeoutError("late")]

    async def prepare() -> Any:
        if raised:
            raise raised.pop()
        return {}

    step = Step(id="a", agent="Forgetful", retry=RetryPolicy(attempts=3, first_delay_s=0.0))
    agents = [forgetful(Effect.READ, prepare=prepare, compensate=never)]
    done = await result_of(house, plan(step), agents)
    assert (done.status, raised) == (Status.COMPLETED, [])


class Slow:
    """A planner that does as told in place of planning."""

    def __init__(self, act: Callable[[], Any]) -> None:
        self._act = act

    async def plan(self, request: PlanRequest) -> Plan:
        await self._act()
        raise AssertionError


@pytest.mark.parametrize(
    ("act", "said"), [(never, "took too long"), (cancels_itself, "it cancelled itself")]
)
async def test_a_planner_that_never_ends_or_cancels_itself_has_failed(
    house: House, monkeypatch: pytest.MonkeyPatch, act: Callable[[], Any], said: str
) -> None:
    monkeypatch.setattr(planning, "PLANNING_S", 0.01)
    house.planner = Slow(act)  # type: ignore[assignment]
    async with house.process() as process:
        done = await process.result((await process.start("q")).id)
    assert done.status is Status.FAILED
    assert said in (done.error or "")


@pytest.mark.parametrize("raised", [Permanent, Transient, ValueError])
async def test_an_error_that_is_written_down_is_of_bounded_length(
    house: House, raised: type[Exception]
) -> None:
    house.agents.fail += [raised("x" * 100_000)] * 3
    done = await result_of(
        house,
        plan(Step(id="r", agent="Read", on_failure=OnFailure.FAIL, retry=ONE_ATTEMPT)),
        [house.agents.read()],
    )
    assert done.steps[0].error is not None
    assert len(done.steps[0].error) == 2_000
