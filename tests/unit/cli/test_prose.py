"""Requests and plan files as users hand them in."""

from __future__ import annotations

import io
import sys

import pytest

from tizmor.cli.prose import LONGEST_REQUEST, read_duration, read_request
from tizmor.core.errors import RequestRefused, UserError


class Bytes(io.BytesIO):
    """Standard input that counts what is taken from it."""

    buffer: Bytes

    def __init__(self, content: bytes) -> None:
        super().__init__(content)
        self.buffer = self


@pytest.fixture
def stdin(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Bytes:
    stream = Bytes(request.param)
    monkeypatch.setattr(sys, "stdin", stream)
    return stream


@pytest.mark.parametrize("stdin", ["\ufeffקבע פגישה\n".encode()], indirect=True)
def test_a_dash_reads_standard_input_without_its_mark_and_its_end(stdin: Bytes) -> None:
    assert read_request("-") == "קבע פגישה"


@pytest.mark.parametrize("stdin", [("ש" * LONGEST_REQUEST).encode()], indirect=True)
def test_the_longest_request_is_taken_whatever_its_letters_weigh(stdin: Bytes) -> None:
    assert len(read_request("-")) == LONGEST_REQUEST


@pytest.mark.parametrize("stdin", [b"x" * 1_000_000], indirect=True)
def test_of_an_endless_input_little_is_read(stdin: Bytes) -> None:
    with pytest.raises(RequestRefused, match="20,000"):
        read_request("-")
    assert stdin.tell() < 100_000


@pytest.mark.parametrize("stdin", [b"\xff\xfe\x00"], indirect=True)
def test_an_input_that_is_no_text_is_refused(stdin: Bytes) -> None:
    with pytest.raises(RequestRefused, match="UTF-8"):
        read_request("-")


@pytest.mark.parametrize("said", ["", "  \n ", "x" * (LONGEST_REQUEST + 1), "\udcff"])
def test_an_argument_that_is_no_request_is_refused(said: str) -> None:
    with pytest.raises(RequestRefused):
        read_request(said)


def test_an_empty_request_is_answered_with_an_example() -> None:
    with pytest.raises(RequestRefused, match='tizmor run "'):
        read_request(" ")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("10m", 600), ("1.5h", 5_400), (" 30D ", 2_592_000), ("2w", 1_209_600)],
)
def test_a_length_of_time_is_a_number_and_a_unit(text: str, seconds: float) -> None:
    assert read_duration(text).total_seconds() == seconds


@pytest.mark.parametrize("text", ["", "90", "s", "-1s", "1y", "3 0d", "٣d", "1e3s", "999999999w"])
def test_what_is_no_length_of_time_is_refused_with_right_ones(text: str) -> None:
    with pytest.raises(UserError, match=r"right ones: .*2w"):
        read_duration(text)
