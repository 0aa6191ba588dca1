"""Secrets are given by name and known only to the call that uses them."""

from __future__ import annotations

from typing import Annotated, Protocol

import msgspec

from tizmor.core.errors import Permanent
from tizmor.core.schema import BY_NAME

PREFIX = "secret:"
VARIABLE = "TIZMOR_SECRET_"
"""The environment's variable of a secret is this and the secret's name."""

Secret = Annotated[
    str,
    msgspec.Meta(
        pattern=rf"^{BY_NAME}$",
        description="A secret by its name, as secret:NAME",
        extra_json_schema={"x-secret": True},
    ),
]
"""The type of an agent's argument that is a secret. The plan, the journal and the gate hold
`secret:NAME`; the call gets the value. It is never taken from another step's output."""


class Secrets(Protocol):
    """Where secrets are kept."""

    def get(self, name: str) -> str:
        """The value of a secret. Raises `Permanent` when there is none of that name."""
        ...


class NoSecrets:
    """Where there are none to be had."""

    def get(self, name: str) -> str:
        raise Permanent(f"there is no secret {name!r}: none are kept here")


NO_SECRETS = NoSecrets()
