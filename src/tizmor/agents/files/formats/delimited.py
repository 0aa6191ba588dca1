"""CSV, whatever its delimiter."""

from __future__ import annotations

import csv
import io
import itertools

from tizmor.agents.files.formats.encoding import decode
from tizmor.agents.files.formats.extracted import BROKEN, MAX_CHARACTERS, Extracted, Unreadable
from tizmor.agents.files.formats.table import table

_MAX_ROWS = 20_000
_SAMPLE = 8_192


def extract(content: bytes) -> Extracted:
    """The rows as one table. Raises `Unreadable`."""
    text = decode(content)[:MAX_CHARACTERS]
    reader = csv.reader(io.StringIO(text, newline=""), _dialect(text[:_SAMPLE]))
    try:
        rows = list(itertools.islice(reader, _MAX_ROWS))
    except csv.Error as error:
        raise Unreadable(BROKEN) from error
    return Extracted(text=table(rows)[:MAX_CHARACTERS])


def _dialect(sample: str) -> type[csv.Dialect]:
    try:
        return csv.Sniffer().sniff(sample, delimiters=",;\t|")
    except csv.Error:
        return csv.excel
