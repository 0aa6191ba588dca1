"""Time zones by their IANA names: the machine's, and one that is given."""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from tizmor.settings.values import text

_LOCALTIME = Path("/etc/localtime")


def machine_timezone(environ: Mapping[str, str] = os.environ) -> str:
    """The machine's IANA zone, by `TZ` (POSIX.1, section 8.3) or /etc/localtime; else UTC."""
    linked = os.path.realpath(_LOCALTIME).partition("/zoneinfo/")[2]
    for name in (environ.get("TZ", "").removeprefix(":"), linked):
        if name and _is_zone(name):
            return name
    return "UTC"


def timezone(value: object) -> str:
    """A zone that there is. Raises `ValueError`, which names the nearest one."""
    name = text(value)
    if _is_zone(name):
        return name
    known = {zone.rpartition("/")[2].lower(): zone for zone in sorted(available_timezones())}
    wanted = name.rpartition("/")[2].replace(" ", "_").lower()
    near = difflib.get_close_matches(wanted, known, n=1, cutoff=0.75)
    hint = f" (nearest: {known[near[0]]})" if near else ""
    raise ValueError(f"{name!r} is not an IANA time zone{hint}")


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True
