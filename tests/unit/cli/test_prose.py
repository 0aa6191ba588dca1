"""Requests and plan files as users hand them in."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import msgspec
import pytest

from tizmor.cli.prose import LARGEST_PLAN, LONGEST_REQUEST, read_duration, read_plan, read_request
from tizmor.core.errors import RequestRefused, UserError
from tizmor.core.plan import Plan


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


def test_a_plan_is_read_as_it_was_written(tmp_path: Path, anchor: Plan) -> None:
    path = tmp_path / "plan.json"
    path.write_bytes(msgspec.json.encode(anchor))
    assert read_plan(path) == anchor


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b'{"goal": 3}', b"\xff", b"[" * 200_000, b" " * (LARGEST_PLAN + 1)],
)
def test_a_file_that_is_no_plan_is_refused_by_its_name(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "plan.json"
    path.write_bytes(content)
    with pytest.raises(UserError, match=r"plan\.json"):
        read_plan(path)


def test_a_missing_plan_is_refused_by_its_name(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"none\.json"):
        read_plan(tmp_path / "none.json")


def test_a_field_that_a_plan_does_not_have_is_refused_with_what_was_meant(tmp_path: Path) -> None:
    """A typo would otherwise drop a deadline or a policy in silence."""
    path = tmp_path / "plan.json"
    path.write_text('{"goal": "g", "deadline_s": 5, "steps": [{"id": "a", "agent": "A", "x": 1}]}')
    with pytest.raises(UserError, match=r"deadline_s \(did you mean deadlineS\?\), x \(step a\)"):
        read_plan(path)


def test_what_a_plan_says_for_readers_only_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    path.write_text(
        '{"goal": "g", "batches": [["a"]], "forecast": {},'
        ' "steps": [{"id": "a", "agent": "A", "dependsOn": []}]}'
    )
    assert [step.id for step in read_plan(path).steps] == ["a"]


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
