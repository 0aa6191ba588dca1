"""Messages between the steps of an execution.

A call that runs again sends again: the same message by the same number is the one that is there. A
step that waits for an answer, or for any message, is held; whoever sends one lets it go on. A
request whose time is over, or that nobody is left to answer, is a dead letter.
"""

from __future__ import annotations

import msgspec

from tizmor.core import commands as cmd
from tizmor.core import events as ev
from tizmor.core import facts as fx
from tizmor.core.decisions.decision import Decision
from tizmor.core.decisions.steps import go_on_held
from tizmor.core.decisions.talking import may_speak
from tizmor.core.errors import TalkError, Undelivered
from tizmor.core.recovery import still_due_ms
from tizmor.core.state import State, StepState
from tizmor.core.taint import carries
from tizmor.core.talk import (
    ANSWER,
    MAX_MESSAGES,
    MAX_PAYLOAD,
    MAX_TOTAL_BYTES,
    NAME,
    WORD,
    Kind,
    Message,
    Talk,
)
from tizmor.core.transitions import TERMINAL, StepStatus

S = StepStatus
LATE = "no answer came in time"
NOBODY = "nobody takes it: no step that has not ended is, or has an agent that is, what it is for"


def message_sending(d: Decision, fact: fx.MessageSending) -> None:
    talk = d.state.talk or Talk()
    known = talk.sent_before(fact.step, fact.number, fact.kind, fact.to, fact.payload)
    if known is not None or refused_message(d.state, fact) is not None:
        return
    name = next_id(d.state)
    d.emit(
        ev.MessageSent(
            id=name,
            kind=fact.kind,
            step=fact.step,
            number=fact.number,
            to=fact.to,
            payload=fact.payload,
            due_ms=fact.due_ms,
            untrusted=carries(d.state, fact.step),
        )
    )
    message = _mail(d.state)[name]
    if not _has_takers(d.state, message):
        d.emit(ev.MessageExpired(id=name, reason=NOBODY))
        return
    watch(d, d.state.steps[fact.step])
    for step in list(d.state.steps.values()):
        if step.status is S.HELD and step.held_on.startswith(WORD):
            await_word(d, step)


def next_id(state: State) -> str:
    """The id of the next message: derived, so that a replay gives the same."""
    return f"m{len(_mail(state)) + 1}"


def refused_message(state: State, fact: fx.MessageSending) -> TalkError | None:
    """Why a message can't be sent; None when it can."""
    if not NAME.fullmatch(fact.to):
        return TalkError(f"a message is for a step, an agent or a topic; {fact.to[:40]!r} is none")
    return refused_at_all(state, fact.step, fact.attempt, fact.payload)


def refused_at_all(state: State, step: str, attempt: int, payload: object) -> TalkError | None:
    """Why a call can send nothing, or not this."""
    if not may_speak(state, step, attempt):
        return TalkError("this call is over: it can send nothing any more")
    talk = state.talk or Talk()
    size = len(msgspec.json.encode(payload))
    if size > MAX_PAYLOAD:
        return TalkError(f"{size:,} bytes; a message has at most {MAX_PAYLOAD:,}")
    if len(talk.mail) >= MAX_MESSAGES or talk.mail_bytes + size > MAX_TOTAL_BYTES:
        return TalkError(
            f"an execution has at most {MAX_MESSAGES:,} messages, of {MAX_TOTAL_BYTES:,} bytes"
        )
    return None


def message_taking(d: Decision, fact: fx.MessageTaking) -> None:
    message = _mail(d.state).get(fact.id)
    if message is None or not is_for(d.state, message, fact.step):
        return
    if not may_speak(d.state, fact.step, fact.attempt):
        return
    if fact.problem and message.state == "open":
        expire(d, message, fact.problem)
    if fact.step not in message.taken and is_for(d.state, message, fact.step):
        d.emit(ev.MessageTaken(id=fact.id, step=fact.step))


def message_answering(d: Decision, fact: fx.MessageAnswering) -> None:
    if refused_answer(d.state, fact) is not None:
        return
    message = _mail(d.state)[fact.id]
    if message.state == "open":
        untrusted = carries(d.state, fact.step)
        d.emit(
            ev.MessageAnswered(
                id=fact.id, step=fact.step, payload=fact.payload, untrusted=untrusted
            )
        )
        tell_sender(d, message)


def refused_answer(state: State, fact: fx.MessageAnswering) -> TalkError | None:
    """Why a request can't be answered so; None when it can, or was."""
    message = _mail(state).get(fact.id)
    if message is None or message.kind is not Kind.REQUEST or fact.step not in message.taken:
        return TalkError(f"{fact.id} is no request that {fact.step} has taken")
    if message.state == "dead":
        return Undelivered(f"nobody waits for it any more: {message.reason}")
    if message.state == "answered" and message.answer != fact.payload:
        return TalkError(f"{fact.id} was answered otherwise before")
    return refused_at_all(state, fact.step, fact.attempt, fact.payload)


def is_for(state: State, message: Message, name: str) -> bool:
    """Whether a step may take a message, or has: a request is one step's."""
    step = state.steps[name]
    if name == message.step or message.work:
        return False
    match message.kind:
        case Kind.BROADCAST:
            return True
        case Kind.EVENT:
            return message.to in step.step.receives
        case _:
            if message.state != "open" or (message.taken and message.taken[-1] != name):
                return False
            return message.to in (name, step.step.agent)


def _has_takers(state: State, message: Message) -> bool:
    if message.kind is Kind.BROADCAST:
        return True
    return any(
        step.status not in TERMINAL and is_for(state, message, name)
        for name, step in state.steps.items()
    )


def expire(d: Decision, message: Message, reason: str) -> None:
    """Make a dead letter of it, and tell who waits for the answer."""
    d.emit(ev.MessageExpired(id=message.id, reason=reason))
    tell_sender(d, message)


def tell_sender(d: Decision, message: Message) -> None:
    sender = d.state.steps[message.step]
    if sender.status is S.HELD and sender.held_on == f"{ANSWER}{message.id}":
        go_on_held(d, sender)


def await_word(d: Decision, step: StepState) -> None:
    """Let a held step go on when what it waits for is there; else watch its time."""
    if _is_there(d.state, step):
        go_on_held(d, step)
    else:
        watch(d, step)


def _is_there(state: State, step: StepState) -> bool:
    mail = _mail(state)
    if step.held_on.startswith(ANSWER):
        message = mail.get(step.held_on.removeprefix(ANSWER))
        return message is None or message.state != "open"
    name = step.step.id
    return any(name not in m.taken and is_for(state, m, name) for m in mail.values())


def watch(d: Decision, step: StepState, *, after_ms: int = 0) -> None:
    """Have the next time watched at which something that the step waits for is over."""
    times = (due_ms for due_ms in _due_times(d.state, step) if due_ms > after_ms)
    if (due_ms := min(times, default=None)) is not None:
        since_ms = min(d.at_ms, d.state.updated_at_ms)
        due_ms = still_due_ms(due_ms, since_ms, d.at_ms)
        d.order(cmd.SetTimer(step=step.step.id, timer=cmd.Timer.MESSAGE, due_ms=due_ms))


def _due_times(state: State, step: StepState) -> list[int]:
    talk, name = state.talk or Talk(), step.step.id
    mine = [talk.mail[request] for request in talk.open if talk.mail[request].step == name]
    times = [m.due_ms for m in mine if m.due_ms is not None]
    if step.status is S.HELD and f"{name} {step.held_on}" in talk.waits:
        times.append(talk.waits[f"{name} {step.held_on}"])
    return times


def watch_mail(d: Decision) -> None:
    """Watch the times of all open requests, in a process that has just come to them."""
    talk = d.state.talk
    if talk is not None:
        for name in dict.fromkeys(talk.mail[request].step for request in talk.open):
            watch(d, d.state.steps[name])


def word_due(d: Decision, step: StepState) -> None:
    """The time of something that the step waits for is over."""
    talk, name = d.state.talk or Talk(), step.step.id
    for request in list(talk.open):
        message = talk.mail[request]
        if message.step == name and message.due_ms is not None and message.due_ms <= d.at_ms:
            expire(d, message, LATE)
    if talk.waits.get(f"{name} {step.held_on}", d.at_ms + 1) <= d.at_ms:
        go_on_held(d, step)
    watch(d, step, after_ms=d.at_ms)


def look_at_mail(d: Decision) -> None:
    """What steps that have ended owe to those that asked them."""
    while d.over:
        step, talk = d.over.pop(), d.state.talk or Talk()
        for request in list(talk.open):
            message = talk.mail[request]
            if message.state == "open" and not _is_answered_by_work(d, message, step):
                _look_at_request(d, message, step)


def _is_answered_by_work(d: Decision, message: Message, step: StepState) -> bool:
    """Whether the request is work; its step's end is the answer."""
    name = step.step.id
    if message.work == name and step.foreseen is not None:
        expire(d, message, f"this is a dry run: {name} was not done, so it gave nothing")
    elif message.work == name and step.status is S.SUCCEEDED:
        untrusted = carries(d.state, name)
        d.emit(ev.MessageAnswered(id=message.id, step=name, untrusted=untrusted))
        tell_sender(d, message)
    elif message.work == name:
        expire(d, message, f"{name} {step.status.value}: {step.error or 'it gave nothing'}")
    return bool(message.work)


def _look_at_request(d: Decision, message: Message, step: StepState) -> None:
    if message.taken:
        if message.taken[-1] == step.step.id:
            expire(d, message, f"{step.step.id} ended without an answer")
    elif not _has_takers(d.state, message):
        expire(d, message, NOBODY)


def _mail(state: State) -> dict[str, Message]:
    return {} if state.talk is None else state.talk.mail
