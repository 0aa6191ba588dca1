from __future__ import annotations

import hashlib
import json
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tizmor.storage import blobs
from tizmor.storage.blobs import MARK, PACKED, ROW_BYTES, BlobDamaged, join, references, split

values = st.recursive(
    st.none()
    | st.integers(-(2**40), 2**40)
    | st.text(max_size=20)
    | st.builds(lambda size, letter: letter * size, st.integers(0, 12_000), st.sampled_from('aé"')),
    lambda inner: (
        st.lists(inner, max_size=6)
        | st.dictionaries(st.sampled_from(["a", "b", "$blob", "ключ"]), inner, max_size=4)
    ),
    max_leaves=25,
)


def encoded(value: Any) -> bytes:
    return msgspec.json.encode(value)


def large(letter: str = "x", size: int = 50_000) -> str:
    return letter * size


@settings(max_examples=150, deadline=None)
@given(value=values, outer=st.sampled_from([1, 3]), indent=st.sampled_from([None, 1]))
def test_every_byte_of_every_json_text_comes_back(
    value: Any, outer: int, indent: int | None
) -> None:
    payload = json.dumps(value, ensure_ascii=False, indent=indent).encode() + b" " * 40_000

    stored, moved = split(payload, outer=outer)

    assert join(stored, moved.get) == payload
    assert set(references(stored)) == set(moved)


@given(
    payload=st.binary(max_size=64),
    times=st.sampled_from([1, 2000]),
    mark=st.sampled_from([b"", MARK, PACKED]),
)
def test_every_byte_of_anything_else_comes_back(payload: bytes, times: int, mark: bytes) -> None:
    payload = mark + payload * times
    for outer in (1, 3):
        stored, moved = split(payload, outer=outer)
        assert join(stored, moved.get) == payload


def test_an_ordinary_payload_is_stored_as_it_is() -> None:
    for payload in (b"", b"{}", encoded({"output": large(size=30_000)})):
        stored, moved = split(payload)
        assert stored is payload
        assert not moved


def test_a_large_value_leaves_a_small_row_and_is_named_by_its_hash() -> None:
    value = encoded(large())

    stored, moved = split(encoded({"type": "succeeded", "output": large(), "tokens": 3}))

    digest = hashlib.sha256(value).digest()
    assert moved == {digest: value}
    assert stored == (
        MARK + b'{"type":"succeeded","output":{"$blob":"%b"},"tokens":3}' % digest.hex().encode()
    )


def test_a_value_that_occurs_in_several_payloads_is_the_same_blob() -> None:
    _, first = split(encoded({"output": {"text": large(), "n": 1}}))
    _, second = split(encoded({"arguments": [{"body": large()}, large()]}))

    assert first == second
    assert len(first) == 1


def test_many_small_items_that_are_large_together_are_one_blob() -> None:
    items = [{"number": number, "name": "a name"} for number in range(10_000)]

    stored, moved = split(encoded({"output": items}))

    assert len(stored) < 200
    assert list(moved.values()) == [encoded(items)]


def test_a_long_list_of_large_items_leaves_a_small_row() -> None:
    items = [large(str(number % 10)) for number in range(200)]

    stored, moved = split(encoded({"output": items}))

    assert len(stored) < 200
    assert join(stored, moved.get) == encoded({"output": items})


def test_a_row_is_never_larger_than_the_bound() -> None:
    many = {f"field {number}": "x" * 4_000 for number in range(100)}

    stored, moved = split(encoded(many))

    assert len(stored) <= ROW_BYTES
    assert join(stored, moved.get) == encoded(many)


def test_the_levels_of_a_state_stay_in_the_row_and_its_outputs_are_shared_with_the_events() -> None:
    documents = [{"title": "a title", "text": "some text"}] * 1_000
    steps = {f"step {number}": {"status": "SUCCEEDED", "output": 3} for number in range(2_000)}
    steps["search"] = {"status": "SUCCEEDED", "output": documents}

    stored, moved = split(encoded({"steps": steps}), outer=3)
    _, of_the_event = split(encoded({"step": "search", "output": documents}))

    assert stored.startswith(PACKED)
    assert len(stored) < 20_000
    assert moved == of_the_event
    assert len(moved) == 1


def test_an_object_of_the_users_own_is_not_mistaken_for_a_reference() -> None:
    own = {"$blob": "00" * 32}
    payload = encoded({"output": own, "more": large(), "text": '{"$blob":"%s"}' % ("00" * 32)})

    stored, moved = split(payload)

    assert join(stored, moved.get) == payload
    assert moved[hashlib.sha256(encoded(own)).digest()] == encoded(own)


def test_text_that_is_no_json_and_looks_like_a_reference_comes_back() -> None:
    payload = b'no json {"$blob":"%b"}' % (b"00" * 32) + b"x" * ROW_BYTES
    for outer in (1, 3):
        stored, moved = split(payload, outer=outer)
        assert join(stored, moved.get) == payload


def test_deep_nesting_is_moved_whole() -> None:
    payload = b"[" * 5_000 + encoded(large()) + b"]" * 5_000

    stored, moved = split(payload)

    assert len(stored) < 200
    assert join(stored, moved.get) == payload


@pytest.mark.parametrize("content", [None, b"other"])
def test_a_blob_that_is_not_what_was_written_is_named(content: bytes | None) -> None:
    stored, moved = split(encoded({"output": large()}))
    (digest,) = moved

    with pytest.raises(BlobDamaged, match=digest.hex()):
        join(stored, lambda _: content)
    assert blobs.damaged(digest, content)
    assert blobs.damaged(digest, moved[digest]) is None
