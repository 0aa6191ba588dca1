"""Files of the user's own folder are written whole or not at all.

A temporary file beside the target is written and synced, renamed over it, and the folder is
synced: after a crash at any instant the target holds its old bytes or the new ones, never a part
(POSIX `rename` is atomic within a file system; `fsync` of the folder makes the new name durable).
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

_MODE = 0o644


def write_atomically(path: Path, content: str | bytes) -> None:
    """Make `content` (text as UTF-8, newlines as they are) the whole of the file at `path`.

    Durable when it returns. Missing folders are made. An existing file keeps its permissions.
    Raises `OSError` when the disk or the permissions refuse; the target is then as it was.
    """
    payload = content.encode() if isinstance(content, str) else content
    _make_folders(path.parent)
    mode = path.stat().st_mode & 0o777 if path.exists() else _MODE
    descriptor, temporary = tempfile.mkstemp(prefix=f".{path.name[:100]}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(payload)
            file.flush()
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def _make_folders(folder: Path) -> None:
    if folder.is_dir():
        return
    _make_folders(folder.parent)
    folder.mkdir(exist_ok=True)
    _sync_folder(folder.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
