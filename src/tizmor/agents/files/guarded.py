"""Files of the user's own folder are read only as far as they are files, and bounded."""

from __future__ import annotations

import os
import stat
from pathlib import Path


def read_bounded(path: Path, limit: int) -> bytes:
    """The bytes of the regular file at `path`, of which there are at most `limit`.

    The last link isn't followed, a pipe isn't waited for, and no more than one byte past `limit` is
    read. Raises `ValueError` for what is no regular file or larger, else `OSError`.
    """
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    descriptor = os.open(path, flags)
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise ValueError("not a regular file")
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            content = b"" if status.st_size > limit else file.read(limit + 1)
    finally:
        os.close(descriptor)
    if max(status.st_size, len(content)) > limit:
        raise ValueError(f"larger than {limit / 1_000_000:g} MB")
    return content
