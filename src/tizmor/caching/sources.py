"""What an answer was made from, as it stands on the disk, so that it is seen when that changes.

A file's stamp is made of its size, its times of modification and of status change, and its number:
the second time is set by the system alone, so that a file that is written anew and given its old
time is seen, too. A folder's is made of all that is in it, hidden things aside.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from tizmor.ports.cache import Source

MOST_FILES = 20_000
_COARSEST = dt.timedelta(seconds=2)
"""The coarsest clock of a file system, FAT's: what was changed within it may change unseen."""


def source(root: Path, path: str, now: dt.datetime) -> Source:
    """The file or folder `path` of the workspace in `root`, as it is now; one that isn't there has
    a stamp, too. Blocks for some microseconds a file."""
    digest = hashlib.sha256()
    newest = 0
    settled = True
    for count, (name, found) in enumerate(_entries(root / path)):
        if count >= MOST_FILES:
            settled = False
            break
        if found is None:
            digest.update(f"{name}\0absent\n".encode("utf-8", "surrogateescape"))
            continue
        times = found.st_mtime_ns, found.st_ctime_ns
        newest = max(newest, *times)
        stamped = f"{name}\0{found.st_size} {times} {found.st_ino} {found.st_mode}\n"
        digest.update(stamped.encode("utf-8", "surrogateescape"))
    quiet_since = (now - _COARSEST).timestamp() * 1e9
    return Source(path, digest.hexdigest(), settled and newest < quiet_since)


def unchanged(root: Path, sources: Iterable[Source]) -> bool:
    """Whether all of these are as they were. Blocks as `source` does."""
    now = dt.datetime.now(dt.UTC)
    return all(source(root, known.path, now).stamp == known.stamp for known in sources)


def _entries(path: Path) -> Iterator[tuple[str, os.stat_result | None]]:
    """The file or folder itself, and all in it in a fixed order."""
    yield "", _stat(path)
    for folder, folders, names in os.walk(path, followlinks=False):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted([*folders, *names]):
            if not name.startswith("."):
                yield os.path.relpath(os.path.join(folder, name), path), _stat(Path(folder, name))


def _stat(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except OSError:  # it isn't there, or can't be looked at: that is how it is, too
        return None
