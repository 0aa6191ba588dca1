"""Office documents are zip archives: their size is checked before they are unpacked."""

from __future__ import annotations

import io
import zipfile

from tizmor.agents.files.formats.extracted import BROKEN, ENCRYPTED, TOO_LARGE, ZIP_BOMB, Unreadable

_MAX_UNPACKED_BYTES = 150_000_000
_MAX_MEMBERS = 5_000
_MAX_RATIO = 200
_RATIO_MATTERS_FROM_BYTES = 10_000_000
_ENCRYPTED_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""An encrypted Office document is an OLE2 container instead of a zip archive."""


def checked_archive(content: bytes) -> io.BytesIO:
    """`content` as a file, after its declared sizes were found sane.

    `zipfile` stops at a member's declared size, so that a member that lies can't grow past it.
    Raises `Unreadable`.
    """
    if content.startswith(_ENCRYPTED_OFFICE):
        raise Unreadable(ENCRYPTED)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise Unreadable(BROKEN) from error
    unpacked = sum(m.file_size for m in members)
    ratio = unpacked / max(1, len(content))
    if len(members) > _MAX_MEMBERS or unpacked > _MAX_UNPACKED_BYTES:
        raise Unreadable(TOO_LARGE)
    if unpacked > _RATIO_MATTERS_FROM_BYTES and ratio > _MAX_RATIO:
        raise Unreadable(ZIP_BOMB)
    return io.BytesIO(content)
