from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tizmor.core.errors import StorageFailed
from tizmor.storage.owners import Owners, new_owner

_LIVE = """
import sys
from pathlib import Path
from tizmor.storage.owners import Owners, new_owner
owners = Owners(Path(sys.argv[1]), new_owner())
owners.appear()
print(owners.me, flush=True)
sys.stdin.read()
"""


@contextmanager
def living(folder: Path) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Another process that is an owner, and its name."""
    with subprocess.Popen(
        [sys.executable, "-c", _LIVE, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip(), process
        finally:
            process.kill()


@pytest.fixture
def owners(tmp_path: Path) -> Owners:
    return Owners(tmp_path / "owners", new_owner())


def test_a_process_is_alive_until_it_is_killed(owners: Owners) -> None:
    with living(owners.folder) as (name, process):
        assert owners.is_alive(name)
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert not owners.is_alive(name)


def test_a_stopped_process_is_alive(owners: Owners) -> None:
    with living(owners.folder) as (name, process):
        process.send_signal(signal.SIGSTOP)
        assert owners.is_alive(name)
        process.send_signal(signal.SIGCONT)
        assert owners.is_alive(name)


def test_one_is_alive_from_appearing_to_vanishing(owners: Owners) -> None:
    other = Owners(owners.folder, new_owner())
    assert not other.is_alive(owners.me)
    owners.appear()
    owners.appear()
    assert other.is_alive(owners.me)
    assert owners.is_alive(owners.me)
    owners.vanish()
    assert not other.is_alive(owners.me)
    assert list(owners.folder.iterdir()) == []


def test_looking_for_life_does_not_take_the_lock(owners: Owners) -> None:
    owners.appear()
    for _ in range(3):
        assert Owners(owners.folder, new_owner()).is_alive(owners.me)


def test_what_the_dead_left_is_swept_by_who_comes_next(owners: Owners) -> None:
    with living(owners.folder) as (dead, process):
        process.send_signal(signal.SIGKILL)
        process.wait()
    owners.socket(dead).touch()
    with living(owners.folder) as (alive, _):
        owners.appear()
        assert owners.others() == [alive]
    assert not owners.socket(dead).exists()


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "1-../x", "me", "1-0123456789abcdeG"])
def test_a_name_that_no_process_has_is_dead_and_touches_no_file(owners: Owners, name: str) -> None:
    victim = owners.folder / f"{name}.lock"
    owners.folder.mkdir()
    if "/" not in name:
        victim.touch()

    assert not owners.is_alive(name)
    owners.forget(name)

    assert "/" in name or victim.exists()


def test_names_are_never_the_same() -> None:
    assert len({new_owner() for _ in range(1000)}) == 1000


def test_a_lock_file_that_cant_be_opened_is_a_failure_of_storage_with_advice(
    owners: Owners,
) -> None:
    owners.appear()
    name = "77-0123456789abcdef"
    (owners.folder / f"{name}.lock").symlink_to(owners.folder / f"{name}.lock")

    with pytest.raises(StorageFailed, match=rf"{name}.lock can't be used.*who may write"):
        owners.is_alive(name)
