"""What steps have told each other."""

from __future__ import annotations

import msgspec

from tizmor.core import events as ev
from tizmor.core.state import State, StepState
from tizmor.core.talk import Kind, Message, SharedValue, Talk
from tizmor.core.transitions import StepStatus


def talk_of(state: State) -> Talk:
    if state.talk is None:
        state.talk = Talk()
    return state.talk


def shared(state: State, event: ev.Shared, at_ms: int) -> None:
    talk = talk_of(state)
    size = len(msgspec.json.encode(event.value))
    talk.shared_bytes += size
    talk.versions += 1
    talk.context.setdefault(event.key, []).append(
        SharedValue(
            version=event.version,
            value=event.value,
            step=event.step,
            at_ms=at_ms,
            put=event.put,
            untrusted=event.untrusted,
            size=size,
        )
    )


def tainted(state: State, event: ev.Tainted, at_ms: int) -> None:
    talk_of(state).tainted[event.step] = event.source
    state.tainted = None


def message_sent(state: State, event: ev.MessageSent, at_ms: int) -> None:
    _post(
        talk_of(state),
        Message(
            id=event.id,
            kind=event.kind,
            step=event.step,
            number=event.number,
            to=event.to,
            payload=event.payload,
            sent_at_ms=at_ms,
            due_ms=event.due_ms,
            untrusted=event.untrusted,
        ),
    )


def work_handed_over(state: State, event: ev.WorkHandedOver, at_ms: int) -> None:
    talk, work = talk_of(state), event.work
    _post(
        talk,
        Message(
            id=event.id,
            kind=Kind.REQUEST,
            step=event.step,
            number=event.number,
            to=work.agent,
            payload=work.arguments,
            sent_at_ms=at_ms,
            untrusted=event.untrusted,
            taken=[work.id],
            work=work.id,
        ),
    )
    talk.work[work.id] = event.id
    if event.untrusted:
        talk.tainted[work.id] = f"message:{event.id}"
    state.steps[work.id] = StepState(step=work, status=StepStatus.READY, ready_at_ms=at_ms)
    state.unfinished += 1


def _post(talk: Talk, message: Message) -> None:
    talk.mail[message.id] = message
    talk.mail_bytes += len(msgspec.json.encode(message.payload))
    talk.sent[f"{message.step} {message.number}"] = message.id
    if message.kind is Kind.REQUEST:
        talk.open[message.id] = None


def message_taken(state: State, event: ev.MessageTaken, at_ms: int) -> None:
    talk_of(state).mail[event.id].taken.append(event.step)


def message_answered(state: State, event: ev.MessageAnswered, at_ms: int) -> None:
    message = _closed(state, event.id, "answered", at_ms)
    message.answered_by = event.step
    message.answer = event.payload
    message.answer_untrusted = event.untrusted


def message_expired(state: State, event: ev.MessageExpired, at_ms: int) -> None:
    _closed(state, event.id, "dead", at_ms).reason = event.reason


def _closed(state: State, name: str, how: str, at_ms: int) -> Message:
    talk = talk_of(state)
    talk.open.pop(name, None)
    message = talk.mail[name]
    message.state = how
    message.ended_at_ms = at_ms
    return message


def answer_of(state: State, message: Message) -> object:
    """What was answered; of work that was handed over, what its step gave."""
    return state.outputs[message.work] if message.work else message.answer
