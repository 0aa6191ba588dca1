"""Secrets from the environment, or from files that only their owner reads."""

from __future__ import annotations

import os
import re
from pathlib import Path

from tizmor.core.errors import Permanent
from tizmor.ports.secrets import VARIABLE

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")
_LIMIT_BYTES = 64 * 1024


class LocalSecrets:
    """See `tizmor.ports.secrets.Secrets`. `TIZMOR_SECRET_NAME` goes before the file `folder/NAME`,
    whose last line break isn't part of the secret."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, name: str) -> str:
        if not _NAME.fullmatch(name):
            raise Permanent("a secret's name is a letter, then letters, digits or _")
        value = os.environ.get(VARIABLE + name) or self._from_file(name)
        if not value:
            raise Permanent(
                f"there is no secret {name!r}: set {VARIABLE}{name}, or put it into"
                f" .tizmor/secrets/{name}"
            )
        return value

    def _from_file(self, name: str) -> str | None:
        try:
            with open(self._folder / name, encoding="utf-8") as file:
                if os.fstat(file.fileno()).st_mode & 0o077:
                    raise Permanent(
                        f"the secret {name!r} can be read by others: chmod 600 its file"
                    )
                return file.read(_LIMIT_BYTES).removesuffix("\n")
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError) as error:
            raise Permanent(f"the secret {name!r} can't be read: {type(error).__name__}") from error
