"""A failing run made small: the same property still fails, with as few choices as can be.

What is shrunk is the record of choices, never the plan or the faults that are made of it: streams
are emptied, cut short and zeroed, block by block, as long as the property still fails (Zeller and
Hildebrandt, "Simplifying and Isolating Failure-Inducing Input", IEEE TSE 28(2), 2002).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

Record = dict[str, list[int]]
Fails = Callable[[Record], bool]
Cut = Callable[[Record], Record]


def shrunk(record: Record, fails: Fails, *, attempts: int = 400) -> Record:
    """A smaller record that still fails, found in at most so many runs; `record` itself must."""
    best = {name: list(stream) for name, stream in record.items()}
    left = attempts
    for cut in _cuts(best):
        simpler = cut(best)
        if simpler == best:
            continue
        if not left:
            break
        left -= 1
        if fails(simpler):
            best = simpler
    return best


def size(record: Record) -> int:
    """How many choices are not the plainest, then how long it is."""
    return sum(bool(chosen) for stream in record.values() for chosen in stream)


def _cuts(record: Record) -> Iterator[Cut]:
    """Ways of leaving things out, the boldest first: whole streams, then ever smaller blocks."""
    for name in record:
        yield partial(_without, name, 0, None)
    longest = max(map(len, record.values()), default=0)
    for block in _blocks(longest):
        for name, stream in record.items():
            for start in range(0, len(stream), block) if block < len(stream) else ():
                yield partial(_without, name, start, start + block)


def _without(name: str, start: int, end: int | None, record: Record) -> Record:
    """The record with the plainest choices in a part of a stream."""
    stream = record.get(name, [])
    part = stream[start:end]
    return {
        **record,
        name: _trimmed([*stream[:start], *[0] * len(part), *stream[start:][len(part) :]]),
    }


def _blocks(length: int) -> Iterator[int]:
    while length > 1:
        length = (length + 1) // 2
        yield length


def _trimmed(stream: list[int]) -> list[int]:
    while stream and not stream[-1]:
        stream.pop()
    return stream
