"""Recognizing a token: once by its hash, then by what is remembered."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tizmor.access import secret, verifying
from tizmor.access.attempts import TooManyAttempts
from tizmor.access.issuing import issue
from tizmor.access.verifying import Verifying
from tizmor.ports.tokens import Scope, Tokens
from tizmor.storage.memory import MemoryDatabase


@pytest.fixture
def tokens() -> Tokens:
    return MemoryDatabase().open().sharing.tokens


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is hashed to be compared."""
    hashes: list[str] = []
    is_of = secret.is_of

    def counting(shown: str, kept: str) -> bool:
        hashes.append(kept)
        return is_of(shown, kept)

    monkeypatch.setattr(secret, "is_of", counting)
    return hashes


async def made(tokens: Tokens) -> str:
    text, _ = await issue(tokens, name="dana", scopes=[Scope.READ], created_by="noa")
    return text


async def test_it_is_hashed_once(tokens: Tokens, compared: list[str]) -> None:
    text = await made(tokens)
    who = Verifying(tokens, lambda: 0.0)
    for _ in range(3):
        assert await who.bearer(text, "a") is not None
    assert len(compared) == 1


async def test_a_wrong_one_and_one_that_there_is_none_of_cost_the_same(
    tokens: Tokens, compared: list[str]
) -> None:
    """Each is hashed once, every time: how long the answer takes tells nothing."""
    text = await made(tokens)
    written = secret.read(text)
    assert written is not None
    other = secret.drawn()
    who = Verifying(tokens, lambda: 0.0)
    for _ in range(2):
        assert await who.bearer(secret.Written(written.id, other.secret).text, "a") is None
        assert await who.bearer(other.text, "a") is None
    known = await tokens.get(written.id)
    assert known is not None
    assert compared == [known.hash, secret.NOBODYS] * 2


async def test_revoked_it_is_forgotten(tokens: Tokens, compared: list[str]) -> None:
    text = await made(tokens)
    who = Verifying(tokens, lambda: 0.0)
    assert await who.bearer(text, "a") is not None
    await tokens.revoke(text.split("_")[1])
    assert await who.bearer(text, "a") is None
    assert who._verified == {}
    assert len(compared) == 2


async def test_what_is_remembered_is_bounded(
    tokens: Tokens, compared: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verifying, "_REMEMBERED", 1)
    who = Verifying(tokens, lambda: 0.0)
    texts = [await made(tokens), await made(tokens)]
    for text in (*texts, *texts):
        assert await who.bearer(text, "a") is not None
    assert (len(compared), len(who._verified)) == (4, 1)


async def test_no_more_wait_for_the_hash_than_there_is_room_for(
    tokens: Tokens, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each takes memory and a processor, whoever asks."""
    monkeypatch.setattr(verifying, "_IN_LINE", 2)
    who = Verifying(tokens, lambda: 0.0)
    shown = [who.bearer(secret.drawn().text, str(number)) for number in range(5)]
    came: list[Any] = await asyncio.gather(*shown, return_exceptions=True)
    assert sum(isinstance(one, TooManyAttempts) for one in came) == 3
    assert came.count(None) == 2


def test_what_is_drawn_can_be_read_and_is_never_the_same() -> None:
    drawn = {secret.drawn().text for _ in range(50)}
    assert len(drawn) == 50
    for text in drawn:
        written = secret.read(text)
        assert written is not None
        assert written.text == text
        assert secret.read(text + "\n") is None
    assert all(secret.is_session(secret.drawn_session()) for _ in range(5))
