"""The settings: read once, checked, frozen.

settings ───── the frozen object
sources ────── what is given where, one source before the other, and how it is written there
checks ─────── the table: what a right value of each setting is; values: of any
database_url ─ which database; zones: which time zone; otlp: where traces are sent
"""

from tizmor.settings.settings import Settings
from tizmor.settings.sources import FILE, as_line, load
from tizmor.settings.zones import machine_timezone

__all__ = ["FILE", "Settings", "as_line", "load", "machine_timezone"]
