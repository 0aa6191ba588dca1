"""The verdict finds what it is there to find: each finding is planted once."""

from __future__ import annotations

from typing import Any

import pytest
from tests.crash.ledger import Entry, Ledger
from tests.crash.verdict import Story, Verdict, judge
from tests.crash.wire import Call

from tizmor.core import events as ev
from tizmor.core.approval import unsettled_question
from tizmor.core.plan import Effect, Plan, Step

PAY = Step(id="pay", agent="Pay", effect=Effect.IRREVERSIBLE)
PUT = Step(id="put", agent="Put", effect=Effect.IDEMPOTENT)
GATE = ev.GateOpened(id="a1", step="pay", key="k", arguments={}, shown={})
APPROVED = ev.GateApproved(id="a1", key="k", arguments={}, by="person-1.1")
STARTED = ev.StepStarted(step="pay", attempt=1, key="k", approval="a1")
SUCCEEDED = ev.StepSucceeded(step="pay", output={})
ENDED = ev.Ended(status="COMPLETED")


def story(*events: ev.AnyEvent) -> Story:
    plan = ev.Planned(plan=Plan(goal="g", steps=(PAY, PUT)))
    return Story("x", [ev.Created(query="q"), plan, *events])


def called(outcome: str = "applied", *, step: str = "pay", **more: Any) -> Entry:
    effect = "irreversible" if step == "pay" else "idempotent"
    given = {"key": "k", "effect": effect} | more
    return Entry(kind="call", execution="x", step=step, outcome=outcome, **given)


def asked(kind: str, outcome: str) -> Entry:
    return Entry(kind=kind, execution="x", step="pay", key="k", outcome=outcome)


def confirmed(verb: str, said: str = "", by: str = "person-1.1") -> Entry:
    return Entry(kind="ack", execution="x", verb=verb, by=by, outcome=said)


def verdict(events: list[ev.AnyEvent], entries: list[Entry]) -> Verdict:
    return judge([story(*events)], entries)


GOOD: list[ev.AnyEvent] = [GATE, APPROVED, STARTED, SUCCEEDED, ENDED]


def test_a_good_run_has_no_finding() -> None:
    entries = [confirmed("start", by="worker-1"), confirmed("approve", "a1 approved"), called()]
    found = verdict(GOOD, entries)
    assert (found.lost, found.doubled, found.control_doubled) == ([], [], [])
    assert (found.executions, found.effects, found.irreversible, found.asked) == (1, 1, 1, 0)


@pytest.mark.parametrize(
    ("events", "entries", "finding"),
    [
        (GOOD[:-1], [called()], "never ended"),
        (GOOD, [], "nobody saw it"),
        (GOOD, [called("refused")], "nobody saw it"),
        (GOOD, [called(), confirmed("cancel", "cancelled", "p.2")], "cancel of p.2"),
        (GOOD, [called(), confirmed("answer", "q1 answered", "p.2")], "answer of p.2"),
    ],
)
def test_what_is_lost_is_found(
    events: list[ev.AnyEvent], entries: list[Entry], finding: str
) -> None:
    (lost,) = verdict(events, entries).lost
    assert finding in lost


def test_an_execution_that_was_confirmed_and_is_gone_is_lost() -> None:
    (lost,) = judge([], [confirmed("start", by="worker-1")]).lost
    assert "it is gone" in lost


@pytest.mark.parametrize(
    "entries",
    [
        [called(), called()],
        [called("nothing"), called()],
        [called(), asked("probe", "silent"), called()],
        [called(), asked("probe", "happened"), called()],
        [called(), called(key="l")],
        [called(step="put"), called(step="put", key="l")],
    ],
)
def test_what_is_doubled_is_found(entries: list[Entry]) -> None:
    assert len(verdict(GOOD, entries).doubled) == 1


@pytest.mark.parametrize(
    "entries",
    [
        [called("refused"), called()],
        [called("nothing"), asked("probe", "not there"), called()],
        [called("nothing"), asked("look", "not there"), called()],
        [called(step="put"), called("repeated", step="put")],
    ],
)
def test_what_is_known_not_to_have_happened_may_be_done_again(entries: list[Entry]) -> None:
    assert verdict(GOOD, entries).doubled == []


def test_an_order_that_is_taken_twice_is_found() -> None:
    events: list[ev.AnyEvent] = [
        ev.Paused(by="p.1"),
        ev.Resumed(),
        ev.Paused(by="p.1"),
        ev.Resumed(),
        ENDED,
    ]
    assert len(verdict(events, []).control_doubled) == 1
    assert verdict(events[:2] + events[-1:], []).control_doubled == []


def test_an_approval_that_is_used_for_two_calls_is_found() -> None:
    again = ev.StepStarted(step="pay", attempt=2, key="l", approval="a1")
    assert len(verdict([*GOOD[:-1], again, ENDED], [called()]).control_doubled) == 1
    assert len(verdict(GOOD, [called(), called()]).control_doubled) == 1


def test_who_was_asked_what_happened_is_counted_once_for_each_step() -> None:
    question = unsettled_question(PAY, "cut off", "en")
    questions: list[ev.AnyEvent] = [
        ev.QuestionAsked(id=f"q{n}", question=question, step="pay") for n in range(2)
    ]
    found = verdict([*GOOD[:3], *questions, *GOOD[3:]], [called()])
    assert (found.asked, found.asked_percent, found.questions) == (1, 100.0, {question.id: 2})


def test_the_world_does_an_irreversible_call_as_often_as_it_comes_and_others_once() -> None:
    ledger = Ledger()
    for effect in ("idempotent", "irreversible"):
        call = Call(execution="x", step="s", agent="A", effect=effect, key=effect)
        for _ in range(2):
            entry, _ = ledger.begin(call)
            ledger.apply(entry)
    assert [e.outcome for e in ledger.entries] == ["applied", "repeated", "applied", "applied"]


def test_what_is_undone_is_undone_once() -> None:
    ledger = Ledger()
    entries = [asked("undo", "") for _ in range(3)]
    ledger.undo(entries[0])
    call, _ = ledger.begin(Call(execution="x", step="pay", agent="A", effect="x", key="k"))
    ledger.apply(call)
    for entry in entries[1:]:
        ledger.undo(entry)
    assert [entry.outcome for entry in entries] == ["nothing", "undone", "repeated"]


TAKEN_BACK: list[ev.AnyEvent] = [
    *GOOD[:-1],
    ev.RollbackStarted(),
    ev.CompensationStarted(step="pay", attempt=1),
    ev.Compensated(step="pay"),
    ENDED,
]


def test_what_is_taken_back_has_been_seen_to_be() -> None:
    assert verdict(TAKEN_BACK, [called(), asked("undo", "undone")]).lost == []
    (lost,) = verdict(TAKEN_BACK, [called()]).lost
    assert "taken back, and nobody saw it" in lost


def test_what_a_rollback_leaves_out_unsaid_is_found() -> None:
    events: list[ev.AnyEvent] = [*GOOD[:-1], ev.RollbackStarted(), ENDED]
    (lost,) = verdict(events, [called()]).lost
    assert "left out of the rollback" in lost


def test_the_calls_of_a_step_for_each_item_are_steps_of_their_own() -> None:
    events: list[ev.AnyEvent] = [
        ev.Expanded(step="pay", count=2),
        ev.StepStarted(step="pay.0", attempt=1, key="k"),
        ev.StepSucceeded(step="pay.0", output={}),
        ENDED,
    ]
    (lost,) = verdict(events, [called(step="pay.1", effect="irreversible")]).lost
    assert "x/pay.0" in lost
