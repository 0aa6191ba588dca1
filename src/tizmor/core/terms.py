"""Under which terms a human's agreement counts: how many, who, and for how long it is asked for.

A policy says them when it has a call asked about (`tizmor.ports.policy`); they are journaled with
the gate, so that a policy that changes later changes no gate that is open. Several policies may ask
about one call: each has a need of its own, and all must be met.
"""

from __future__ import annotations

import enum
from collections.abc import Collection

import msgspec


class OnExpiry(enum.StrEnum):
    """What becomes of a step whose gate nobody decided in time."""

    REJECT = "reject"
    ASK = "ask"
    """It is prepared, and asked about, anew."""


class Need(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True, gc=False):
    """What one policy wants: so many distinct people, of `approvers`, or of all where none are
    named. Undecided for `escalate_ms`, `escalate_to` are asked as well."""

    policy: str = ""
    quorum: int = 1
    approvers: tuple[str, ...] = ()
    escalate_ms: int | None = None
    escalate_to: tuple[str, ...] = ()

    @property
    def is_plain(self) -> bool:
        """Whether anybody's one word meets it."""
        return self.quorum == 1 and not self.approvers

    def heard_by(self, name: str) -> bool:
        return not self.approvers or name in self.approvers

    def missing(self, signers: Collection[str]) -> int:
        """How many have yet to agree."""
        return max(0, self.quorum - sum(self.heard_by(name) for name in set(signers)))


class Terms(
    msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True, gc=False
):
    """Times are in milliseconds since the gate was opened; `remind_ms` comes again and again."""

    needs: tuple[Need, ...] = (Need(),)
    remind_ms: int | None = None
    expires_ms: int | None = None
    on_expiry: OnExpiry = OnExpiry.REJECT

    @property
    def is_plain(self) -> bool:
        """Whether anybody's one word is enough."""
        return all(need.is_plain for need in self.needs)

    def are_met_by(self, signers: Collection[str]) -> bool:
        return not any(need.missing(signers) for need in self.needs)


PLAIN = Terms()
"""One word of anybody, whenever it comes."""


class Seat(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True, gc=False):
    """Where a decision was given: the operating system's account, the machine, the process's
    number, and by which interface, such as `command line` or `library`; with a `token`, its id and
    the network address that it was shown from."""

    account: str = ""
    host: str = ""
    process: int = 0
    interface: str = ""
    token: str = ""
    address: str = ""


class Signature(
    msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True, gc=False
):
    """That somebody has agreed to a key, that is, to exact arguments."""

    by: str
    key: str
    at_ms: int
