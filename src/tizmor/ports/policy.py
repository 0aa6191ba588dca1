"""What the engine asks a policy: may this call be made, and must somebody agree to it first?

A policy is data that people write; its verdict on a call is part of the facts that the core
decides. The core keeps a guard of its own: what is critical or can't be taken back never begins
unapproved, unless the verdict names the policy that waived it, which is journaled with the call.
"""

from __future__ import annotations

from typing import Protocol

import msgspec

from tizmor.core.approval import needs_gate
from tizmor.core.plan import Step
from tizmor.core.terms import PLAIN, Terms


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A call as a policy sees it. `amount` is rounded up to a whole number; `recipients` are the
    e-mail addresses among its arguments, in lower case, and `domains` what stands behind their @;
    `untrusted` are the control arguments that come from what a document or a stranger said."""

    user: str
    agent: str
    effect: str
    critical: bool
    workspace: str
    amount: int | None = None
    recipients: frozenset[str] = frozenset()
    domains: frozenset[str] = frozenset()
    untrusted: tuple[str, ...] = ()


class Ask(msgspec.Struct, frozen=True):
    """Humans must agree first."""

    terms: Terms


class Waived(msgspec.Struct, frozen=True):
    """Nobody need be asked, by the policies that it names."""

    by: str


class Forbidden(msgspec.Struct, frozen=True):
    """The call may not be made at all, by the policies that it names."""

    by: str


Ruling = Ask | Waived | Forbidden
"""None: the policy has nothing to say about the call."""


class Policy(Protocol):
    """Rules on calls. It may block for some microseconds, not for I/O beyond a look at its file."""

    def concerns(self, step: Step) -> bool:
        """Whether the calls of a step have to be ruled on at all."""
        ...

    def rule(self, asked: Asked) -> Ruling | None:
        """Raises `EngineError` when that can't be said: the call must then not be made."""
        ...


class ByDefault:
    """Where there is no other: what is critical or can't be taken back is asked about, and anybody
    may agree to it. The same in Cedar is `tizmor/policies/default.cedar`."""

    def concerns(self, step: Step) -> bool:
        return needs_gate(step)

    def rule(self, asked: Asked) -> Ruling | None:
        return Ask(PLAIN)


BY_DEFAULT = ByDefault()
