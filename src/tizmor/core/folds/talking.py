"""What steps have told each other."""

from __future__ import annotations

import msgspec

from tizmor.core import events as ev
from tizmor.core.state import State
from tizmor.core.talk import SharedValue, Talk


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
