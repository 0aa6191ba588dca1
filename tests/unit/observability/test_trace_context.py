"""W3C Trace Context: what is read, what is written, and what is passed over."""

from __future__ import annotations

import pytest

from tizmor.observability.trace_context import (
    TraceParent,
    parsed,
    request_span_id,
    span_id,
    step_place,
    trace_id,
    traceparent,
)

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
ID = "06b1x3k8q9r2t"


@pytest.mark.parametrize(
    ("header", "sampled"),
    [
        (f"00-{TRACE}-{SPAN}-01", True),
        (f"00-{TRACE}-{SPAN}-00", False),
        (f"00-{TRACE}-{SPAN}-03", True),
        (f" 00-{TRACE}-{SPAN}-01\n", True),
        (f"cc-{TRACE}-{SPAN}-01", True),
        (f"cc-{TRACE}-{SPAN}-01-what-comes-later", True),
    ],
)
def test_a_header_names_a_span_also_of_a_later_version(header: str, sampled: bool) -> None:
    """Section 3.2.4: of a version that isn't known, the parts that are known count."""
    assert parsed(header) == TraceParent(TRACE, SPAN, sampled)


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "nonsense",
        f"00-{TRACE}-{SPAN}",
        f"00-{TRACE}-{SPAN}-01-more",
        f"ff-{TRACE}-{SPAN}-01",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE.upper()}-{SPAN}-01",
        f"00-{TRACE[1:]}-{SPAN}-01",
        f"00-{TRACE}-{SPAN}-1",
        f"00-{TRACE}-{SPAN}-01\n00-{TRACE}-{SPAN}-01",
        f"00-{TRACE}-{SPAN}-٠١",
    ],
)
def test_what_is_no_header_is_passed_over(header: str | None) -> None:
    """Sections 3.2.2 and 4.3: all zeros, version ff and capitals are not valid."""
    assert parsed(header) is None
    assert trace_id(ID, header) == trace_id(ID, None)


def test_without_a_caller_an_execution_has_a_trace_of_its_own() -> None:
    """What others may have noted already: these ids never change."""
    assert traceparent(ID, None, "a", "1") == (
        "00-f86d401dc2dc09e717bfddd59e1d82e3-123538bad0a47c81-01"
    )


def test_a_callers_trace_goes_on_and_its_word_on_sampling_holds() -> None:
    for flags in ("00", "01"):
        told = traceparent(ID, f"00-{TRACE}-{SPAN}-{flags}", "a", "1")
        assert told == f"00-{TRACE}-{span_id(ID, 'a', '1')}-{flags}"


def test_each_place_has_an_id_of_its_own() -> None:
    places = [
        (),
        ("a",),
        ("a", "1"),
        ("a", "2"),
        ("a", "held", "1"),
        (step_place("a", 1),),
        (step_place("a", 1), "1"),
        ("b", "1"),
        ("", "plan", "1"),
    ]
    told = [traceparent(ID, None, *place) for place in places]
    assert len(set(told)) == len(places)
    assert told[0].split("-")[2] == request_span_id(ID)
    assert step_place("a", 0) == "a"
