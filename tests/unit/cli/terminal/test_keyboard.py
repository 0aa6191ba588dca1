"""Lines from a real terminal device."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator

import pytest

from tizmor.cli.terminal.keyboard import Keyboard

pytestmark = pytest.mark.anyio

END_OF_INPUT = b"\x04"


@pytest.fixture
def terminal() -> Iterator[tuple[int, int]]:
    """What types, and what reads."""
    types, reads = os.openpty()
    yield types, reads
    os.close(types)
    os.close(reads)


async def test_a_line_comes_when_it_is_ended(terminal: tuple[int, int]) -> None:
    types, reads = terminal
    keyboard = Keyboard(reads)
    os.write(types, "אשר\nnext\n".encode())
    assert await keyboard.next() == "אשר"
    assert await keyboard.next() == "next"


async def test_the_end_of_input_is_no_line(terminal: tuple[int, int]) -> None:
    types, reads = terminal
    os.write(types, END_OF_INPUT)
    assert await Keyboard(reads).next() is None


async def test_waiting_can_be_given_up_and_begun_again(terminal: tuple[int, int]) -> None:
    types, reads = terminal
    keyboard = Keyboard(reads)
    waiting = asyncio.ensure_future(keyboard.next())
    await asyncio.wait({waiting}, timeout=0)
    waiting.cancel()
    await asyncio.wait({waiting})
    os.write(types, b"later\n")
    assert await keyboard.next() == "later"


async def test_what_was_typed_before_is_forgotten(terminal: tuple[int, int]) -> None:
    """Lines that wait unread, in the device or here, answer nothing that is asked afterwards."""
    types, reads = terminal
    keyboard = Keyboard(reads)
    os.write(types, b"one\ntwo\n")
    assert await keyboard.next() == "one"
    os.write(types, b"three\nhalf a li")
    keyboard.forget()
    os.write(types, b"now\n")
    assert await keyboard.next() == "now"
