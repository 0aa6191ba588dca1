"""`tizmor audit`: who decided what, when and from where."""

from __future__ import annotations

import enum
from typing import Annotated

import msgspec
import typer

from tizmor.cli.exits import ExitCode
from tizmor.cli.json_lines import write_json
from tizmor.cli.library import Library, within
from tizmor.cli.options import HERE, JsonOption, WorkspaceOption
from tizmor.cli.terminal.page import Page
from tizmor.engine.auditing import is_head
from tizmor.ports.audit import Audited, Entry

_PAGE = 1_000


class Action(enum.StrEnum):
    LIST = "list"
    VERIFY = "verify"


def audit(
    action: Annotated[Action, typer.Argument(help="List the decisions, or verify their chain.")],
    execution_id: Annotated[
        str | None, typer.Argument(metavar="ID", help="With list: of this execution only.")
    ] = None,
    head: Annotated[
        str | None,
        typer.Option(
            metavar="ROW:HASH",
            help="With verify: an end of the log as it was told before, which must still be in it.",
        ),
    ] = None,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> int:
    """Who decided what, when and from where: each row tied to the one before by its SHA-256.

    `verify` ends with 1 and names the first row that is not what was written. It prints the end of
    the log as ROW:HASH: kept elsewhere and given as --head later, it also tells a log that was cut
    off or made up anew.

    \b
    Examples:
      tizmor audit list --workspace work
      tizmor audit list 38fx0cac15nm7 --json
      tizmor audit verify
      tizmor audit verify --head 12:5c2f…
    """
    if head is not None and (action is not Action.VERIFY or not is_head(head)):
        raise typer.BadParameter("--head ROW:HASH goes with verify, which prints it")
    if execution_id is not None and action is not Action.LIST:
        raise typer.BadParameter("an execution is named with list only: the chain is one for all")

    async def work(library: Library) -> int:
        if action is Action.LIST:
            return await _list(library, execution_id, as_json=as_json)
        return await _verify(library, head, as_json=as_json)

    return within(workspace, work, write=False)


async def _list(library: Library, execution_id: str | None, *, as_json: bool) -> int:
    page = Page.on_stdout(library.settings.bidi)
    found, after = False, 0
    while True:
        decided, behind = await library.decisions(after=after, limit=_PAGE, execution=execution_id)
        for number, _, entry in decided:
            found = True
            at = library.time(entry.at_ms)
            if as_json:
                told = msgspec.to_builtins(entry)
                del told["atMs"]
                write_json({"type": "decision", "number": number, "at": at, **told})
            else:
                page.write(line(number, at, entry), at_left=True)
        if behind is None:
            break
        after = behind
    if not (found or as_json):
        page.write("Nothing was decided here yet.")
    return ExitCode.DONE


def line(number: int, at: str, entry: Entry) -> str:
    """`3 2026-11-21T15:00:00.000+02:00 38fx… a1 approved by dana (dana@host, command line): …`"""
    seat = entry.seat
    place = [] if seat is None else [f"{seat.account}@{seat.host}", seat.interface]
    if seat is not None and seat.token:
        place.append(f"token {seat.token} from {seat.address}")
    said = [str(number), at, entry.execution, entry.about or entry.step, entry.what]
    said += ["by", entry.by] if entry.by else []
    said += ["to", ", ".join(entry.to)] if entry.to else []
    said += [f"({', '.join(place)}, process {seat.process})"] if seat is not None else []
    more = " · ".join(filter(None, (entry.action, entry.why)))
    return " ".join(filter(None, said)) + (f": {more}" if more else "")


async def _verify(library: Library, head: str | None, *, as_json: bool) -> int:
    state = await library.verify_audit(head)
    return _told(library, state, as_json=as_json)


def _told(library: Library, state: Audited, *, as_json: bool) -> int:
    problem = state.problem
    head = f"{state.rows}:{state.head.hex()}" if state.rows else None
    if as_json:
        write_json({"type": "audit", "rows": state.rows, "head": head, "problem": problem})
    else:
        page = Page.on_stdout(library.settings.bidi)
        page.write(f"{state.rows} rows are what was written.", at_left=True)
        if head is not None:
            page.verbatim(head)
        if problem is not None:
            page.write(f"The log is broken: {problem}.", "bold red", at_left=True)
    return ExitCode.DONE if problem is None else ExitCode.FAILED
