"""What running calls share with the other steps of their execution.

A call that runs again puts again: the same value by the same put is the version that is there.
"""

from __future__ import annotations

import msgspec

from tizmor.core import events as ev
from tizmor.core import facts as fx
from tizmor.core.decisions.decision import Decision
from tizmor.core.errors import Conflict, TalkError
from tizmor.core.state import State
from tizmor.core.taint import carries, has_read
from tizmor.core.talk import (
    MAX_BYTES,
    MAX_KEYS,
    MAX_TOTAL_BYTES,
    MAX_VERSIONS,
    NAME,
    Talk,
    Told,
)
from tizmor.core.transitions import STARTABLE


def value_shared(d: Decision, fact: fx.ValueShared) -> None:
    if refused_put(d.state, fact) is not None or put_before(d.state, fact) is not None:
        return
    newest = None if d.state.talk is None else d.state.talk.newest(fact.key)
    d.emit(
        ev.Shared(
            step=fact.step,
            key=fact.key,
            version=1 if newest is None else newest.version + 1,
            value=fact.value,
            put=fact.put,
            untrusted=carries(d.state, fact.step),
        )
    )


def put_before(state: State, fact: fx.ValueShared) -> int | None:
    """The version that this very put has made, in a call that ran before."""
    if state.talk is None:
        return None
    known = state.talk.put_before(fact.step, fact.key, fact.put, fact.value)
    return None if known is None else known.version


def refused_put(state: State, fact: fx.ValueShared) -> TalkError | None:
    """Why a value can't be shared; None when it can, or was by this very put."""
    if not may_speak(state, fact.step, fact.attempt):
        return TalkError("this call is over: it can share nothing any more")
    if not NAME.fullmatch(fact.key):
        return TalkError(
            "a key is a letter or a digit, then letters, digits or any of . : / @ _ -, at most 128"
            f" in all; {fact.key[:40]!r} is none"
        )
    if put_before(state, fact) is not None:
        return None
    talk = state.talk or Talk()
    known = talk.newest(fact.key)
    newest = 0 if known is None else known.version
    if fact.expected_version not in (None, newest):
        message = f"{fact.key} is at version {newest} by now, not {fact.expected_version}"
        return Conflict(message, newest=newest)
    return _too_much(talk, fact, is_new=known is None)


def _too_much(talk: Talk, fact: fx.ValueShared, *, is_new: bool) -> TalkError | None:
    size = len(msgspec.json.encode(fact.value))
    if size > MAX_BYTES:
        return TalkError(f"{fact.key}: {size:,} bytes; at most {MAX_BYTES:,} can be shared at once")
    if talk.shared_bytes + size > MAX_TOTAL_BYTES:
        return TalkError(f"an execution can share {MAX_TOTAL_BYTES:,} bytes in all")
    if is_new and len(talk.context) >= MAX_KEYS:
        return TalkError(f"an execution can share values under {MAX_KEYS:,} keys")
    if talk.versions >= MAX_VERSIONS:
        return TalkError(f"an execution can share {MAX_VERSIONS:,} versions of values")
    return None


def may_speak(state: State, name: str, attempt: int) -> bool:
    """Whether a call is the step's present one, as far as its number tells."""
    step = state.steps.get(name)
    if state.ended or step is None:
        return False
    return step.status in STARTABLE and attempt >= step.attempt


def untrusted_read(d: Decision, fact: fx.UntrustedRead) -> None:
    if fact.step in d.state.steps and not has_read(d.state, fact.step):
        d.emit(ev.Tainted(step=fact.step, source=fact.source))


def take_over(d: Decision, told: Told) -> None:
    """What the steps that a fork keeps have shared, in the order in which they did."""
    for name, source in told.tainted.items():
        d.emit(ev.Tainted(step=name, source=source))
    for key, version in told.shared:
        newest = None if d.state.talk is None else d.state.talk.newest(key)
        d.emit(
            ev.Shared(
                step=version.step,
                key=key,
                version=1 if newest is None else newest.version + 1,
                value=version.value,
                put=version.put,
                untrusted=version.untrusted,
            )
        )
