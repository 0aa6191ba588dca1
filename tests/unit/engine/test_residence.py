"""Which executions are in memory and which rest on disk."""

from __future__ import annotations

from tizmor.core.state import State
from tizmor.engine.live import Live
from tizmor.engine.residence import Residence, Rest


class Rooms(Residence):
    """A residence that notes who is woken; `woken` owe `enter` or `rest`."""

    def __init__(self, limit: int) -> None:
        self.woken: list[int] = []
        super().__init__(limit, self.woken.append)

    def take(self, number: int, *, priority: int = 0, idle: bool = False) -> Live:
        live = Live(State(number), epoch=1, seq=0, create=None)
        live.state.priority = priority
        self.enter(live)
        if idle:
            self.idle(live)
        return live


def test_what_is_idle_longest_gives_way_when_there_is_no_room() -> None:
    rooms = Rooms(2)
    rooms.take(1, idle=True)
    second = rooms.take(2, idle=True)
    rooms.busy(second)
    rooms.take(3)
    rooms.idle(second)
    assert list(rooms.live) == [2, 3]
    assert rooms.resting == {1: Rest(epoch=1, priority=0)}


def test_nobody_who_is_busy_gives_way() -> None:
    rooms = Rooms(1)
    for number in range(3):
        rooms.take(number)
    assert (len(rooms.live), rooms.resting) == (3, {})
    assert rooms.is_full


def test_what_is_due_comes_back_when_there_is_room_the_higher_priority_first() -> None:
    rooms = Rooms(1)
    for number, priority in ((1, 0), (2, 5), (3, 0)):
        rooms.rest(number, Rest(epoch=1, priority=priority))
    busy = rooms.take(9)
    for number in (1, 2, 3):
        rooms.due(number)
    assert rooms.woken == []
    for expected in (2, 1, 3):
        rooms.leave(busy)
        assert rooms.woken[-1] == expected
        busy = rooms.take(expected)
    assert rooms.resting == {}


def test_somebody_idle_makes_room_for_what_is_due() -> None:
    rooms = Rooms(1)
    rooms.take(1, idle=True)
    rooms.rest(2, Rest(epoch=1, priority=0))
    rooms.due(2)
    assert rooms.woken == [2]
    assert 1 in rooms.resting
    rooms.take(2)
    assert list(rooms.live) == [2]


def test_what_is_due_twice_comes_back_once() -> None:
    rooms = Rooms(1)
    rooms.rest(1, Rest(epoch=1, priority=0))
    for _ in range(3):
        rooms.due(1)
    assert rooms.woken == [1]
    rooms.take(1)
    rooms.due(1)
    assert rooms.woken == [1]


def test_one_that_could_not_come_back_may_be_due_again() -> None:
    rooms = Rooms(1)
    rooms.rest(1, Rest(epoch=1, priority=0))
    rooms.due(1)
    rooms.rest(1, rooms.resting[1])
    rooms.due(1)
    assert rooms.woken == [1, 1]


def test_what_this_process_does_not_own_is_never_due() -> None:
    rooms = Rooms(1)
    rooms.due(7)
    assert rooms.woken == []


def test_who_leaves_and_comes_back_is_not_thrown_out_by_the_first_ones_end() -> None:
    rooms = Rooms(2)
    former = rooms.take(1)
    rooms.take(1)
    rooms.leave(former)
    assert 1 in rooms.live


def test_a_hundred_come_back_one_after_the_other() -> None:
    rooms = Rooms(3)
    for number in range(100):
        rooms.rest(number, Rest(epoch=1, priority=0))
        rooms.due(number)
    done = []
    while len(done) < 100:
        number = rooms.woken[len(done)]
        live = rooms.take(number)
        assert len(rooms.live) <= 3
        done.append(number)
        rooms.leave(live)
    assert done == list(range(100))
