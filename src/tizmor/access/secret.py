"""How a token is written: `tzm_ID_SECRET`. Its beginning lets scanners find one that was published.

The secret has 256 bits of chance, so that it can't be guessed; it is hashed all the same as a
password would be (Argon2id, RFC 9106; the cost is OWASP's), so that the database doesn't hold what
would be as good as the token.
"""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from typing import NamedTuple

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

_ID = "0123456789abcdefghjkmnpqrstvwxyz"
_WRITTEN = re.compile(r"tzm_([0-9a-hjkmnp-tv-z]{12})_([a-z2-7]{52})")
_SESSION = re.compile(r"[a-z2-7]{52}")
_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
NOBODYS = _hasher.hash(secrets.token_bytes(32))
"""What is compared with where there is no token of an id: that takes as long as if there was."""


class Written(NamedTuple):
    """A token as it is shown, once."""

    id: str
    secret: str

    @property
    def text(self) -> str:
        return f"tzm_{self.id}_{self.secret}"


def drawn() -> Written:
    """A new one."""
    return Written("".join(secrets.choice(_ID) for _ in range(12)), _random())


def read(text: str) -> Written | None:
    """A token as somebody shows it; None for what is none."""
    found = _WRITTEN.fullmatch(text)
    return None if found is None else Written(found[1], found[2])


def hashed(secret: str) -> str:
    """What is kept of a secret. Takes some 50 ms and 19 MiB."""
    return _hasher.hash(secret)


def is_of(secret: str, kept: str) -> bool:
    """Whether this was kept of that secret. Takes as long as hashing it, whatever comes of it."""
    try:
        return _hasher.verify(kept, secret)
    except VerificationError:
        return False


def digest(text: str) -> bytes:
    """Tells texts of as much chance apart, and doesn't tell them: SHA-256."""
    return hashlib.sha256(text.encode()).digest()


def drawn_session() -> str:
    """What a browser keeps in place of the token."""
    return _random()


def is_session(text: str) -> bool:
    """Whether it could be one."""
    return _SESSION.fullmatch(text) is not None


def _random() -> str:
    return base64.b32encode(secrets.token_bytes(32)).decode().lower().rstrip("=")
