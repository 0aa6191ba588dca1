"""How many calls run at a time, and which one is next."""

from __future__ import annotations

from tizmor.engine.calls import CallQueue


class Queue(CallQueue):
    """A queue whose calls are noted by name when they start."""

    def __init__(self, limit: int) -> None:
        super().__init__(limit)
        self.started: list[str] = []

    def call(self, name: str, priority: int = 0) -> None:
        self.submit(priority, lambda: not self.started.append(name))  # type: ignore[func-returns-value]


def test_no_more_start_than_there_is_room_for() -> None:
    queue = Queue(2)
    for name in "abc":
        queue.call(name)
    assert queue.started == ["a", "b"]
    queue.ended()
    assert queue.started == ["a", "b", "c"]


def test_the_higher_priority_goes_first_then_who_came_first() -> None:
    queue = Queue(1)
    queue.call("runs")
    for name, priority in (("low", -1), ("first", 0), ("urgent", 9), ("second", 0)):
        queue.call(name, priority)
    for _ in range(4):
        queue.ended()
    assert queue.started == ["runs", "urgent", "first", "second", "low"]


def test_room_that_nobody_waits_for_is_kept_for_the_next() -> None:
    queue = Queue(1)
    for name in "abc":
        queue.call(name)
        queue.ended()
    assert queue.started == ["a", "b", "c"]


def test_a_call_that_is_not_begun_after_all_gives_its_room_to_the_next() -> None:
    """However many there are: all calls of a wide step may have lost their execution."""
    queue = Queue(1)
    queue.call("runs")
    for _ in range(20_000):
        queue.submit(0, lambda: False)
    queue.call("last")
    queue.ended()
    assert queue.started == ["runs", "last"]
    queue.call("waits")
    assert queue.started == ["runs", "last"]


def test_what_waits_may_be_forgotten() -> None:
    queue = Queue(1)
    queue.call("runs")
    queue.call("waits")
    queue.clear()
    queue.ended()
    queue.call("next")
    assert queue.started == ["runs", "next"]
