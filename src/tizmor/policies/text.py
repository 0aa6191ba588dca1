"""The text of a policy file as single policies, each with the line that it begins in.

Cedar's own parser says what is wrong, and not where: given one policy at a time, it does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

_TOKENS = re.compile(r'//[^\n]*|"(?:\\.|[^"\\])*"|"|;|\S', re.DOTALL)
_NAMED = re.compile(r"`(.+?)`|: (\S+)$")


class Written(NamedTuple):
    """One policy as it was written."""

    text: str
    line: int


def policies(text: str) -> Iterator[Written]:
    """The policies of a file in their order; what no semicolon ends is one, too."""
    begin: int | None = None
    for token in _TOKENS.finditer(text):
        if token[0].startswith("//"):
            continue
        if begin is None:
            begin = token.start()
        if token[0] == ";":
            yield _written(text, begin, token.end())
            begin = None
    if begin is not None:
        yield _written(text, begin, len(text))


def _written(text: str, begin: int, end: int) -> Written:
    return Written(text[begin:end], text.count("\n", 0, begin) + 1)


def line_of(written: Written, problem: str) -> int:
    """The line that a problem with a policy is in: where the word stands that it names, if that
    stands there once; else where the policy begins."""
    named = _NAMED.search(problem)
    word = "" if named is None else named[1] or named[2]
    if not word or written.text.count(word) != 1:
        return written.line
    return written.line + written.text.count("\n", 0, written.text.index(word))
