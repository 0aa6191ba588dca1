"""Who has the database open: one alone may look at its files, and others wait for it."""

from __future__ import annotations

import multiprocessing
from multiprocessing.synchronize import Event
from pathlib import Path

import pytest

from tizmor.storage.usage import Usage

spawn = multiprocessing.get_context("spawn")


def _use(file: Path, begun: Event, over: Event) -> None:
    usage = Usage(file)
    usage.begin(lambda: None)
    begun.set()
    over.wait(30)
    usage.end()


def test_whoever_comes_first_is_alone_and_the_next_is_not(tmp_path: Path) -> None:
    called: list[str] = []
    first, second = Usage(tmp_path / "use.lock"), Usage(tmp_path / "use.lock")
    first.begin(lambda: called.append("first"))
    second.begin(lambda: called.append("second"))
    assert called == ["first"]
    first.end()
    second.end()
    third = Usage(tmp_path / "use.lock")
    third.begin(lambda: called.append("third"))
    assert called == ["first", "third"]


def test_a_process_that_was_killed_uses_nothing_any_more(tmp_path: Path) -> None:
    """While another process lives nobody is alone; after `kill -9` the next one is."""
    begun, over = spawn.Event(), spawn.Event()
    process = spawn.Process(target=_use, args=(tmp_path / "use.lock", begun, over))
    process.start()
    assert begun.wait(30)
    called: list[str] = []
    beside = Usage(tmp_path / "use.lock")
    beside.begin(lambda: called.append("beside"))
    assert called == []
    beside.end()
    process.kill()
    process.join()
    Usage(tmp_path / "use.lock").begin(lambda: called.append("after"))
    assert called == ["after"]


def test_what_the_one_alone_raises_leaves_the_lock_free(tmp_path: Path) -> None:
    def refuse() -> None:
        raise ValueError("damaged")

    with pytest.raises(ValueError, match="damaged"):
        Usage(tmp_path / "use.lock").begin(refuse)
    called: list[str] = []
    Usage(tmp_path / "use.lock").begin(lambda: called.append("next"))
    assert called == ["next"]
