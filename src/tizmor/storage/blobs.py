"""Large values, apart from the rows: named by what they hold, stored once however often they occur.

A payload over `ROW_BYTES` is stored as `MARK`, which begins no JSON text, and its JSON (RFC 8259)
with the large values moved out: in place of each stands `{"$blob":"<SHA-256 in hex>"}`, with no
white space. Such an object of the user's own is moved out as well, so that whatever looks like a
reference is one. All other payloads are stored as they are: who reads pays one comparison.

A state that is large without its large values, because it has many steps, is stored as `PACKED` and
its deflated bytes (zlib, RFC 1950): it says the same of each step.

No byte within a JSON string can be taken for a reference: its first quote would end the string, and
behind a string comes no `$`. So references are found by looking for their text.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterable
from hashlib import sha256

import msgspec

MARK = b"\x01"
PACKED = b"\x02"
ROW_BYTES = 32 * 1024
"""A payload of at most so many bytes stays as it is."""
VALUE_BYTES = 4 * 1024
"""A value of at most so many bytes isn't worth a row of its own."""

_DEPTH = 16
_reference = re.compile(rb'\{"\$blob":"([0-9a-f]{64})"\}')
_object = msgspec.json.Decoder(dict[str, msgspec.Raw])
_array = msgspec.json.Decoder(list[msgspec.Raw])

Blobs = dict[bytes, bytes]
"""Contents by their SHA-256 (FIPS 180-4), 32 bytes."""


class BlobDamaged(Exception):
    """A blob that a payload refers to is missing or is not what was written; says which."""


def split(payload: bytes, *, outer: int = 1) -> tuple[bytes, Blobs]:
    """The payload as its row holds it, and the blobs that this refers to.

    The objects and arrays of the `outer` levels are never moved themselves: they are the writer's
    own (an event; a state, its steps and each of these), and what is in them recurs elsewhere. An
    event's row is then at most `ROW_BYTES`; what can't be taken apart is moved whole. A state's row
    may be larger, and is packed. `join` gives back every byte.
    """
    if len(payload) <= ROW_BYTES and payload[:1] not in (MARK, PACKED):
        return payload, {}
    moved: Blobs = {}
    stored = MARK + _moved(payload, moved, 0, outer)
    if (outer == 1 and len(stored) > ROW_BYTES) or not _restores(payload, stored, moved):
        moved = {}
        stored = MARK + _move(payload, moved)
    if len(stored) > ROW_BYTES:
        stored = PACKED + zlib.compress(stored, level=1)
    return stored, moved


def join(stored: bytes, fetch: Callable[[bytes], bytes | None]) -> bytes:
    """The payload of a row; `fetch` gives a blob's content by its hash, None when there is none.

    Every blob is held against its hash. Raises `BlobDamaged`.
    """
    stored = _unpacked(stored)
    if not stored.startswith(MARK):
        return stored
    return _reference.sub(lambda found: _content(found[1], fetch), stored[len(MARK) :])


def references(stored: bytes) -> list[bytes]:
    """The hashes of the blobs that a row's payload refers to."""
    stored = _unpacked(stored)
    if not stored.startswith(MARK):
        return []
    return [bytes.fromhex(found.decode()) for found in _reference.findall(stored)]


def damaged(digest: bytes, content: bytes | None) -> str | None:
    """What is wrong with a blob; None when it is what was written."""
    if content is None:
        return f"blob {digest.hex()} is missing"
    if sha256(content).digest() != digest:
        return f"blob {digest.hex()} is not what was written"
    return None


def _restores(payload: bytes, stored: bytes, moved: Blobs) -> bool:
    """Whether every byte comes back: not of a text with white space, a key twice, odd escapes."""
    try:
        return join(stored, moved.get) == payload
    except BlobDamaged:
        return False  # something that isn't JSON holds the text of a reference


def _unpacked(stored: bytes) -> bytes:
    return zlib.decompress(stored[len(PACKED) :]) if stored.startswith(PACKED) else stored


def _content(name: bytes, fetch: Callable[[bytes], bytes | None]) -> bytes:
    digest = bytes.fromhex(name.decode())
    content = fetch(digest)
    if wrong := damaged(digest, content):
        raise BlobDamaged(wrong)
    return content or b""


def _moved(value: bytes, moved: Blobs, level: int, outer: int) -> bytes:
    """A value with what is large in it moved out, or the reference to all of it."""
    if len(value) <= VALUE_BYTES:
        return _move(value, moved) if _reference.search(value) else value
    within: Blobs = {}
    try:
        kept = _taken_apart(value, within, level, outer)
    except (msgspec.DecodeError, RecursionError):
        kept = value  # no JSON, or too deep: `split` moves all of it
    if level >= outer and len(kept) > VALUE_BYTES:
        return _move(value, moved)
    moved |= within
    return kept


def _taken_apart(value: bytes, moved: Blobs, level: int, outer: int) -> bytes:
    """An object or an array with its members moved; anything else as it is."""
    if level < _DEPTH and value.startswith(b"{"):
        members = _object.decode(value).items()
        return b"{%b}" % _listed(
            msgspec.json.encode(name) + b":" + _moved(bytes(member), moved, level + 1, outer)
            for name, member in members
        )
    if level < _DEPTH and value.startswith(b"["):
        return b"[%b]" % _listed(
            _moved(bytes(item), moved, level + 1, outer) for item in _array.decode(value)
        )
    return value


def _listed(members: Iterable[bytes]) -> bytes:
    return b",".join(members)


def _move(value: bytes, moved: Blobs) -> bytes:
    digest = sha256(value).digest()
    moved[digest] = value
    return b'{"$blob":"%b"}' % digest.hex().encode()
