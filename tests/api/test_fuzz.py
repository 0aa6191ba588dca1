"""A real server, asked at random by its own document: no server error, no answer that contradicts
it. `make fuzz` asks longer."""

from __future__ import annotations

from tests.api import fuzz


def test_a_server_answers_whatever_it_is_asked_as_its_document_says() -> None:
    assert fuzz.main(["--examples", "4", "--seed", "7", "--phases", "fuzzing"]) == 0
