"""Tokens that processes share: in memory, on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tizmor.ports.journal import Journal
from tizmor.ports.tokens import Scope, Token, allows

HOUR_MS = 3_600_000


def token(**more: Any) -> Token:
    given: dict[str, Any] = {"name": "dana", "scopes": (Scope.READ,), "hash": "h", **more}
    return Token(id="first", created_by="noa", **given)


async def test_a_token_is_kept_as_it_was_made(backend: Any, advance: Callable[[int], None]) -> None:
    mine, others = backend.open(), backend.open()
    kept = await mine.sharing.tokens.add(token(scopes=(Scope.RUN, Scope.DECIDE)), lasts_ms=HOUR_MS)
    assert (kept.name, kept.scopes, kept.hash) == ("dana", (Scope.RUN, Scope.DECIDE), "h")
    assert kept.created_at_ms == backend.clock.now_ms()
    assert kept.expires_at_ms == kept.created_at_ms + HOUR_MS
    assert await others.sharing.tokens.get("first") == kept
    assert await others.sharing.tokens.get("second") is None


async def test_after_its_end_it_is_of_no_use_and_listed(
    journal: Journal, advance: Callable[[int], None]
) -> None:
    await journal.sharing.tokens.add(token(), lasts_ms=HOUR_MS)
    await journal.sharing.tokens.admit(b"browser", "first", lasts_ms=9 * HOUR_MS)
    advance(HOUR_MS - 1)
    assert await journal.sharing.tokens.get("first") is not None
    assert await journal.sharing.tokens.session(b"browser") is not None
    advance(1)
    assert await journal.sharing.tokens.get("first") is None
    assert await journal.sharing.tokens.session(b"browser") is None
    assert [t.id for t in await journal.sharing.tokens.all()] == ["first"]


async def test_revoking_holds_at_once_in_every_process_and_for_its_browsers(
    backend: Any, advance: Callable[[int], None]
) -> None:
    mine, others = backend.open(), backend.open()
    await mine.sharing.tokens.add(token())
    assert await mine.sharing.tokens.admit(b"browser", "first", lasts_ms=HOUR_MS)
    found = await others.sharing.tokens.session(b"browser")
    assert found is not None
    assert found.id == "first"
    assert await mine.sharing.tokens.revoke("first")
    assert await others.sharing.tokens.get("first") is None
    assert await others.sharing.tokens.session(b"browser") is None
    assert not await others.sharing.tokens.admit(b"another", "first", lasts_ms=HOUR_MS)
    assert not await mine.sharing.tokens.revoke("first")
    (listed,) = await mine.sharing.tokens.all()
    assert listed.revoked_at_ms == backend.clock.now_ms()


async def test_its_last_use_is_known_to_the_hour(
    backend: Any, advance: Callable[[int], None]
) -> None:
    journal = backend.open()
    await journal.sharing.tokens.add(token())
    advance(HOUR_MS + 7)
    await journal.sharing.tokens.used("first")
    (listed,) = await journal.sharing.tokens.all()
    assert listed.used_at_ms == backend.clock.now_ms() // HOUR_MS * HOUR_MS


async def test_a_browser_leaves_and_acts_for_nobody(
    journal: Journal, advance: Callable[[int], None]
) -> None:
    await journal.sharing.tokens.add(token())
    await journal.sharing.tokens.admit(b"one", "first", lasts_ms=HOUR_MS)
    await journal.sharing.tokens.admit(b"two", "first", lasts_ms=HOUR_MS)
    await journal.sharing.tokens.leave(b"one")
    assert await journal.sharing.tokens.session(b"one") is None
    assert await journal.sharing.tokens.session(b"two") is not None
    advance(HOUR_MS)
    assert await journal.sharing.tokens.session(b"two") is None


async def test_of_too_many_browsers_the_first_go(
    journal: Journal, advance: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tizmor.storage.shared.tokens.MOST_SESSIONS", 2)
    await journal.sharing.tokens.add(token())
    for name in (b"one", b"two", b"three"):
        await journal.sharing.tokens.admit(name, "first", lasts_ms=HOUR_MS)
        advance(1)
    assert await journal.sharing.tokens.session(b"one") is None
    assert await journal.sharing.tokens.session(b"two") is not None
    assert await journal.sharing.tokens.session(b"three") is not None


def test_every_scope_lets_look_and_only_admin_lets_all() -> None:
    assert all(allows((scope,), Scope.READ) for scope in Scope)
    assert all(allows((Scope.ADMIN,), scope) for scope in Scope)
    assert not allows((Scope.READ, Scope.RUN), Scope.DECIDE)
    assert not allows((Scope.READ, Scope.RUN, Scope.DECIDE), Scope.ADMIN)
    assert not allows((), Scope.READ)
