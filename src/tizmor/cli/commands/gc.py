"""`tizmor gc`: remove what ended long ago, and give its space back."""

from __future__ import annotations

from typing import Annotated

import msgspec
import typer

from tizmor.cli.json_lines import write_json
from tizmor.cli.library import Library, within
from tizmor.cli.options import HERE, JsonOption, WorkspaceOption
from tizmor.cli.prose import read_duration
from tizmor.cli.terminal.page import Page
from tizmor.ports.journal import Freed

_HOW_TO_CHOOSE = (
    "No age is set, so executions are kept for ever: `--older-than 30d` removes those that ended"
    " more than 30 days ago, and retention_days = 30 in tizmor.toml makes that the default."
)
_NOT_COMPACTED = (
    "The file keeps its size as long as another process has it open, or less than a sixteenth of it"
    " is free; what is free is used again."
)


def gc(
    older_than: Annotated[
        str | None,
        typer.Option(
            "--older-than",
            metavar="TIME",
            help="Remove what ended longer ago, e.g. 90s, 10m, 12h, 30d, 2w.",
            show_default="retention_days of tizmor.toml, else for ever",
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be removed, and remove nothing.")
    ] = False,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> int:
    """Remove executions that ended long ago, with all that belongs to them, and free their space.

    What goes on or waits is never removed.

    \b
    Examples:
      tizmor gc --older-than 30d --dry-run
      tizmor gc --older-than 12h --workspace work
      tizmor gc --json
    """
    age = None if older_than is None else read_duration(older_than)

    async def work(library: Library) -> int:
        before = _file_bytes(library)
        freed = await library.gc(older_than=age, dry_run=dry_run)
        after = _file_bytes(library)
        if as_json:
            sizes = {"fileBytesBefore": before, "fileBytesAfter": after}
            known = {name: size for name, size in sizes.items() if size is not None}
            write_json({"type": "gc", **msgspec.to_builtins(freed), "dryRun": dry_run, **known})
            return 0
        page = Page.on_stdout(library.settings.bidi)
        page.write(_summary(freed, dry_run=dry_run))
        if age is None and library.settings.retention_days is None:
            page.write(_HOW_TO_CHOOSE)
        if before is not None and after is not None and not dry_run:
            page.write(f"The database's file: {_size(after)}, it was {_size(before)}.")
            if (freed.executions or freed.blobs) and not freed.compacted:
                page.write(_NOT_COMPACTED)
        return 0

    # Without `write`, nothing is made where nothing was run yet.
    return within(workspace, work, write=False)


def _file_bytes(library: Library) -> int | None:
    """How large the database is with its log; None when it isn't a file, or there is none."""
    if library.settings.server_url:
        return None
    database = library.settings.database(library.workspace.root)
    files = (database, database.with_name(f"{database.name}-wal"))
    return sum(file.stat().st_size for file in files if file.exists()) or None


def _summary(freed: Freed, *, dry_run: bool) -> str:
    if not (freed.executions or freed.blobs):
        return "There is nothing to remove."
    what = ", ".join(
        f"{count:,} {name if count != 1 else name.removesuffix('s')}"
        for count, name in (
            (freed.executions, "executions"),
            (freed.events, "events"),
            (freed.spans, "spans"),
            (freed.blobs, "blobs"),
            (freed.log_lines, "log lines"),
        )
    )
    return f"{'Would remove' if dry_run else 'Removed'} {what}: {_size(freed.bytes)}."


def _size(size: float) -> str:
    """Bytes in the unit that leaves at most four digits: `12.4 MB`."""
    for unit in ("bytes", "kB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "bytes" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:,.1f} GB"
