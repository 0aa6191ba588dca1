"""Every kind of execution, once: what is recorded for ever.

Each gives the id of the execution that is recorded. A scenario that has been recorded isn't changed
any more: what is new gets a scenario of its own.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
from typing import Any

from tests.replay.cast import HANGS, QUICK
from tests.replay.stage import Scenario, Stage

from tizmor.core.errors import (
    NeedsAnswer,
    OutcomeUnknown,
    Permanent,
    PreconditionFailed,
    Transient,
    UserError,
)
from tizmor.core.plan import (
    Budget,
    Choice,
    Condition,
    Exhausted,
    ForEach,
    OnFailure,
    Plan,
    Question,
    Resource,
    RetryPolicy,
    Step,
    Strategy,
    Test,
)
from tizmor.core.terms import Need, OnExpiry, Terms
from tizmor.ports.policy import Ask, Waived

ONE = RetryPolicy(attempts=1)


def of(name: str, field: str = "value", **more: Any) -> dict[str, Any]:
    return {"$ref": f"/{name}/{field}", **more}


def find(name: str = "find", text: Any = "docs", **more: Any) -> Step:
    return Step(id=name, agent="Find", arguments={"text": text}, **more)


def read(name: str, text: Any = "x", **more: Any) -> Step:
    return Step(id=name, agent="Read", arguments={"text": text}, **more)


def note(name: str, text: Any = "a note", **more: Any) -> Step:
    return Step(id=name, agent="Note", arguments={"text": text}, **more)


def meet(name: str = "meet", title: Any = "talk", **more: Any) -> Step:
    return Step(id=name, agent="Meet", arguments={"title": title}, **more)


def send(agent: str = "Send", **more: Any) -> Step:
    return Step(id="send", agent=agent, arguments={"to": "yoav@example.com"}, **more)


def enter(name: str, **more: Any) -> Step:
    return Step(id=name, agent="Enter", arguments={"text": name}, **more)


def each(name: str, items: Any, width: int = 2, **more: Any) -> Step:
    arguments = {"text": "item ", "n": {"$item": ""}}
    return Step(
        id=name,
        agent="Read",
        arguments=arguments,
        for_each=ForEach(items=items, width=width),
        retry=ONE,
        **more,
    )


async def anchor_approved_with_edit(stage: Stage) -> str:
    stage.plans.append(
        Plan(
            goal="קבע פגישה עם יואב",
            language="he",
            planner="staged/1",
            assumptions=("יואב הוא יואב כהן",),
            steps=(
                find("search", "תבואות"),
                read("status", of("search")),
                read("contact", "יואב", title="חיפוש איש קשר"),
                meet("calendar", of("contact")),
                note("agenda", of("status"), after=("calendar",)),
            ),
        )
    )
    execution = await stage.start(request="תקרא מה עשינו בדצמבר ותקבע פגישה עם יואב")
    await stage.rest(execution)
    tizmor = stage.process.tizmor
    await stage.do(tizmor.approve(execution, arguments={"at": 15}, comment="אחרי הצהריים"))
    await stage.rest(execution)
    return execution


async def gate_rejected(stage: Stage) -> str:
    execution = await stage.start(meet(), read("after", of("meet")), read("beside"))
    await stage.rest(execution)
    await stage.do(stage.process.tizmor.reject(execution, reason="not this week"))
    await stage.rest(execution)
    return execution


async def gate_left_open(stage: Stage) -> str:
    execution = await stage.start(
        find(), meet("meet", of("find")), assumptions=("any free time will do",)
    )
    await stage.rest(execution)
    return execution


async def gates_approved_by_delegation(stage: Stage) -> str:
    """What comes from a document is asked about all the same."""
    execution = await stage.start(find(), meet(), meet("told", of("find")))
    await stage.rest(execution)
    await stage.do(stage.process.tizmor.resume(execution, approve_all=True))
    await stage.do(stage.process.tizmor.approve(execution))
    await stage.rest(execution)
    return execution


async def planner_asked(stage: Stage) -> str:
    who = Question(
        id="who",
        text="Which Yoav?",
        choices=(Choice(value="cohen", label="Yoav Cohen"), Choice(value="levi", label="Levi")),
        free_text=False,
    )
    stage.plans += [
        Plan(goal="meet", questions=(who,), planner="staged/1"),
        Plan(goal="meet", steps=(read("a", "cohen"),), planner="staged/1"),
    ]
    execution = await stage.start(request="meet Yoav")
    await stage.rest(execution)
    await stage.do(stage.process.tizmor.answer(execution, "1"))
    await stage.rest(execution)
    return execution


async def planning_failed(stage: Stage) -> str:
    execution = await stage.start(request="make me happy")
    await stage.rest(execution)
    return execution


async def agent_asked(stage: Stage) -> str:
    stage.befalls["Note"] = [
        NeedsAnswer("Which notebook?", question_id="book", choices=(("a", "A"), ("b", "B")))
    ]
    execution = await stage.start(note("a"), read("b", of("a")))
    await stage.rest(execution)
    await stage.do(stage.process.tizmor.answer(execution, "b"))
    await stage.rest(execution)
    return execution


async def retried(stage: Stage) -> str:
    stage.befalls["Find"] = [Transient("busy"), Transient("later", retry_after_s=30.0), QUICK]
    execution = await stage.start(find(), read("after", of("find")))
    await stage.rest(execution)
    return execution


async def retries_used_up(stage: Stage) -> str:
    stage.befalls["Find"] = [Transient("busy"), HANGS, Transient("still busy")]
    execution = await stage.start(find(), read("after", of("find")), read("beside"))
    await stage.rest(execution)
    return execution


async def outcome_told_by_probe(stage: Stage) -> str:
    stage.befalls |= {"Post": [OutcomeUnknown("the line broke")], "Post was there": [1]}
    execution = await stage.start(send("Post"), read("after", of("send")), approve_all=True)
    await stage.rest(execution)
    return execution


async def outcome_was_nothing(stage: Stage) -> str:
    stage.befalls["Post"] = [OutcomeUnknown("the line broke")]
    execution = await stage.start(send("Post"), approve_all=True)
    await stage.rest(execution)
    return execution


async def outcome_ruled_out(stage: Stage) -> str:
    """The process dies during the call; it didn't happen, and isn't tried again."""
    stage.befalls |= {"Post": [1.0], "Post was there": [0]}
    once = send("Post", retry=ONE, on_failure=OnFailure.FAIL)
    execution = await stage.start(once, approve_all=True)
    await stage.runs(execution, "send")
    stage.process.kill()
    stage.another()
    await stage.do(stage.process.tizmor.resume(execution))
    await stage.rest(execution)
    return execution


async def _outcome_told_by_human(stage: Stage, answer: str) -> str:
    stage.befalls["Send"] = [OutcomeUnknown("the line broke")]
    execution = await stage.start(send(), read("after", of("send")), approve_all=True)
    await stage.rest(execution)
    await stage.do(stage.process.tizmor.answer(execution, answer))
    await stage.rest(execution)
    return execution


async def outcome_happened(stage: Stage) -> str:
    return await _outcome_told_by_human(stage, "happened")


async def outcome_did_not_happen(stage: Stage) -> str:
    return await _outcome_told_by_human(stage, "again")


async def outcome_left(stage: Stage) -> str:
    return await _outcome_told_by_human(stage, "stop")


async def precondition_lost(stage: Stage) -> str:
    stage.befalls["Meet"] = [PreconditionFailed("the slot is taken")]
    execution = await stage.start(meet())
    for _ in range(2):
        await stage.rest(execution)
        await stage.do(stage.process.tizmor.approve(execution))
    await stage.rest(execution)
    return execution


async def alternative_took_over(stage: Stage) -> str:
    stage.befalls["Find"] = [Permanent("no access")]
    instead = Step(id="find", agent="Other", arguments={"text": "docs"})
    execution = await stage.start(find(alternatives=(instead,)), read("after", of("find")))
    await stage.rest(execution)
    return execution


async def replanned(stage: Stage) -> str:
    """What runs is let end, and if it fails, nothing depends on it any more."""
    stage.befalls |= {
        "Other": [(0.1, Permanent("no access"))],
        "Book": [(0.7, Permanent("no room"))],
    }
    done = find("done", "first")
    fails = Step(id="fails", agent="Other", arguments={"text": of("done")})
    runs = Step(id="runs", agent="Book", arguments={"text": "room"})
    stage.plans += [
        Plan(
            goal="g",
            planner="staged/1",
            steps=(done, fails, read("dropped", of("fails")), runs),
        ),
        Plan(goal="g", planner="staged/2", steps=(done, read("new", of("done")))),
    ]
    execution = await stage.start()
    await stage.rest(execution)
    return execution


async def no_other_plan(stage: Stage) -> str:
    stage.befalls["Find"] = [Permanent("no access")]
    stage.plans.append(
        Plan(goal="g", planner="staged/1", steps=(find(), read("after", of("find"))))
    )
    execution = await stage.start()
    await stage.rest(execution)
    return execution


async def failure_mended_by_human(stage: Stage) -> str:
    """Tried again, tried with other arguments, gone on without."""
    stage.befalls["Note"] = [Permanent("full"), Permanent("still full"), Permanent("no")]
    asks = {"on_failure": OnFailure.ASK}
    execution = await stage.start(
        note("a", **asks), note("b", after=("a",), **asks), read("c", of("b")), read("d")
    )
    tizmor = stage.process.tizmor
    await stage.rest(execution)
    await stage.do(tizmor.answer(execution, "again"))
    await stage.rest(execution)
    await stage.do(tizmor.answer(execution, "edit", arguments={"text": "a shorter note"}))
    await stage.rest(execution)
    stage.befalls["Note"] = []
    await stage.do(tizmor.answer(execution, "skip"))
    await stage.rest(execution)
    return execution


async def list_partly_failed(stage: Stage) -> str:
    stage.befalls["Read b"] = [Permanent("no b")]
    stage.befalls["Read a"] = [0.3]
    execution = await stage.start(find(), each("each", of("find", "items")), read("after", "x"))
    await stage.rest(execution)
    return execution


async def list_failed_and_was_tried_again(stage: Stage) -> str:
    stage.befalls |= {"Read a": [Permanent("no a")], "Read b": [Permanent("no b")]}
    execution = await stage.start(each("each", ["a", "b"], on_failure=OnFailure.ASK))
    await stage.rest(execution)
    await stage.do(stage.process.tizmor.answer(execution, "again"))
    await stage.rest(execution)
    return execution


async def conditions_and_soft_references(stage: Stage) -> str:
    stage.befalls["Other"] = [Permanent("gone")]
    never = Condition(value=of("find"), test=Test.EMPTY)
    execution = await stage.start(
        find(),
        read("never", when=(never,)),
        read("reads_it", of("never")),
        read("comes_after", after=("never",)),
        Step(id="fails", agent="Other"),
        read("soft", of("fails", default="nothing")),
    )
    await stage.rest(execution)
    return execution


async def step_out_of_time(stage: Stage) -> str:
    stage.befalls["Find"] = [Transient("busy", retry_after_s=60.0)]
    execution = await stage.start(find(deadline_s=5.0), read("after", of("find")), read("beside"))
    await stage.rest(execution)
    return execution


async def execution_out_of_time(stage: Stage) -> str:
    stage.befalls["Find"] = [1.0]
    execution = await stage.start(find(), meet(), deadline=dt.timedelta(seconds=0.5), priority=3)
    await stage.rest(execution)
    return execution


async def paused_and_resumed(stage: Stage) -> str:
    execution = await stage.start(note("a"), read("b", of("a")))
    await stage.runs(execution, "a")
    await stage.do(stage.process.tizmor.pause(execution, by="dana"))
    await stage.rest(execution)
    await stage.do(stage.process.tizmor.resume(execution))
    await stage.rest(execution)
    return execution


async def cancelled(stage: Stage) -> str:
    """What runs and changes something is let end."""
    stage.befalls |= {"Note": [0.2], "Find": [1.0]}
    execution = await stage.start(note("a"), find(), read("b", of("a")), meet())
    await stage.runs(execution, "a", "find")
    await stage.do(stage.process.tizmor.cancel(execution))
    await stage.rest(execution)
    return execution


async def rolled_back_by_human(stage: Stage) -> str:
    """One is taken back at the second try, one never is, and one can't be."""
    stage.befalls["Meet is undone"] = [
        Transient("busy"),
        0.05,
        Permanent("too late"),
        Permanent("too late"),
    ]
    book = Step(id="book", agent="Book", arguments={"text": "room"})
    execution = await stage.start(
        book, meet("first", after=("book",)), meet("second", after=("first",)), find(), meet("open")
    )
    tizmor = stage.process.tizmor
    await stage.rest(execution)
    await stage.do(tizmor.approve(execution, "a2"))
    await stage.rest(execution)
    await stage.do(tizmor.approve(execution, "a3"))
    await stage.rest(execution)
    await stage.do(tizmor.cancel(execution, roll_back=True, by="dana"))
    await stage.rest(execution)
    await stage.do(tizmor.answer(execution, "again"))
    await stage.rest(execution)
    await stage.do(tizmor.answer(execution, "stop"))
    await stage.rest(execution)
    return execution


async def rolled_back_by_policy(stage: Stage) -> str:
    stage.befalls["Find"] = [Permanent("no access")]
    execution = await stage.start(
        meet(), find(after=("meet",), on_failure=OnFailure.ROLL_BACK), approve_all=True
    )
    await stage.rest(execution)
    return execution


async def forked_with_output(stage: Stage) -> str:
    origin = await stage.start(find(), read("mid", of("find")), note("end", of("mid")))
    await stage.rest(origin)
    fork = stage.process.tizmor.fork(origin, "mid", output={"value": "by hand"})
    execution = (await stage.do(fork)).id
    await stage.rest(execution)
    return execution


async def forked_with_arguments(stage: Stage) -> str:
    origin = await stage.start(find(), note("end", of("find")))
    await stage.rest(origin)
    fork = stage.process.tizmor.fork(origin, "end", arguments={"text": "by hand"})
    execution = (await stage.do(fork)).id
    await stage.rest(execution)
    return execution


async def adopted_after_a_crash(stage: Stage) -> str:
    """A read is run again, a note is written again with its key, a posting is asked after."""
    stage.befalls |= {"Find": [1.0], "Note": [1.0], "Post": [1.0], "Post was there": [1]}
    execution = await stage.start(find(), note("a"), send("Post"), meet(), approve_all=True)
    await stage.runs(execution, "find", "a", "send")
    stage.process.kill()
    stage.another()
    await stage.do(stage.process.tizmor.resume(execution))
    await stage.rest(execution)
    return execution


async def secret_used(stage: Stage) -> str:
    execution = await stage.start(
        Step(id="login", agent="Login", arguments={"token": "secret:TOKEN"}),
        Step(id="other", agent="Login", arguments={"token": "secret:OTHER"}),
    )
    await stage.rest(execution)
    return execution


async def large_value(stage: Stage) -> str:
    """More than a row of the database holds."""
    execution = await stage.start(Step(id="much", agent="Much"), note("a", of("much")))
    await stage.rest(execution)
    return execution


async def quick_reads(stage: Stage) -> str:
    """Reads that are over before their beginning is worth a word."""
    stage.befalls["Find"] = [QUICK]
    stage.befalls["Read"] = [QUICK, QUICK]
    execution = await stage.start(find(), read("a", of("find")), read("b", of("a")))
    await stage.rest(execution)
    return execution


async def held_for_a_resource(stage: Stage) -> str:
    """Another execution has what this one needs, and gives it back."""
    before = await stage.start(Step(id="enter", agent="Enter", arguments={"text": "first"}))
    execution = await stage.start(Step(id="enter", agent="Enter", arguments={"text": "second"}))
    await stage.rest(before)
    await stage.rest(execution)
    return execution


async def held_for_a_quota(stage: Stage) -> str:
    """More calls than may be made at once, and a human who has no more time for the last."""
    steps = [Step(id=name, agent="Fetch", arguments={"text": name}) for name in ("a", "b", "c")]
    execution = await stage.start(*steps)
    await asyncio.sleep(3)
    await stage.do(stage.process.tizmor.cancel(execution))
    await stage.rest(execution)
    return execution


async def taken_back_in_turn(stage: Stage) -> str:
    """What is to be taken back is held for what another execution has."""
    stage.befalls["Enter"] = [2.0]
    shared = (Resource(name="book:guests"),)
    execution = await stage.start(meet(resources=shared), meet("open"))
    await stage.rest(execution)
    await stage.do(stage.process.tizmor.approve(execution, "a1"))
    await stage.rest(execution)
    other = await stage.start(Step(id="enter", agent="Enter", arguments={"text": "second"}))
    await stage.runs(other, "enter")
    await stage.do(stage.process.tizmor.cancel(execution, roll_back=True))
    await stage.rest(execution)
    return execution


async def prepared_and_asked_after_in_turn(stage: Stage) -> str:
    """To prepare a call, and to ask whether it happened, counts as the call does."""
    stage.befalls["Register"] = [OutcomeUnknown("the line broke")]
    execution = await stage.start(
        *(Step(id=name, agent="Register", arguments={"name": name}) for name in ("a", "b")),
        approve_all=True,
    )
    await stage.rest(execution)
    return execution


async def answered_from_the_cache(stage: Stage) -> str:
    """Another execution is just working the answer out; a second step asks once it is there."""
    look = Step(id="look", agent="Look", arguments={"text": "tea"})
    before = await stage.start(look)
    again = Step(id="again", agent="Look", arguments={"text": "tea"}, after=("look",))
    execution = await stage.start(look, again)
    await stage.rest(before)
    await stage.rest(execution)
    return execution


def say(name: str, **more: Any) -> Step:
    return Step(id=name, agent="Model", arguments={"text": name}, **more)


async def budget_raised_by_human(stage: Stage) -> str:
    """A call that failed has cost something, too; after the next, nothing is left."""
    stage.befalls["Model"] = [Transient("overloaded"), QUICK]
    budget = Budget(usd=0.9, exhausted=(Exhausted.ASK,))
    execution = await stage.start(say("a"), say("b", after=("a",)), budget=budget)
    await stage.rest(execution)
    await stage.do(stage.process.tizmor.answer(execution, "1"))
    await stage.rest(execution)
    return execution


def _sharing() -> tuple[Step, ...]:
    return (
        Step(id="share", agent="Tell", arguments={"text": "from a page"}),
        Step(id="look", agent="Hear", after=("share",)),
        meet("meet", of("look")),
    )


async def shared_and_read(stage: Stage) -> str:
    """What a page said is shared and read; the gate behind it says so."""
    execution = await stage.start(*_sharing(), approve_all=True)
    await stage.rest(execution)
    await stage.do(stage.process.tizmor.approve(execution))
    await stage.rest(execution)
    return execution


async def budget_left_room_for_less(stage: Stage) -> str:
    """The cheaper way is taken as long as there is enough for it; then the step fails."""
    budget = Budget(usd=0.6, exhausted=(Exhausted.CHEAPER, Exhausted.STOP))
    steps = [say("a"), say("b", after=("a",)), say("c", after=("b",), budget=Budget(calls=0))]
    execution = await stage.start(*steps, budget=budget)
    await stage.rest(execution)
    return execution


async def shared_in_a_fork(stage: Stage) -> str:
    execution = await shared_and_read(stage)
    forked = await stage.process.ask(stage.process.tizmor.fork(execution, "meet"))
    await stage.rest(forked.id)
    return forked.id


async def dry_run(stage: Stage) -> str:
    """Nothing is done; what the note would say, and to whom something is sent, isn't known yet."""
    tizmor = stage.process.tizmor
    steps = (find(), meet("meet", of("find")), note("note", of("meet")), read("read", of("note")))
    began = tizmor.dry_run("do it", plan=Plan(goal="recorded", steps=steps))
    execution = (await stage.process.ask(began)).id
    await stage.rest(execution)
    return execution


async def dry_run_carried_out(stage: Stage) -> str:
    """Each call is as it was shown, and nobody is asked."""
    tizmor = stage.process.tizmor
    steps = (meet(), meet("told", "walk", after=("meet",)))
    began = tizmor.dry_run("do it", plan=Plan(goal="recorded", steps=steps))
    shown = (await stage.process.ask(began)).id
    await stage.rest(shown)
    execution = (await stage.process.ask(tizmor.carry_out(shown, by="dana"))).id
    await stage.rest(execution)
    return execution


async def conflict_settled_by_a_human(stage: Stage) -> str:
    plan = Plan(goal="recorded", steps=(enter("one"), enter("two")))
    tizmor = stage.process.tizmor
    began = tizmor.start("do it", plan=plan, conflicts=Strategy.ASK)
    execution = (await stage.process.ask(began)).id
    await stage.rest(execution)
    await stage.do(tizmor.answer(execution, "second"))
    await stage.rest(execution)
    return execution


MINUTE = 60_000
TWO = Need(
    policy="two of three",
    quorum=2,
    approvers=("dana", "yoav", "noa"),
    escalate_ms=4 * MINUTE,
    escalate_to=("rina",),
)


async def signed_by_two(stage: Stage) -> str:
    """The second agrees to what the first has changed, in place of another who handed that on."""
    stage.policy.ruling = Ask(Terms(needs=(TWO,)))
    execution = await stage.start(meet(), read("after", of("meet")))
    await stage.rest(execution)
    people = stage.process.tizmor
    await stage.do(people.approve(execution, by="dana"))
    await stage.do(people.delegate(execution, to="gil", by="yoav"))
    await stage.do(people.approve(execution, arguments={"title": "short talk"}, by="gil"))
    await stage.do(people.approve(execution, by="dana", comment="fine"))
    await stage.rest(execution)
    return execution


async def gate_expired(stage: Stage) -> str:
    """Nobody decides it, though they are reminded, and one more is asked."""
    stage.policy.ruling = Ask(Terms(needs=(TWO,), remind_ms=3 * MINUTE, expires_ms=10 * MINUTE))
    execution = await stage.start(meet(), read("after", of("meet")), read("beside"))
    await asyncio.sleep(11 * 60)
    await stage.rest(execution)
    return execution


async def gate_lapsed(stage: Stage) -> str:
    """It is asked about once more, and then decided."""
    terms = Terms(needs=(TWO,), expires_ms=10 * MINUTE, on_expiry=OnExpiry.ASK)
    stage.policy.ruling = Ask(terms)
    execution = await stage.start(meet())
    await asyncio.sleep(11 * 60)
    for name in ("rina", "noa"):
        with contextlib.suppress(UserError):  # she wasn't asked yet, this time
            await stage.do(stage.process.tizmor.approve(execution, by=name))
    await stage.do(stage.process.tizmor.approve(execution, by="yoav"))
    await stage.rest(execution)
    return execution


async def waived_by_a_policy(stage: Stage) -> str:
    stage.policy.ruling = Waived("meetings need no asking")
    execution = await stage.start(meet())
    await stage.rest(execution)
    return execution


async def asked_and_answered(stage: Stage) -> str:
    """Messages of every kind, one that nobody takes, and work that is handed over; the process
    dies while the answer is written down."""
    execution = await stage.start(
        Step(id="ask", agent="Ask", arguments={"text": "how much?"}),
        Step(id="reply", agent="Reply"),
    )
    await stage.until(execution, lambda state: "ask.m4" in state.steps)
    stage.process.kill()
    stage.another()
    await stage.do(stage.process.tizmor.resume(execution))
    await stage.rest(execution)
    return execution


async def carried_out_for_a_caller(stage: Stage) -> str:
    """One caller wanted it shown, another has it done: each has a trace of its own."""
    steps = (find(), note("note", of("find")))
    began = stage.process.tizmor.dry_run(
        "do it",
        plan=Plan(goal="recorded", steps=steps),
        traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00",
    )
    shown = await stage.process.ask(began)
    await stage.rest(shown.id)
    carried = stage.process.tizmor.carry_out(
        shown.id, traceparent="00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    )
    execution = (await stage.process.ask(carried)).id
    await stage.rest(execution)
    return execution


SCENARIOS: dict[str, Scenario] = {
    scenario.__name__: scenario
    for scenario in (
        anchor_approved_with_edit,
        gate_rejected,
        gate_left_open,
        gates_approved_by_delegation,
        planner_asked,
        planning_failed,
        agent_asked,
        retried,
        retries_used_up,
        outcome_told_by_probe,
        outcome_was_nothing,
        outcome_ruled_out,
        outcome_happened,
        outcome_did_not_happen,
        outcome_left,
        precondition_lost,
        alternative_took_over,
        replanned,
        no_other_plan,
        failure_mended_by_human,
        list_partly_failed,
        list_failed_and_was_tried_again,
        conditions_and_soft_references,
        step_out_of_time,
        execution_out_of_time,
        paused_and_resumed,
        cancelled,
        rolled_back_by_human,
        rolled_back_by_policy,
        forked_with_output,
        forked_with_arguments,
        adopted_after_a_crash,
        secret_used,
        large_value,
        quick_reads,
        held_for_a_resource,
        held_for_a_quota,
        taken_back_in_turn,
        prepared_and_asked_after_in_turn,
        answered_from_the_cache,
        shared_and_read,
        shared_in_a_fork,
        dry_run,
        dry_run_carried_out,
        conflict_settled_by_a_human,
        budget_raised_by_human,
        budget_left_room_for_less,
        signed_by_two,
        gate_expired,
        gate_lapsed,
        waived_by_a_policy,
        asked_and_answered,
        carried_out_for_a_caller,
    )
}
