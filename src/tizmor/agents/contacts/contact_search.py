"""ContactSearch: the people that a request names, from the workspace's contacts."""

from __future__ import annotations

import asyncio
import datetime as dt
import re
from collections.abc import Sequence
from email.utils import parseaddr

import msgspec

from tizmor.agents.contacts.matching import (
    choice_label,
    choice_value,
    chosen,
    matches,
    nearest,
    with_address,
)
from tizmor.agents.contacts.vcards import Card, read_cards
from tizmor.core.errors import NeedsAnswer
from tizmor.ports.agent import AgentContext, Effect, agent
from tizmor.ports.vocabulary import Contact, PersonName, Value
from tizmor.text.names import name_words

_MAX_CHOICES = 20
_MAX_ANSWERS = 5
_ADDRESS = re.compile(r"[^@\s<>,;:\"]+@[^@\s<>,;:\"]+\.[^@\s<>,;:\".]+")


class ContactsFound(Value, frozen=True):
    """One contact for each name, in the order of the names."""

    contacts: list[Contact]
    warnings: list[str] = msgspec.field(default_factory=list)


@agent(
    name="ContactSearch",
    timeout=dt.timedelta(minutes=1),
    effect=Effect.READ,
    phrases=(
        "find contact", "find the contact", "look up a contact", "contact details of", "phone",
        "phone number of", "what is the phone of", "e-mail of", "email address of", "who is",
        "how do I reach", "מצא את איש הקשר", "מצא איש קשר", "תמצא את אשת הקשר", "חפש איש קשר",
        "תחפש את הטלפון של", "מה הטלפון של", "מה מספר הטלפון של", "מה המייל של",
        "מה האימייל של", "כתובת המייל של", "פרטי הקשר של", "פרטים של", "מי זה", "מי זאת", "מי היא",
    ),
)  # fmt: skip
async def contact_search(names: list[PersonName], *, ctx: AgentContext) -> ContactsFound:
    """Find people in the contacts by name, also across Hebrew and Latin letters, and their e-mail
    address, phone and organization."""
    read = await asyncio.to_thread(read_cards, ctx.workspace)
    found = [_find(name, read.cards, ctx) for name in names]
    contacts = list({(c.name, c.email, c.file): c for c in found}.values())
    for contact in contacts:
        ctx.progress(ctx.say(he=f"נמצא {contact.name}", en=f"found {contact.name}"))
    warnings = [
        ctx.say(he=f"{file} לא נקרא במלואו: {why}", en=f"{file} was not read in full: {why}")
        for file, why in read.problems
    ]
    return ContactsFound(contacts=contacts, warnings=warnings)


def _find(name: str, cards: Sequence[Card], ctx: AgentContext) -> Contact:
    """The one contact that `name` means, by the answers already given where it isn't clear.

    An answer may be another name, which may again be unclear: each such name asks its own question.
    """
    asked: list[str] = []
    wanted = name
    while True:
        address = _address_in(wanted)
        if address:
            known = with_address(address, cards)
            return known.contact(ctx.language) if known else _stranger(name, wanted, address)
        found = matches(wanted, cards)
        if len(found) == 1:
            return found[0].contact(ctx.language)
        question_id = _question_id(wanted, asked)
        asked.append(question_id)
        offered = (found or nearest(wanted, cards))[:_MAX_CHOICES]
        if question_id not in ctx.answers or len(asked) > _MAX_ANSWERS:
            raise _question(wanted, question_id, offered, several=bool(found), ctx=ctx)
        answer = ctx.answers[question_id]
        card = chosen(answer, offered, ctx.language)
        if card:
            return card.contact(ctx.language)
        wanted = answer


def _question_id(name: str, asked: Sequence[str]) -> str:
    question_id = "_".join(("who", *name_words(name)))[:100]
    times = sum(1 for earlier in asked if earlier.partition("#")[0] == question_id)
    return f"{question_id}#{times + 1}" if times else question_id


def _question(
    name: str, question_id: str, offered: Sequence[Card], *, several: bool, ctx: AgentContext
) -> NeedsAnswer:
    if several:
        text = ctx.say(
            he=f"יש כמה אנשי קשר בשם {name}. למי הכוונה?",
            en=f"Several contacts are called {name}. Who is meant?",
        )
    else:
        text = ctx.say(
            he=f"מי זה {name}? אין איש קשר בשם הזה. אפשר לענות בשם אחר או בכתובת מייל.",
            en=f"Who is {name}? No contact has this name. "
            "Answer with another name or an e-mail address.",
        )
    choices = [(choice_value(c, offered), choice_label(c, ctx.language)) for c in offered]
    return NeedsAnswer(text, question_id=question_id, choices=choices)


def _address_in(text: str) -> str | None:
    """The e-mail address that `text` is: alone, or as `name <address>` (RFC 5322)."""
    address = parseaddr(text.strip())[1]
    return address if _ADDRESS.fullmatch(address) else None


def _stranger(name: str, answer: str, address: str) -> Contact:
    """Someone who isn't in the contacts, called as they were asked for."""
    said = parseaddr(answer.strip())[0]
    own = name if _address_in(name) is None else ""
    return Contact(name=said or own or address.partition("@")[0], email=address)
