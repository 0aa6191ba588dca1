"""What must not stand in a log: secrets always, personal data unless the workspace wants it there.

A secret is known by its value, once a call was given it, or by how it is written: under a name such
as `password`, in a header, in a URL, or in a form that only keys have. E-mail addresses and phone
numbers are known by their form. All patterns take time in proportion to the text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from tizmor.ports.secrets import Secrets

STRUCK_OUT = "•••"
EMAIL, PHONE = "[e-mail]", "[phone]"
_LEAST = 4
"""Characters of a secret: a shorter one would strike out half of all words."""
_DEEPEST = 8

_NAME = (
    r"(?:pass(?:word|wd|phrase)|secret|token|api[_-]?key|access[_-]?key|private[_-]?key"
    r"|credential|authorization|cookie)"
)
_NAMED = re.compile(rf"(?:{_NAME}|(?:password|secret|credential|cookie)s)\Z", re.IGNORECASE)
_WRITTEN = (
    # password=…, "token": "…", Authorization: Bearer …
    (
        re.compile(
            rf"({_NAME}[\"']?\s{{0,3}}[:=]\s{{0,3}})"
            r"(?:(?:Bearer|Basic)\s{1,3}[^\s,;\"']+|\"[^\"]*\"|'[^']*'|[^\s,;&}\]\"']+)",
            re.IGNORECASE,
        ),
        rf"\1{STRUCK_OUT}",
    ),
    (re.compile(r"\b(Bearer|Basic) [A-Za-z0-9._~+/=-]{8,}", re.IGNORECASE), rf"\1 {STRUCK_OUT}"),
    (re.compile(r"(://[^\s/:@]{0,100}:)[^\s/@]{1,200}@"), rf"\1{STRUCK_OUT}@"),
    (
        re.compile(
            r"\b(?:sk-[\w-]{16,}|gh[pousr]_\w{20,}|github_pat_\w{20,}|xox[abeprs]-[\w-]{10,}"
            r"|AKIA[0-9A-Z]{16}|AIza[\w-]{30,}|eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]{8,})"
        ),
        STRUCK_OUT,
    ),
)
_PERSONAL = (
    (re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}"), EMAIL),
    # +972-50-123-4567, 050-123-4567, 03 1234567, (212) 555-0123, 212-555-0123
    (
        re.compile(
            r"(?<![\w.:/-])(?:\+\d(?:[ .()-]{0,2}\d){7,14}|0\d{1,2}[ -]?\d{3}[ -]?\d{4}"
            r"|\(\d{3}\) ?\d{3}-\d{4}|\d{3}-\d{3}-\d{4})(?![\w:/-]|\.\d)"
        ),
        PHONE,
    ),
)


class Redactor:
    """Strikes out secrets, and personal data unless `personal` is to be kept."""

    def __init__(self, *, personal: bool = False) -> None:
        self._patterns = _WRITTEN if personal else (*_WRITTEN, *_PERSONAL)
        self._known: tuple[str, ...] = ()

    def learn(self, secret: str) -> None:
        """From now on this value is struck out, wherever it stands."""
        if len(secret) >= _LEAST and secret not in self._known:
            # The longest first: one that is a part of another would leave the rest of it.
            self._known = tuple(sorted((*self._known, secret), key=len, reverse=True))

    def text(self, text: str) -> str:
        for secret in self._known:
            if secret in text:
                text = text.replace(secret, STRUCK_OUT)
        for pattern, instead in self._patterns:
            text = pattern.sub(instead, text)
        return text

    def fields(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        """JSON's values, by name; what has the name of a secret is one."""
        return {self.text(name): self._field(name, value, 0) for name, value in fields.items()}

    def _field(self, name: str, value: Any, depth: int) -> Any:
        if isinstance(value, str | dict | list) and _NAMED.search(name):
            return STRUCK_OUT
        match value:
            case str():
                return self.text(value)
            case dict() if depth < _DEEPEST:
                return {
                    self.text(str(inner)): self._field(str(inner), part, depth + 1)
                    for inner, part in value.items()
                }
            case list() if depth < _DEEPEST:
                return [self._field("", part, depth + 1) for part in value]
            case dict() | list():
                return self.text(str(value))
            case _:
                return value


class RememberedSecrets:
    """Secrets, each known to the redactor from when a call is given it."""

    def __init__(self, secrets: Secrets, redactor: Redactor) -> None:
        self._secrets = secrets
        self._redactor = redactor

    def get(self, name: str) -> str:
        value = self._secrets.get(name)
        self._redactor.learn(value)
        return value
