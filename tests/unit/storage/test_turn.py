from __future__ import annotations

import threading
from pathlib import Path

import pytest

from tizmor.core.errors import StorageFailed
from tizmor.storage import turn
from tizmor.storage.turn import Turn


def test_who_waits_keeps_the_busy_one_from_going_first(tmp_path: Path) -> None:
    waiting, busy = Turn(tmp_path / "turn"), Turn(tmp_path / "turn")
    went: list[str] = []

    def go_again() -> None:
        with busy:
            went.append("busy")

    thread = threading.Thread(target=go_again)
    with waiting:
        thread.start()
        thread.join(0.05)
        went.append("waiting")
    thread.join()

    assert went == ["waiting", "busy"]
    waiting.close()
    busy.close()


def test_one_that_never_ends_its_turn_does_not_stop_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turn, "_PATIENCE_S", 0.02)
    stopped, other = Turn(tmp_path / "turn"), Turn(tmp_path / "turn")
    with stopped, other:
        pass
    stopped.close()
    other.close()


def test_a_file_that_cant_be_opened_is_a_failure_of_storage_with_advice(tmp_path: Path) -> None:
    lost = Turn(tmp_path / "missing" / "turn.lock")

    with pytest.raises(StorageFailed, match=r"turn.lock can't be used.*who may write"), lost:
        pass
