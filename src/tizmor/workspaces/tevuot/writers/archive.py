"""Office documents are ZIP archives; these are made the same for the same day."""

from __future__ import annotations

import datetime as dt
import io
import zipfile


def dated(archive: bytes, written: dt.datetime) -> bytes:
    """The archive with every entry last changed at `written`, in its wall time."""
    output = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(archive)) as source,
        zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for name in source.namelist():
            entry = zipfile.ZipInfo(name, written.timetuple()[:6])
            entry.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(entry, source.read(name))
    return output.getvalue()
