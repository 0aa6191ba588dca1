"""What steps of one execution tell each other: see `tizmor.core.talk`."""

from __future__ import annotations

from typing import Any

from tizmor.core.events.event import Event
from tizmor.core.plan import Step
from tizmor.core.talk import Kind


class Shared(Event, frozen=True):
    """A step shared a value under a key, for all steps of its execution: see
    `tizmor.core.talk.SharedValue`."""

    step: str
    key: str
    version: int
    value: Any
    put: int = 0
    untrusted: bool = False


class MessageSent(Event, frozen=True):
    """A step sent a message: see `tizmor.core.talk.Message`. Without an answer by `due_ms` a
    request is dead."""

    id: str
    kind: Kind
    step: str
    number: int
    to: str
    payload: Any
    due_ms: int | None = None
    untrusted: bool = False


class WorkHandedOver(Event, frozen=True):
    """A step's request is a step of its own, `work`, whose output is the answer."""

    id: str
    step: str
    number: int
    work: Step
    untrusted: bool = False


class MessageTaken(Event, frozen=True):
    id: str
    step: str


class MessageAnswered(Event, frozen=True):
    """`payload` is None where the answer is what the step, which was handed over, has given."""

    id: str
    step: str
    payload: Any = None
    untrusted: bool = False


class MessageExpired(Event, frozen=True):
    """A dead letter: nobody answers it any more, or nobody could read it."""

    id: str
    reason: str


class Tainted(Event, frozen=True):
    """The step has read what a document or a stranger said, at `source`: `context:KEY` or
    `message:ID`. What it gives, shares and sends carries that from now on."""

    step: str
    source: str
