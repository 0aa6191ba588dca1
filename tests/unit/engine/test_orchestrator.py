"""Executions from outside, in one process, on every kind of journal."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest
from tests.unit.engine.house import House, Process, gate_opened, let_go, meet, plan, read, until

from tizmor.core.errors import (
    AmbiguousChoice,
    EngineError,
    InvalidEdit,
    NeedsAnswer,
    PlanRefused,
    RequestRefused,
    Transient,
    UnknownExecution,
    UserError,
)
from tizmor.core.ids import parse_id, public_id
from tizmor.core.plan import Choice, Plan, Question, Step
from tizmor.engine import planning
from tizmor.engine.history import fold
from tizmor.engine.request import MAX_REQUEST
from tizmor.engine.views import Execution, Status, StreamEvent
from tizmor.ports.planner import PlanRequest

ANCHOR = plan(
    read("search", text="docs"),
    read("sum", "search"),
    meet("meeting"),
    read("last", "sum", "meeting"),
)


@pytest.fixture
async def process(any_house: House) -> AsyncIterator[Process]:
    async with any_house.process() as opened:
        yield opened


@pytest.fixture
def house(any_house: House) -> House:
    return any_house


async def streamed(process: Process, execution_id: str, **how: int) -> list[StreamEvent]:
    return [event async for event in process.stream(execution_id, **how)]


async def test_a_request_is_planned_run_and_its_result_given(process: Process) -> None:
    execution = await process.start("read it")
    assert execution.query == "read it"
    done = await process.result(execution.id)
    assert done.status is Status.COMPLETED
    assert done.result == {"summary": "read "}
    assert [s.state for s in done.steps] == ["succeeded"]
    assert (await process.get(execution.id)) == done


async def test_the_stream_tells_all_in_order_and_ends_with_the_end(process: Process) -> None:
    execution = await process.start("q", plan=plan(read("a"), read("b", "a")))
    events = await streamed(process, execution.id)
    kinds = [(e.type, e.step, e.state) for e in events]
    assert kinds == [
        ("progress", None, None),
        ("progress", None, None),
        ("step", "a", "running"),
        ("log", "a", None),
        ("partial", "a", None),
        ("step", "a", "succeeded"),
        ("step", "b", "running"),
        ("log", "b", None),
        ("partial", "b", None),
        ("step", "b", "succeeded"),
        ("complete", None, None),
    ]
    ids = [e.id for e in events if e.id is not None]
    assert ids == sorted(set(ids))
    assert (events[-1].done, events[-1].total) == (2, 2)
    assert await streamed(process, execution.id) == events, "and again, from the beginning"
    assert await process.logs(execution.id) == events


async def test_a_part_of_the_result_is_told_as_soon_as_it_is_there(process: Process) -> None:
    execution = await process.start("q", plan=plan(read("a"), read("b", "a")))
    parts = [e for e in await streamed(process, execution.id) if e.type == "partial"]
    assert [(e.step, e.result) for e in parts] == [
        ("a", {"summary": "read x"}),
        ("b", {"summary": "read x"}),
    ]


async def test_the_stream_goes_on_after_any_event(process: Process) -> None:
    execution = await process.start("q", plan=plan(read("a"), read("b", "a")))
    events = await streamed(process, execution.id)
    for seen, event in enumerate(events, 1):
        if event.id is None:
            continue  # a part of the result, told with the event that follows
        assert await streamed(process, execution.id, after=event.id) == events[seen:]


async def test_several_subscribers_see_the_same(process: Process) -> None:
    execution = await process.start("q", plan=ANCHOR, approve_all=True)
    one, other, late = await asyncio.gather(*(streamed(process, execution.id) for _ in range(3)))
    assert one == other == late


async def test_the_stream_says_that_it_waits_and_ends(process: Process) -> None:
    execution = await process.start("q", plan=ANCHOR)
    events = await streamed(process, execution.id)
    assert (events[-1].type, events[-1].status, events[-1].id) == ("waiting", "WAITING", None)
    waiting = await process.get(execution.id)
    assert waiting.status is Status.WAITING
    assert [(w.step, w.time) for w in waiting.waiting_for] == [("meeting", "10:00")]
    assert [s.state for s in waiting.steps] == ["succeeded", "succeeded", "waiting", "pending"]


async def test_an_approval_lets_the_call_be_made_once_with_what_was_shown(
    process: Process, house: House
) -> None:
    execution = await process.start("q", plan=ANCHOR)
    await process.result(execution.id)
    assert await process.approve(execution.id, by="dana") == "a1 approved"
    done = await process.result(execution.id)
    assert done.status is Status.COMPLETED
    assert house.agents.did.count("meet talk at 10") == 1
    assert not done.waiting_for


async def test_an_edit_at_the_gate_is_what_is_done(process: Process, house: House) -> None:
    execution = await process.start("q", plan=plan(meet("m")))
    await process.result(execution.id)
    await process.approve(execution.id, arguments={"at": 15})
    await process.result(execution.id)
    assert house.agents.did == ["meet talk at 15"]


async def test_an_edit_that_does_not_fit_changes_nothing(process: Process) -> None:
    execution = await process.start("q", plan=plan(meet("m")))
    waiting = await process.result(execution.id)
    with pytest.raises(InvalidEdit, match="argument 'at'"):
        await process.approve(execution.id, arguments={"at": "noon"})
    assert await process.get(execution.id) == waiting


async def test_a_rejection_skips_what_depends_on_it_and_the_rest_is_there(
    process: Process, house: House
) -> None:
    execution = await process.start("q", plan=ANCHOR)
    await process.result(execution.id)
    await process.reject(execution.id, reason="not now")
    done = await process.result(execution.id)
    assert done.status is Status.REJECTED
    assert [s.state for s in done.steps] == ["succeeded", "succeeded", "rejected", "skipped"]
    assert done.steps[2].error == "not now"
    assert not any(did.startswith("meet") for did in house.agents.did)


async def test_deciding_twice_is_told_and_deciding_otherwise_is_refused(process: Process) -> None:
    held = plan(meet("m"), Step(id="s", agent="Slow"))
    execution = await process.start("q", plan=held)
    await until(process, execution.id, gate_opened)
    await process.approve(execution.id)
    assert await process.approve(execution.id, "a1") == "a1 was approved already"
    with pytest.raises(UserError, match="a1 is approved already"):
        await process.reject(execution.id, "a1")
    with pytest.raises(UserError, match="no approval is open"):
        await process.approve(execution.id)
    with pytest.raises(UnknownExecution, match="no approval 'a7'"):
        await process.approve(execution.id, "a7")


async def test_of_several_open_gates_one_must_be_named(process: Process) -> None:
    execution = await process.start("q", plan=plan(meet("m"), meet("n")))
    await process.result(execution.id)
    with pytest.raises(AmbiguousChoice, match="a1, a2"):
        await process.approve(execution.id)
    await process.approve(execution.id, "a2")
    await process.reject(execution.id)
    done = await process.result(execution.id)
    assert sorted(s.state for s in done.steps) == ["rejected", "succeeded"]


async def test_yes_at_the_start_approves_what_comes(process: Process, house: House) -> None:
    execution = await process.start("q", plan=plan(meet("m")), approve_all=True)
    assert (await process.result(execution.id)).status is Status.COMPLETED
    assert house.agents.did == ["meet talk at 10"]


async def asks_who(process: Process, house: House) -> Execution:
    """An execution whose step will ask which of two people is meant."""
    asks = NeedsAnswer("Who?", question_id="who", choices=[("d", "Dana"), ("y", "Yoav")])
    asks.free_text = False
    house.agents.fail.append(asks)
    return await process.start("q", plan=plan(read("r")))


async def test_a_question_is_answered_by_number_and_the_step_goes_on(
    process: Process, house: House
) -> None:
    execution = await asks_who(process, house)
    waiting = await process.result(execution.id)
    assert [w.text for w in waiting.waiting_for] == ["Who?"]
    with pytest.raises(UserError, match="'Zoe' is no answer"):
        await process.answer(execution.id, "Zoe")
    assert await process.answer(execution.id, "2") == "q1 answered"
    assert (await process.result(execution.id)).status is Status.COMPLETED


async def test_the_same_answer_again_is_no_mistake_and_another_one_is(
    process: Process, house: House
) -> None:
    """Also after the end: whoever lost the confirmation asks again."""
    execution = await asks_who(process, house)
    await process.result(execution.id)
    said = await asyncio.gather(
        *(process.answer(execution.id, "Yoav", question="q1") for _ in range(3))
    )
    assert sorted(said) == ["q1 answered"] + ["q1 was answered so already"] * 2
    await process.result(execution.id)
    again = await process.answer(execution.id, "2", question="q1")
    assert again == "q1 was answered so already"
    with pytest.raises(UserError, match="has ended"):
        await process.answer(execution.id, "Dana", question="q1")
    assert house.agents.did == ["read x"]


async def test_a_planners_question_is_answered_before_anything_runs(
    process: Process, house: House
) -> None:
    who = Question(id="who", text="Who?", choices=(Choice(value="y@x", label="Yoav"),))

    def ask_first(request: PlanRequest) -> Plan:
        if "who" not in request.answers:
            return plan(read("r"), questions=(who,))
        return plan(read("r", text=request.answers["who"]))

    house.planner.plan_for = ask_first
    execution = await process.start("q")
    assert (await process.result(execution.id)).status is Status.WAITING
    assert house.agents.did == []
    await process.answer(execution.id, "yoav")
    assert (await process.result(execution.id)).status is Status.COMPLETED
    assert house.agents.did == ["read y@x"]


async def test_a_transient_failure_is_tried_again_by_itself(process: Process, house: House) -> None:
    house.agents.fail += [Transient("busy"), Transient("busy")]
    execution = await process.start("q", plan=plan(read("r")))
    done = await process.result(execution.id)
    assert (done.status, done.steps[0].attempt) == (Status.COMPLETED, 3)
    assert [e.state for e in await process.logs(execution.id) if e.type == "step"] == [
        "running",
        "retrying",
        "running",
        "retrying",
        "running",
        "succeeded",
    ]


async def test_a_failure_is_told_with_what_could_still_be_delivered(
    process: Process, house: House
) -> None:
    house.agents.fail.append(ValueError("no such file"))
    execution = await process.start("q", plan=plan(read("a"), read("b", "a"), read("c")))
    done = await process.result(execution.id)
    assert done.status is Status.FAILED
    assert done.result["summary"] == "read x"
    assert done.result["warnings"][0] == "Read: ValueError: no such file"


async def test_a_pause_lets_the_running_step_end_and_the_resume_goes_on(
    process: Process, house: House
) -> None:
    execution = await process.start("q", plan=plan(Step(id="s", agent="Slow"), read("r", "s")))
    await until(process, execution.id, lambda e: e.type == "log")
    assert await process.pause(execution.id) == "paused"
    house.agents.hold.set()
    paused = await process.result(execution.id)
    assert (paused.status, [s.state for s in paused.steps]) == (
        Status.PAUSED,
        ["succeeded", "pending"],
    )
    assert (await streamed(process, execution.id))[-1].type == "paused"
    await process.resume(execution.id)
    assert (await process.result(execution.id)).status is Status.COMPLETED


async def test_a_cancel_cuts_off_what_reads(process: Process, house: House) -> None:
    execution = await process.start("q", plan=plan(Step(id="s", agent="Slow"), read("r", "s")))
    await until(process, execution.id, lambda e: e.type == "log")
    assert await process.cancel(execution.id) == "cancelled"
    done = await process.result(execution.id)
    assert (done.status, {s.state for s in done.steps}) == (Status.CANCELLED, {"cancelled"})
    assert house.agents.did == []


async def test_a_cancel_waits_for_what_changes_the_world(process: Process, house: House) -> None:
    execution = await process.start("q", plan=plan(Step(id="s", agent="SlowWrite"), read("r", "s")))
    await until(process, execution.id, lambda e: e.type == "log")
    await process.cancel(execution.id)
    house.agents.hold.set()
    done = await process.result(execution.id)
    assert (done.status, [s.state for s in done.steps]) == (
        Status.CANCELLED,
        ["succeeded", "cancelled"],
    )


async def test_what_has_ended_takes_no_orders_and_resuming_it_changes_nothing(
    process: Process,
) -> None:
    execution = await process.start("q", plan=plan(read("r")))
    done = await process.result(execution.id)
    for order in (process.pause(execution.id), process.cancel(execution.id)):
        with pytest.raises(UserError, match="the execution has ended"):
            await order
    assert await process.resume(execution.id) == done


@pytest.mark.parametrize(
    "unknown", ["", "nonsense", public_id(5), "0" * 13, "../../etc", "x" * 9999]
)
async def test_an_unknown_id_is_named_and_nothing_breaks(process: Process, unknown: str) -> None:
    for order in (
        process.get(unknown),
        process.result(unknown),
        process.logs(unknown),
        process.resume(unknown),
        process.pause(unknown),
        process.cancel(unknown),
        process.approve(unknown),
        process.reject(unknown),
        process.answer(unknown, "x"),
        process.fork(unknown, "a"),
    ):
        with pytest.raises(UnknownExecution) as refused:
            await order
        assert len(str(refused.value)) < 200


@pytest.mark.parametrize(
    ("request_text", "reason"),
    [
        ("", "is empty"),
        (" \n\t ", "is empty"),
        ("x" * (MAX_REQUEST + 1), "at most 20,000"),
        ("read \udcff", "is not text"),
    ],
)
async def test_a_request_that_cannot_be_one_is_refused_and_creates_nothing(
    process: Process, request_text: str, reason: str
) -> None:
    for order in (process.start(request_text), process.plan(request_text)):
        with pytest.raises(RequestRefused, match=reason):
            await order
    assert await process.list() == []


async def test_the_longest_request_is_taken(process: Process) -> None:
    execution = await process.start("ש" * MAX_REQUEST)
    assert (await process.result(execution.id)).status is Status.COMPLETED


async def test_a_plan_with_problems_is_refused_and_creates_nothing(process: Process) -> None:
    with pytest.raises(PlanRefused, match="there is no agent 'Nobody'"):
        await process.start("q", plan=plan(Step(id="a", agent="Nobody")))
    assert await process.list() == []


async def test_words_that_are_no_text_are_refused_and_the_gate_stays_open(
    process: Process,
) -> None:
    execution = await process.start("q", plan=plan(meet("m")))
    await process.result(execution.id)
    with pytest.raises(UserError, match="is not text"):
        await process.reject(execution.id, reason="\udcff")
    await process.approve(execution.id)
    assert (await process.result(execution.id)).status is Status.COMPLETED


async def test_executions_are_listed_newest_first(process: Process) -> None:
    started = [(await process.start(f"request {n}")).id for n in range(3)]
    for execution_id in started:
        await process.result(execution_id)
    listed = await process.list()
    assert {e.execution_id for e in listed} == set(started)
    assert [e.execution_id for e in listed] == sorted(started, reverse=True)
    assert len(await process.list(limit=2)) == 2
    assert await process.interrupted() == []


async def test_many_at_once_all_come_to_their_end(process: Process) -> None:
    wide = plan(*(read(f"s{n}") for n in range(10)), read("last", *(f"s{n}" for n in range(10))))
    started = await asyncio.gather(*(process.start("q", plan=wide) for _ in range(20)))
    done = await asyncio.gather(*(process.result(e.id) for e in started))
    assert {e.status for e in done} == {Status.COMPLETED}


async def test_what_has_ended_is_let_go_even_if_nobody_looked(process: Process) -> None:
    execution = await process.start("q", plan=plan(read("r")))
    await let_go(process, execution.id)
    assert process.pump.running() == []
    assert (await process.get(execution.id)).status is Status.COMPLETED


async def test_without_anybody_watching_steps_ride_along_and_nothing_is_missing(
    house: House,
) -> None:
    async with house.process(interactive=False) as process:
        execution = await process.start("q", plan=ANCHOR, approve_all=True)
        await process.result(execution.id)
        quiet = [(e.type, e.step, e.state) for e in await process.logs(execution.id)]
        assert ("complete", None, None) in quiet
        assert quiet.count(("step", "meeting", "succeeded")) == 1


async def test_a_fork_keeps_what_succeeded_and_runs_the_rest_anew(
    process: Process, house: House
) -> None:
    execution = await process.start("q", plan=ANCHOR, approve_all=True)
    await process.result(execution.id)
    forked = await process.fork(
        execution.id, "meeting", arguments={"title": "second"}, approve_all=True
    )
    done = await process.result(forked.id)
    assert done.status is Status.COMPLETED
    assert [did for did in house.agents.did if did.startswith("meet")] == [
        "meet talk at 10",
        "meet second at 10",
    ]
    assert len(set(house.agents.keys)) == 2, "keys of its own"
    reads = [did for did in house.agents.did if did.startswith("read")]
    assert len(reads) == 3 + 1, "of the reads only the one after the meeting was done again"
    with pytest.raises(UserError, match="no step 'nope'"):
        await process.fork(execution.id, "nope")


async def test_a_fork_is_as_urgent_as_its_first_and_has_as_long(process: Process) -> None:
    hour = dt.timedelta(hours=1)
    first = await process.start("q", plan=plan(read("a"), read("b")), priority=7, deadline=hour)
    await process.result(first.id)
    forked = await process.fork(first.id, "b")
    await process.result(forked.id)
    number = parse_id(forked.id)
    assert number is not None
    state, _ = await fold(process.journal, number)
    assert state.priority == 7
    assert state.deadline_ms == state.created_at_ms + 3_600_000


@pytest.mark.parametrize("user", ["dana \udc80", "", "  ", "d" * 321])
async def test_a_user_who_can_not_be_written_down_is_refused(house: House, user: str) -> None:
    async with house.process() as process:
        with pytest.raises(UserError, match="a user is named by a text"):
            await process.start("q", user=user)
        assert list(await process.list()) == []


@pytest.mark.parametrize("value", ["\udc80", object()])
async def test_arguments_that_cannot_be_written_down_are_refused_by_a_fork(
    process: Process, value: object
) -> None:
    first = await process.start("q", plan=plan(read("a")))
    await process.result(first.id)
    with pytest.raises(UserError, match="can't be written as JSON"):
        await process.fork(first.id, "a", arguments={"text": value})


async def test_leaving_the_stream_early_leaves_the_execution_running(
    process: Process, house: House
) -> None:
    execution = await process.start("q", plan=plan(Step(id="s", agent="Slow")))
    async with aclosing(process.stream(execution.id)) as events:  # type: ignore[type-var]
        async for event in events:
            if event.type == "log":
                break
    house.agents.hold.set()
    assert (await process.result(execution.id)).status is Status.COMPLETED


async def test_a_plan_that_takes_too_long_is_an_error_that_says_what_to_do(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Thinks:
        async def plan(self, request: PlanRequest) -> Plan:
            await asyncio.Event().wait()
            raise AssertionError("it never ends")

    monkeypatch.setattr(planning, "PLANNING_S", 0.01)
    monkeypatch.setattr(house, "planner", Thinks())
    async with house.process() as process:
        with pytest.raises(EngineError, match=r"more than 0\.01 s; try again, ask for less"):
            await process.plan("q")


async def test_a_plan_that_is_changed_after_it_was_given_is_another_plan(house: House) -> None:
    """Whoever gives a plan keeps it, and may write into its arguments: each execution does, and
    its journal says, what it was given."""
    given = plan(read("a", text="first"))
    async with house.process() as process:
        first = await process.start("q", plan=given)
        given.steps[0].arguments["text"] = "second"
        second = await process.start("q", plan=given)
        given.steps[0].arguments["text"] = 3
        with pytest.raises(PlanRefused, match="text"):
            await process.start("q", plan=given)
        for one, text in ((first, "first"), (second, "second")):
            result = await process.result(one.id)
            assert result.status is Status.COMPLETED
            state, _ = await fold(process.journal, parse_id(one.id) or 0)
            assert state.steps["a"].step.arguments == {"text": text}
    assert sorted(house.agents.did) == ["read first", "read second"]


async def test_a_plan_that_cannot_be_written_down_is_refused(house: House) -> None:
    async with house.process() as process:
        with pytest.raises(PlanRefused, match="JSON"):
            await process.start("q", plan=plan(read("a", text="\ud800")))
