"""What `make stream` does, with few readers and for seconds."""

from __future__ import annotations

from pathlib import Path

from tests.stream.reader import Reader, Told
from tests.stream.run import Shape, judge, run


async def test_readers_that_are_cut_and_a_server_that_is_killed_lose_nothing(
    tmp_path: Path,
) -> None:
    shape = Shape(readers=20, events=50, seconds=1.0, cuts=8, kills=1)
    outcome = await run(tmp_path, shape)
    assert (outcome.lost, outcome.repeated, outcome.resyncs) == ([], [], 0)
    assert outcome.cuts >= 8
    assert outcome.deliveries > 0
    assert outcome.told_in_all > 20 * outcome.journaled * 0.5


def test_what_is_lost_or_told_twice_is_found() -> None:
    """The judge itself."""
    readers = [Reader(0, "", Told()) for _ in range(4)]
    for reader, ids in zip(readers, ([2, 3, 4], [2, 4], [2, 3, 3, 4], [2, 4, 3]), strict=True):
        reader.begins, reader.ids = 1, ids
    lost, repeated = judge(readers, [1, 2, 3, 4])
    assert [finding[:8] for finding in lost] == ["reader 1"]
    assert [finding[:8] for finding in repeated] == ["reader 2", "reader 3"]
