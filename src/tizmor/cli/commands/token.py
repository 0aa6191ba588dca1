"""`tizmor token`: who may ask the server from elsewhere."""

from __future__ import annotations

import datetime as dt
import enum
from typing import Annotated

import msgspec
import typer

from tizmor.access.issuing import issue
from tizmor.cli.exits import ExitCode
from tizmor.cli.json_lines import write_json
from tizmor.cli.library import Library, within
from tizmor.cli.listing import write_table
from tizmor.cli.options import HERE, JsonOption, WorkspaceOption
from tizmor.cli.prose import read_duration
from tizmor.cli.terminal.page import Page
from tizmor.core.errors import UserError
from tizmor.drivers.embedded.seat import account
from tizmor.ports.tokens import Scope, Token

_HEAD = ("token", "name", "scopes", "created", "ends", "last used")
_EMPTY = "There is no token. One is made by: tizmor token create --name NAME --scope read"


class Action(enum.StrEnum):
    CREATE = "create"
    LIST = "list"
    REVOKE = "revoke"


class Listed(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A token as it is shown: never its secret, nor what is kept of that."""

    token_id: str
    name: str
    scopes: tuple[str, ...]
    created_by: str
    created_at: str
    expires_at: str | None
    revoked_at: str | None
    used_at: str | None
    """To the hour."""


def token(
    action: Annotated[Action, typer.Argument(help="Make one, look, or take one back.")],
    token_id: Annotated[
        str | None, typer.Argument(metavar="ID", help="With revoke: which one.")
    ] = None,
    name: Annotated[
        str | None,
        typer.Option(
            help="Who acts with it, for policies and the audit log.",
            show_default="your account on this machine",
        ),
    ] = None,
    scope: Annotated[
        list[Scope] | None,
        typer.Option(
            help="What it allows: to look (read), to begin, pause and cancel (run), to approve,"
            " reject and answer (decide), all (admin). May be given several times.",
            show_default="read",
        ),
    ] = None,
    expires: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="When it ends, e.g. 12h, 30d, 8w.", show_default="never"),
    ] = None,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> int:
    """Who may ask the server (tizmor serve) from elsewhere.

    A token is shown once, when it is made; only a hash of it is kept. Who has it acts in its name.
    Revoked, it is of no use from that moment on, and the streams that it has open end.

    \b
    Examples:
      tizmor token create --name dana --scope read --scope decide --expires 30d
      tizmor token list
      tizmor token revoke 4k2m9qx0vw7c
    """
    _check(action, token_id, created=any(given is not None for given in (name, scope, expires)))
    lasts = None if expires is None else read_duration(expires)

    async def work(library: Library) -> int:
        if action is Action.CREATE:
            scopes = scope or [Scope.READ]
            who = account() if name is None else name
            return await _create(library, who, scopes, lasts, as_json=as_json)
        if action is Action.LIST:
            found = [_listed(library, each) for each in await library.tokens.all()]
            return write_table(
                library, "token", found, _row, head=_HEAD, empty=_EMPTY, as_json=as_json
            )
        return await _revoke(library, token_id or "", as_json=as_json)

    return within(workspace, work, write=action is not Action.LIST)


def _check(action: Action, token_id: str | None, *, created: bool) -> None:
    if (action is Action.REVOKE) != (token_id is not None):
        raise typer.BadParameter("revoke names a token by its ID, as `tizmor token list` shows it")
    if created and action is not Action.CREATE:
        raise typer.BadParameter("--name, --scope and --expires go with create")


async def _create(
    library: Library, name: str, scopes: list[Scope], lasts: dt.timedelta | None, *, as_json: bool
) -> int:
    text, made = await issue(
        library.tokens, name=name, scopes=scopes, created_by=account(), lasts=lasts
    )
    if as_json:
        told = msgspec.to_builtins(_listed(library, made))
        write_json({"type": "token", "token": text, **told})
        return ExitCode.DONE
    page = Page.on_stdout(library.settings.bidi)
    page.verbatim(text)
    end = "until it is revoked" if made.expires_at_ms is None else f"until {_time(library, made)}"
    page.write(f"It is shown this once. {made.name} may {', '.join(made.scopes)} with it, {end}.")
    return ExitCode.DONE


async def _revoke(library: Library, token_id: str, *, as_json: bool) -> int:
    if not await library.tokens.revoke(token_id):
        raise UserError(f"there is no token {token_id[:40]!r} that can be used")
    if as_json:
        write_json({"type": "token", "tokenId": token_id, "revoked": True})
    else:
        Page.on_stdout(library.settings.bidi).write(f"{token_id} can't be used any more.")
    return ExitCode.DONE


def _time(library: Library, made: Token) -> str:
    return library.time(made.expires_at_ms or 0)


def _listed(library: Library, each: Token) -> Listed:
    def time(at_ms: int | None) -> str | None:
        return None if at_ms is None else library.time(at_ms)

    return Listed(
        token_id=each.id,
        name=each.name,
        scopes=tuple(each.scopes),
        created_by=each.created_by,
        created_at=library.time(each.created_at_ms),
        expires_at=time(each.expires_at_ms),
        revoked_at=time(each.revoked_at_ms),
        used_at=time(each.used_at_ms),
    )


def _row(each: Listed) -> tuple[str, ...]:
    end = f"revoked {_day(each.revoked_at)}" if each.revoked_at else _day(each.expires_at)
    return (
        each.token_id,
        each.name,
        " ".join(each.scopes),
        _day(each.created_at),
        end,
        _day(each.used_at),
    )


def _day(at: str | None) -> str:
    """`2026-11-21 15:00`."""
    return "never" if at is None else at[:16].replace("T", " ")
