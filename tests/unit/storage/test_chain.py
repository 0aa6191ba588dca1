from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tizmor.core.errors import JournalDamaged
from tizmor.storage.chain import START, Link, checksum, verified

whole = st.integers(min_value=0, max_value=2**63 - 1)


def test_the_checksum_is_the_same_for_ever() -> None:
    """Stored journals carry it: these values may never change."""
    first = checksum(START.checksum, 4_611_686_018_427_387_904, 1, 1_795_262_400_000, b'{"a":1}')
    second = checksum(first, 4_611_686_018_427_387_904, 2, 1_795_262_400_005, b"")
    assert (first, second) == (2_205_724_094, 3_250_556_939)


@given(st.lists(st.tuples(whole, st.binary(max_size=50)), min_size=1, max_size=8), st.data())
def test_any_changed_value_of_any_row_is_found(
    events: list[tuple[int, bytes]], data: st.DataObject
) -> None:
    rows = []
    link = START
    for number, (at_ms, payload) in enumerate(events, start=1):
        link = Link(number, checksum(link.checksum, 7, number, at_ms, payload))
        rows.append((7, 100 + number, number, at_ms, payload, link.checksum))
    links = {7: START}
    assert [(r.at_ms, r.payload) for r in verified(links, rows)] == events
    assert links[7] == link

    broken = data.draw(st.integers(0, len(rows) - 1))
    column = data.draw(st.sampled_from([2, 3, 4, 5]))
    row = list(rows[broken])
    row[column] = row[column] + b"\0" if column == 4 else row[column] ^ 1
    rows[broken] = tuple(row)

    with pytest.raises(JournalDamaged, match=f"event {broken + 1}:"):
        verified({7: START}, rows)


@pytest.mark.parametrize("row", [(7, 1, 1, 5, None, 0), (7, 1, 1, "late", b"", 0)])
def test_a_value_of_another_type_is_damage(row: tuple[object, ...]) -> None:
    with pytest.raises(JournalDamaged, match="can't be read"):
        verified({7: START}, [row])
