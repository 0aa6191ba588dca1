"""A failing run made small: the same property still fails, with as few choices as can be.

What is shrunk is the record of choices, never the plan or the faults that are made of it: streams
are emptied, cut short and zeroed, block by block, as long as the property still fails (Zeller and
Hildebrandt, "Simplifying and Isolating Failure-Inducing Input", IEEE TSE 28(2), 2002).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

Record = dict[str, list[int]]
Fails = Callable[[Record], bool]


def shrunk(record: Record, fails: Fails, *, attempts: int = 400) -> Record:
    """A smaller record that still fails, found in at most so many runs; `record` itself must."""
    left = attempts
    best = {name: list(stream) for name, stream in record.items()}
    progress = True
    while progress and left:
        progress = False
        for candidate in _simpler(best):
            if not left:
                break
            left -= 1
            if fails(candidate):
                best, progress = candidate, True
                break
    return best


def size(record: Record) -> int:
    """How many choices are not the plainest, then how long it is."""
    return sum(bool(chosen) for stream in record.values() for chosen in stream)


def _simpler(record: Record) -> Iterator[Record]:
    """Records with less in them, the boldest cuts first."""
    for name in record:
        yield {other: stream for other, stream in record.items() if other != name}
    for name, stream in record.items():
        for block in _blocks(len(stream)):
            for start in range(0, len(stream), block):
                cut = [*stream[:start], *[0] * block, *stream[start + block :]][: len(stream)]
                if cut != stream:
                    yield {**record, name: _trimmed(cut)}
    for name, stream in record.items():
        for at, chosen in enumerate(stream):
            if chosen > 1:
                yield {**record, name: [*stream[:at], 1, *stream[at + 1 :]]}


def _blocks(length: int) -> Iterator[int]:
    while length > 1:
        length = (length + 1) // 2
        yield length


def _trimmed(stream: list[int]) -> list[int]:
    while stream and not stream[-1]:
        stream.pop()
    return stream
