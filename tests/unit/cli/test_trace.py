"""`tizmor trace`, and the span of who started a run."""

from __future__ import annotations

import pytest
from tests.replay.recording import EXECUTION, read, recorded
from tests.unit.cli.fake import ID, Scripted, Shell

from tizmor.observability.projection import projected
from tizmor.observability.spans import Span, otlp

CALLER = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


@pytest.fixture
def spans() -> list[Span]:
    return projected(EXECUTION, read(dict(recorded())["retried"]))


def test_a_span_a_line_in_the_form_of_otlp(tizmor_shell: Shell, spans: list[Span]) -> None:
    tizmor_shell.store[ID] = Scripted(spans=spans)
    ran = tizmor_shell("trace", ID, "--json")
    assert ran.code == 0
    assert ran.json == [{"type": "span", **otlp(span)} for span in spans]


@pytest.mark.parametrize(("language", "called"), [("en", "call 2"), ("he", "קריאה 2")])
def test_for_people_a_waterfall_in_the_requests_language(
    tizmor_shell: Shell, spans: list[Span], language: str, called: str
) -> None:
    tizmor_shell.store[ID] = Scripted(spans=spans, language=language)
    ran = tizmor_shell("trace", ID)
    assert ran.code == 0
    lines = ran.out.splitlines()
    assert len(lines) == len(spans)
    assert any(f"┊ ┊ {called}" in line for line in lines)


def test_it_only_looks_and_an_unknown_execution_is_wrong_input(tizmor_shell: Shell) -> None:
    assert tizmor_shell("trace", "0000000000000").code == 2
    assert [write for _, write in tizmor_shell.opened] == [False]


@pytest.mark.parametrize("caller", [CALLER, None])
def test_run_hands_on_the_span_of_who_started_it(
    tizmor_shell: Shell, monkeypatch: pytest.MonkeyPatch, caller: str | None
) -> None:
    tizmor_shell.store[ID] = Scripted()
    monkeypatch.delenv("TRACEPARENT", raising=False)
    if caller is not None:
        monkeypatch.setenv("TRACEPARENT", caller)
    tizmor_shell("run", "meet Yoav")
    ((library, _),) = tizmor_shell.opened
    assert library.callers == [caller]
