"""What the steps of an execution have told each other, as users see it."""

from __future__ import annotations

from collections.abc import Callable

from tizmor.core.folds.talking import answer_of
from tizmor.core.state import State
from tizmor.core.talk import Kind, Message
from tizmor.engine.views import MessageView, SharedVersion

SayTime = Callable[[int], str]
"""Unix time in ms as users see it."""


def shared_versions(state: State, say_time: SayTime) -> list[SharedVersion]:
    """All versions of what its steps have shared, by key, the oldest version first."""
    return [
        SharedVersion(
            key=key,
            version=made.version,
            value=made.value,
            step=made.step,
            at=say_time(made.at_ms),
            untrusted=made.untrusted,
        )
        for key, versions in sorted(state.talk.context.items() if state.talk else ())
        for made in versions
    ]


def message_views(state: State, say_time: SayTime) -> list[MessageView]:
    """All messages between its steps in the order in which they were sent, each answer behind
    its request."""
    mail = state.talk.mail if state.talk else {}
    return [view for m in mail.values() for view in _message(m, state, say_time)]


def _message(message: Message, state: State, say_time: SayTime) -> list[MessageView]:
    sent = MessageView(
        id=message.id,
        kind=message.kind.value,
        sender=message.step,
        to=message.to,
        payload=message.payload,
        state=message.state,
        sent_at=say_time(message.sent_at_ms),
        reason=message.reason,
        taken_by=tuple(message.taken),
        work=message.work or None,
        untrusted=message.untrusted,
        due_at=None if message.due_ms is None else say_time(message.due_ms),
        ended_at=None if message.ended_at_ms is None else say_time(message.ended_at_ms),
    )
    if message.state != "answered":
        return [sent]
    at_ms = message.ended_at_ms or message.sent_at_ms
    answer = MessageView(
        id=f"{message.id}.answer",
        kind=Kind.RESPONSE.value,
        sender=message.answered_by,
        to=message.step,
        payload=answer_of(state, message),
        state="delivered",
        sent_at=say_time(at_ms),
        correlation=message.id,
        untrusted=message.answer_untrusted,
        ended_at=say_time(at_ms),
    )
    return [sent, answer]
