"""The log: bounded, one for all, and readers that nothing moves."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tizmor.streaming.entries import Entry, Frame, entry
from tizmor.streaming.log import _OVERHEAD, CHUNK, Log
from tizmor.streaming.topics import LOGS, STEPS, Topics

ALL = Topics(mask=STEPS | LOGS)


def said(position: int, *, execution: int = 1, text: bytes = b"", side: bool = False) -> Entry:
    body = text or b"data: %d\n\n" % position
    return entry(position, execution, [Frame(STEPS, True, body)], side=side)


def filled(count: int, **bounds: int) -> Log:
    log = Log(**bounds)
    log.begin(0)
    for position in range(1, count + 1):
        log.append([said(position)], position)
    return log


def test_a_reader_is_sent_all_behind_its_place_in_one_write() -> None:
    log = filled(3)
    joined = log.joined(ALL, 1, 1)
    assert joined.text == b"id: 2\ndata: 2\n\nid: 3\ndata: 3\n\n"
    assert (joined.place, joined.position) == (3, 3)


def test_readers_that_stand_together_share_what_is_joined() -> None:
    log = filled(3)
    assert log.joined(ALL, 0, 0).text is log.joined(Topics(mask=STEPS | LOGS), 0, 0).text


def test_what_comes_isnt_left_out_for_having_been_joined_before() -> None:
    log = filled(1)
    log.joined(ALL, 0, 0)
    log.append([said(2)], 2)
    assert log.joined(ALL, 0, 0).position == 2


def test_a_write_is_bounded() -> None:
    log = Log()
    log.begin(0)
    log.append([said(n, text=b"x" * 1000) for n in range(1, 101)], 100)
    joined = log.joined(ALL, 0, 0)
    assert len(joined.text) < CHUNK + 1100
    assert joined.place < log.end


def test_what_a_reader_knows_already_isnt_sent_again() -> None:
    assert filled(5).joined(ALL, 0, 4).text == b"id: 5\ndata: 5\n\n"


def test_the_oldest_go_first_and_it_says_from_where_on_it_is_whole() -> None:
    log = filled(1000, most_entries=100)
    assert log.end - log.first <= 100
    assert log.since == 1000 - (log.end - log.first)
    assert log.place_behind(log.since) == log.first


def test_bytes_are_bounded_whatever_the_entries() -> None:
    log = Log(most_bytes=10_000)
    log.begin(0)
    for position in range(1, 200):
        log.append([said(position, text=b"x" * (100 * (position % 50 + 1)))], position)
        assert log._bytes <= 10_000 or log.end - log.first == 1
        assert log._bytes == sum(each.size + _OVERHEAD for each in log._entries)


def test_who_is_far_behind_is_spared_what_is_on_the_side() -> None:
    """Partial results go first."""
    log = filled(1)
    log.append([said(1, text=b"data: side\n\n", side=True)], 1)
    assert log.joined(ALL, 0, 0).text.endswith(b"data: side\n\n")
    log.append([said(n) for n in range(2, 700)], 699)
    assert b"side" not in log.joined(ALL, 0, 0).text


def test_what_is_on_the_side_has_no_id() -> None:
    log = filled(1)
    log.append([said(1, text=b"data: side\n\n", side=True)], 1)
    assert log.joined(ALL, 1, 1).text == b"data: side\n\n"


@given(
    st.lists(st.integers(1, 30), min_size=1, max_size=30),
    st.integers(0, 40),
    st.integers(10, 60),
)
def test_a_reader_is_sent_each_once_in_order_or_knows_that_it_fell_out(
    batches: list[int], before: int, most: int
) -> None:
    """However much comes between two writes, and though entries are put in front."""
    log = Log(most_entries=most)
    log.begin(before)
    place, position, got = log.first, before, []
    newest = before
    for number, size in enumerate(batches):
        log.append([said(newest + n) for n in range(1, size + 1)], newest + size)
        newest += size
        if number == 0 and log.since == before and before:
            log.put_in_front([said(n) for n in range(1, before + 1)], 0)
        if place < log.first:
            assert log.since > position
            position = log.since
            place = log.place_behind(position)
            got = list(range(before + 1, position + 1))
        joined = log.joined(ALL, place, position)
        got += [int(line[4:]) for line in joined.text.decode().split("\n") if line[:3] == "id:"]
        place, position = joined.place, joined.position
    assert got == list(range(before + 1, newest + 1))
