"""What must not stand in a log."""

from __future__ import annotations

import time

import pytest

from tizmor.observability.redaction import EMAIL, PHONE, STRUCK_OUT, Redactor, RememberedSecrets


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("password=hunter2 for dana", f"password={STRUCK_OUT} for dana"),
        ('{"apiKey": "abc d", "n": 1}', f'{{"apiKey": {STRUCK_OUT}, "n": 1}}'),
        ("Authorization: Bearer abcdef.ghi-jkl", f"Authorization: {STRUCK_OUT}"),
        ("sent Bearer abcdef.ghi-jkl on", f"sent Bearer {STRUCK_OUT} on"),
        ("postgresql://me:s3cret@host/db", f"postgresql://me:{STRUCK_OUT}@host/db"),
        ("GET /x?access_token=aaa.bbb&n=1", f"GET /x?access_token={STRUCK_OUT}&n=1"),
        ("key sk-abcdefghijklmnop1234 it is", f"key {STRUCK_OUT} it is"),
        ("Cookie: sid", f"Cookie: {STRUCK_OUT}"),
    ],
)
def test_secrets_are_known_by_how_they_are_written(said: str, kept: str) -> None:
    assert Redactor(personal=True).text(said) == kept
    assert Redactor().text(said) == kept


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("to yoav@example.co.il, soon", f"to {EMAIL}, soon"),
        ("<dana.levi+x@mail.example.com>", f"<{EMAIL}>"),
        ("יואב@דוגמה.ישראל ענה", f"{EMAIL} ענה"),
        ("call +972-50-123-4567 now", f"call {PHONE} now"),
        ("call 050-1234567.", f"call {PHONE}."),
        ("03 123 4567 or (212) 555-0123", f"{PHONE} or {PHONE}"),
    ],
)
def test_people_are_known_by_their_addresses_and_numbers(said: str, kept: str) -> None:
    assert Redactor().text(said) == kept
    assert Redactor(personal=True).text(said) == said


@pytest.mark.parametrize(
    "said",
    [
        "took 1234567 ms at 2026-11-21T10:00:00.000+02:00",
        "execution 38fzgwrhpwf5h, 0.0123456789 of 1234567890123",
        "tokens=512, 3 secrets are known, path /0501234567/x",
        "127.0.0.1:3000 and 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "e-mail sent to 3 people @ noon",
    ],
)
def test_what_is_neither_stays_as_it_is(said: str) -> None:
    assert Redactor().text(said) == said


def test_fields_are_struck_out_by_their_names_at_any_depth() -> None:
    fields = {
        "password": "x",
        "tokens": 512,
        "token": 7,
        "headers": {"Authorization": "abc", "to": ["a@example.com"]},
        "secrets": ["one", "two"],
        "none": None,
    }
    assert Redactor().fields(fields) == {
        "password": STRUCK_OUT,
        "tokens": 512,
        "token": 7,
        "headers": {"Authorization": STRUCK_OUT, "to": [EMAIL]},
        "secrets": STRUCK_OUT,
        "none": None,
    }


def test_a_value_that_a_call_was_given_is_struck_out_everywhere() -> None:
    class Kept:
        def get(self, name: str) -> str:
            return {"long": "open sesame", "longer": "open sesame please", "short": "ab"}[name]

    redactor = Redactor()
    secrets = RememberedSecrets(Kept(), redactor)
    for name in ("long", "longer", "short"):
        secrets.get(name)
    assert redactor.text("say open sesame please, or open sesame; ab") == (
        f"say {STRUCK_OUT}, or {STRUCK_OUT}; ab"
    )
    assert redactor.fields({"x": {"y": "open sesame"}}) == {"x": {"y": STRUCK_OUT}}


@pytest.mark.parametrize(
    "unit", ["a", "a@", "0", "+1", "password", "token=", "://", ":", "é.", "-", "sk-", "eyJ."]
)
def test_no_text_takes_long(unit: str) -> None:
    """Twice the text takes about twice the time: no pattern begins anew at every sign."""
    redactor = Redactor()
    texts = (unit * (8_000 // len(unit)), unit * (64_000 // len(unit)))

    def taken(text: str) -> float:
        times = []
        for _ in range(3):
            began = time.thread_time()
            redactor.text(text)
            times.append(time.thread_time() - began)
        return min(times)

    short, long = map(taken, texts)
    assert long < short * 24 + 0.02
