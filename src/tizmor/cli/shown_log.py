"""The workspace's log on standard error, while a server runs."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import AsyncIterator

from tizmor.cli.beside import beside
from tizmor.cli.controls import clean
from tizmor.cli.library import Library
from tizmor.observability.console import Style, adopt_structlog, show


@contextlib.asynccontextmanager
async def shown_log(library: Library, style: Style | None) -> AsyncIterator[None]:
    """Show each line that is kept meanwhile; none without a style."""
    adopt_structlog()
    if style is None:
        yield
        return
    async with beside(show(library.follow_log(), style, _write)):
        yield


def _write(line: str) -> None:
    print(clean(line), file=sys.stderr, flush=True)
