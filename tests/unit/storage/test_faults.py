"""The disk fails in the middle of work, on real files: no effect starts, nothing is shown, it says
so, loses nothing and goes on.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tizmor import AgentContext, Effect, Tizmor, agent
from tizmor.core.errors import StorageFailed, WorkspaceUnusable
from tizmor.core.plan import Plan, Step
from tizmor.drivers.embedded.clock import SystemClock
from tizmor.ports.vocabulary import Value

PATIENCE_S = 30.0
TRIES = 4


class Text(Value, frozen=True):
    value: str = ""


class Patience(SystemClock):
    """Seconds that pass when the test says so."""

    def __init__(self) -> None:
        self.passed_s = 0.0

    def monotonic(self) -> float:
        return self.passed_s


class Fault:
    """Breaks the disk while the first step runs, and mends it after some tries of nearly the whole
    patience."""

    def __init__(self, folder: Path, begin: Callable[[], None], end: Callable[[], None]) -> None:
        self._folder = folder
        self._begin = begin
        self._end = end
        self._clock = Patience()
        self._opened: asyncio.Future[Tizmor] = asyncio.Future()
        self.durable = 0
        self.effects: list[str] = []
        self.shown: list[str] = []
        self.told: list[str | None] = []
        self.seen_while_broken: list[tuple[int, int]] = []
        self._newest = 0

    async def run(self) -> str:
        """Run a look and then an irreversible effect; how it ended."""
        fault = self

        @agent(name="Look")
        async def look(*, ctx: AgentContext) -> Text:
            """Look at something, and have the disk fail."""
            tizmor = await fault._opened
            for live in tizmor._pump.running():
                await tizmor._pump.durable(live)
            fault.durable = await tizmor._journal.last_position()
            fault._begin()
            return Text(value="x" * 2_000)

        @agent(name="Pay", effect=Effect.IRREVERSIBLE, critical=False)
        async def pay(value: str = "", *, ctx: AgentContext) -> Text:
            """Do what can't be taken back."""
            fault.effects.append(value)
            return Text(value="paid")

        plan = Plan(
            goal="look and pay",
            steps=(
                Step(id="look", agent="Look"),
                Step(id="pay", agent="Pay", arguments={"value": {"$ref": "/look/value"}}),
            ),
        )
        async with Tizmor.open(
            self._folder,
            agents=[look, pay],
            clock=self._clock,
            patience_s=PATIENCE_S,
            trouble=self._tell,
        ) as tizmor:
            execution = await tizmor.start("look and pay", plan=plan, approve_all=True)
            self._opened.set_result(tizmor)
            watching = asyncio.create_task(self._watch(tizmor, execution.execution_id))
            result = await tizmor.result(execution.execution_id)
            await watching
            checks = await tizmor.doctor(deep=True)
        assert {check.state for check in checks if check.name in ("checksums", "blobs")} == {"ok"}
        return str(result.status)

    async def _watch(self, tizmor: Tizmor, execution_id: str) -> None:
        async for event in tizmor.stream(execution_id):
            self.shown.append(event.type)
            self._newest = max(self._newest, event.id or 0)

    def _tell(self, error: StorageFailed | None) -> None:
        self.told.append(None if error is None else str(error))
        if error is not None:
            self.seen_while_broken.append((len(self.effects), self._newest))
            self._clock.passed_s += PATIENCE_S / (TRIES + 1)
            if len(self.told) == TRIES:
                self._end()


async def expect_it_goes_on(fault: Fault, said: str) -> None:
    async with asyncio.timeout(60):
        assert await fault.run() == "COMPLETED"
    assert len(fault.effects) == 1
    assert {effects for effects, _ in fault.seen_while_broken} == {0}
    assert fault.durable > 0
    assert max(shown for _, shown in fault.seen_while_broken) <= fault.durable
    assert fault.told[-1] is None
    assert len(fault.told) == TRIES + 1
    assert all(said in (told or "") for told in fault.told[:-1])
    assert fault.shown[-1] == "complete"


@pytest.mark.parametrize("name", [".tizmor", ".tizmor/tizmor.db", ".tizmor/tizmor.db-wal"])
async def test_what_was_moved_away_for_a_while(tmp_path: Path, name: str) -> None:
    """Writing to a file that was moved away succeeds: only who asks finds out."""
    place, away = tmp_path / name, tmp_path / "away"
    fault = Fault(tmp_path, lambda: os.rename(place, away), lambda: os.rename(away, place))

    await expect_it_goes_on(fault, "is gone")


async def test_another_file_in_the_place_of_the_database(tmp_path: Path) -> None:
    database, away = tmp_path / ".tizmor/tizmor.db", tmp_path / "away"

    def replace() -> None:
        os.rename(database, away)
        database.write_bytes(away.read_bytes())

    fault = Fault(tmp_path, replace, lambda: os.replace(away, database))

    await expect_it_goes_on(fault, "another file was put in the place")


async def test_what_stays_away_ends_the_work_and_nothing_is_lost(tmp_path: Path) -> None:
    place, away = tmp_path / ".tizmor", tmp_path / "away"
    fault = Fault(tmp_path, lambda: os.rename(place, away), lambda: None)

    with pytest.raises(StorageFailed, match="is gone"):
        await fault.run()

    assert fault.effects == []
    os.rename(away, place)
    async with Tizmor.open(tmp_path) as tizmor:
        (left,) = await tizmor.interrupted()
        assert left.query == "look and pay"


def root_only() -> None:
    if os.geteuid() != 0:
        pytest.skip("mounting a disk and marking a file immutable takes root")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 2 MB."""
    root_only()
    mount = ["mount", "-t", "tmpfs", "-o", "size=2m", "none", str(tmp_path)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("this machine lets nobody mount a disk")
    try:
        yield tmp_path
    finally:
        subprocess.run(["umount", "--lazy", str(tmp_path)], check=True)


async def test_a_disk_that_is_full_for_a_while(small_disk: Path) -> None:
    ballast = small_disk / "ballast"

    def fill() -> None:
        with ballast.open("wb", buffering=0) as file:
            for size in (65_536, 512):
                try:
                    while file.write(b"x" * size) == size:
                        pass
                except OSError:
                    continue

    fault = Fault(small_disk, fill, ballast.unlink)

    await expect_it_goes_on(fault, "could not be used")
    assert any("full" in (told or "") for told in fault.told)


def chattr(mark: str, *files: str) -> None:
    subprocess.run(["chattr", mark, *files], check=False, capture_output=True)


def remount(how: str, place: Path) -> None:
    subprocess.run(["mount", "-o", f"remount,{how}", str(place)], check=True)


def refuses_writes_when_immutable(probe: Path) -> bool:
    with probe.open("wb", buffering=0) as file:
        chattr("+i", str(probe))
        try:
            file.write(b"x")
        except OSError:
            return True
        finally:
            chattr("-i", str(probe))
    return False


async def test_a_disk_that_takes_no_writes_for_a_while(tmp_path: Path) -> None:
    root_only()
    folder = tmp_path / ".tizmor"
    files = [str(folder / "tizmor.db"), str(folder / "tizmor.db-wal")]

    if not refuses_writes_when_immutable(tmp_path / "probe"):
        pytest.skip("this disk lets who has a file open write to it, whatever it is marked as")
    fault = Fault(tmp_path, lambda: chattr("+i", *files), lambda: chattr("-i", *files))

    await expect_it_goes_on(fault, "the disk refused")


async def test_a_disk_that_was_mounted_read_only_is_looked_at_and_not_written(
    small_disk: Path,
) -> None:
    fault = Fault(small_disk, lambda: None, lambda: None)
    assert await fault.run() == "COMPLETED"
    remount("ro", small_disk)

    async with Tizmor.open(small_disk, write=False) as tizmor:
        (listed,) = await tizmor.list()
        assert (await tizmor.get(listed.execution_id)).status.value == "COMPLETED"
        with pytest.raises(StorageFailed, match="can't be"):
            await tizmor._journal.adopt(1)
    with pytest.raises(WorkspaceUnusable, match="can't be used"):
        async with Tizmor.open(small_disk):
            pass

    remount("rw", small_disk)
    assert await Fault(small_disk, lambda: None, lambda: None).run() == "COMPLETED"
