"""ContactSearch on real vCard files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tizmor.agents.contacts.contact_search import contact_search
from tizmor.core.errors import NeedsAnswer

YOAV = """BEGIN:VCARD
VERSION:4.0
FN;LANGUAGE=en:Yoav Cohen
FN;LANGUAGE=he:יואב כהן
N:Cohen;Yoav;;;
NICKNAME:Yoavi,ג'ו
EMAIL;TYPE=work:yoav@lotus.example
TEL;VALUE=uri:tel:+972-50-1234567
ORG:Lotus;Sales
TITLE:CTO
END:VCARD
"""
TWO_DANAS = """BEGIN:VCARD\r
VERSION:3.0\r
N:Levi;Dana;;;\r
FN:Dana Levi\r
EMAIL:dana@lotus.example\r
ORG:Lotus\r
END:VCARD\r
BEGIN:VCARD\r
VERSION:3.0\r
N:Mor;Dana;;;\r
FN:Dana Mor\r
TEL:03-555\r
END:VCARD\r
"""


@pytest.fixture
def contacts(tmp_path: Path) -> Path:
    folder = tmp_path / "contacts"
    folder.mkdir()
    (folder / "yoav.vcf").write_text(YOAV)
    (folder / "danas.vcf").write_text(TWO_DANAS, newline="")
    return folder


@pytest.mark.parametrize("name", ["יואב", "Yoav", "Yoav Cohen", "כהן", "Yoavi", "ג׳ו", "ג'ו כהן"])
async def test_one_match_is_that_contact(contacts: Path, context: Any, name: str) -> None:
    found = (await contact_search(names=[name], ctx=context())).contacts
    assert [c.email for c in found] == ["yoav@lotus.example"]
    assert (found[0].phone, found[0].organization, found[0].role) == (
        "+972-50-1234567",
        "Lotus",
        "CTO",
    )
    assert found[0].file == "contacts/yoav.vcf"


@pytest.mark.parametrize(
    ("language", "message"), [("he", "נמצא יואב כהן"), ("en", "found Yoav Cohen")]
)
async def test_the_name_is_shown_in_the_language_of_the_request(
    contacts: Path, context: Any, language: str, message: str
) -> None:
    ctx = context(language=language, said=[])
    await contact_search(names=["יואב"], ctx=ctx)
    assert ctx.said == [message]


async def test_a_full_name_is_more_exact_than_a_longer_one(contacts: Path, context: Any) -> None:
    longer = YOAV.replace("Yoav Cohen", "Yoav Cohen Levi").replace("יואב כהן", "יואב כהן לוי")
    longer = longer.replace("Cohen;", "Cohen Levi;").replace("yoav@", "levi@")
    (contacts / "other.vcf").write_text(longer)
    found = await contact_search(names=["Yoav Cohen"], ctx=context())
    assert [c.email for c in found.contacts] == ["yoav@lotus.example"]
    with pytest.raises(NeedsAnswer):
        await contact_search(names=["Yoav"], ctx=context())


async def ask(name: str, context: Callable[..., Any], **changes: Any) -> NeedsAnswer:
    with pytest.raises(NeedsAnswer) as question:
        await contact_search(names=[name], ctx=context(**changes))
    return question.value


async def test_several_matches_are_a_question_with_choices(contacts: Path, context: Any) -> None:
    question = await ask("דנה", context)
    assert question.question_id == "who_דנה"
    assert question.choices == (
        ("dana@lotus.example", "Dana Levi, Lotus, dana@lotus.example"),
        ("contacts/danas.vcf#2", "Dana Mor, 03-555"),
    )


@pytest.mark.parametrize(
    ("answer", "name"),
    [
        ("dana@lotus.example", "Dana Levi"),
        ("contacts/danas.vcf#2", "Dana Mor"),
        ("Dana Levi, Lotus, dana@lotus.example", "Dana Levi"),
        ("Dana Mor", "Dana Mor"),
        ("דנה לוי", "Dana Levi"),
        ("לוטוס", "Dana Levi"),
        ("mor", "Dana Mor"),
        ("Yoav", "Yoav Cohen"),
    ],
)
async def test_the_answer_picks(contacts: Path, context: Any, answer: str, name: str) -> None:
    found = await contact_search(names=["דנה"], ctx=context(answers={"who_דנה": answer}))
    assert [c.name for c in found.contacts] == [name]


async def test_an_answer_that_says_no_more_asks_again(contacts: Path, context: Any) -> None:
    question = await ask("Dana", context, answers={"who_dana": "dana"})
    assert question.question_id == "who_dana#2"
    found = await contact_search(
        names=["Dana"], ctx=context(answers={"who_dana": "dana", "who_dana#2": "Mor"})
    )
    assert [c.name for c in found.contacts] == ["Dana Mor"]


async def test_nobody_is_a_question_with_the_nearest_names(contacts: Path, context: Any) -> None:
    question = await ask("Yaov Cohen", context, language="he")
    assert question.choices == (("yoav@lotus.example", "יואב כהן, Lotus, yoav@lotus.example"),)
    assert question.free_text
    assert "מי זה Yaov Cohen?" in question.text


@pytest.mark.parametrize(
    ("answer", "name"),
    [("roni@acme.example", "רוני"), ("Roni Gal <roni@acme.example>", "Roni Gal")],
)
async def test_an_address_as_the_answer_becomes_a_contact(
    contacts: Path, context: Any, answer: str, name: str
) -> None:
    ctx = context(answers={"who_רוני": answer})
    found = (await contact_search(names=["רוני"], ctx=ctx)).contacts
    assert [(c.name, c.email) for c in found] == [(name, "roni@acme.example")]


async def test_an_address_as_the_name_needs_no_question(contacts: Path, context: Any) -> None:
    ctx = context()
    found = await contact_search(names=["YOAV@lotus.example", "new@acme.example"], ctx=ctx)
    assert [c.name for c in found.contacts] == ["Yoav Cohen", "new"]


async def test_two_names_of_one_person_are_one_contact(contacts: Path, context: Any) -> None:
    found = await contact_search(names=["Yoav", "יואב כהן"], ctx=context())
    assert len(found.contacts) == 1


async def test_broken_files_and_cards_are_named_and_the_rest_is_read(
    contacts: Path, context: Any, tmp_path: Path
) -> None:
    (contacts / "binary.vcf").write_bytes(b"\xff\xfe\x00junk")
    (contacts / "cut.vcf").write_text(YOAV.replace("yoav@", "cut@").replace("END:VCARD\n", ""))
    nameless = "BEGIN:VCARD\nVERSION:3.0\nEMAIL:x@y.example\nEND:VCARD\n"
    ron = "BEGIN:VCARD\nVERSION:3.0\nFN:Ron Gal\nEND:VCARD\n"
    (contacts / "half.vcf").write_text(nameless + ron)
    (tmp_path.parent / "outside.vcf").write_text(ron)
    (contacts / "link.vcf").symlink_to(tmp_path.parent / "outside.vcf")
    found = await contact_search(names=["Ron", "Yoav"], ctx=context())
    assert [c.name for c in found.contacts] == ["Ron Gal", "Yoav Cohen"]
    named = [w.split()[0].rpartition("/")[2] for w in found.warnings]
    assert named == ["binary.vcf", "cut.vcf", "half.vcf", "link.vcf"]


async def test_without_contacts_every_name_is_a_question(context: Any) -> None:
    assert (await ask("Yoav", context)).choices == ()
