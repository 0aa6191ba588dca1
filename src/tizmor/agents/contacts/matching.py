"""Which contacts a name may mean. No I/O."""

from __future__ import annotations

from collections.abc import Sequence

from tizmor.agents.contacts.vcards import Card
from tizmor.text.names import closeness, name_words, names_meet

_NEAR = 0.5


def matches(name: str, cards: Sequence[Card]) -> list[Card]:
    """The cards that `name` may mean: all of its words are in one of their names.

    A name of several words that is the whole name of some is more exact than a part of others':
    then only those come back.
    """
    found = [card for card in cards if any(_covers(known, name) for known in card.known_as())]
    whole = [card for card in found if any(_is_whole(known, name) for known in card.known_as())]
    return whole if whole and len(name_words(name)) > 1 else found


def with_address(address: str, cards: Sequence[Card]) -> Card | None:
    """The card with this e-mail address, its case aside."""
    wanted = address.casefold()
    return next((c for c in cards if c.email and c.email.casefold() == wanted), None)


def nearest(name: str, cards: Sequence[Card], *, limit: int = 5) -> list[Card]:
    """Cards whose names are like `name`, the most alike first; those far from it are left out."""
    ranked = [(max(closeness(name, known) for known in c.known_as()), c) for c in cards]
    ranked = sorted((r for r in ranked if r[0] >= _NEAR), key=lambda r: (-r[0], r[1].names))
    return [card for _, card in ranked[:limit]]


def choice_value(card: Card, cards: Sequence[Card]) -> str:
    """What stands for one of several cards in an answer: its address if no other has it, else its
    place in the contacts."""
    sharing = [c for c in cards if c.email and c.email == card.email]
    return card.email if card.email and len(sharing) == 1 else f"{card.file}#{card.number}"


def choice_label(card: Card, language: str) -> str:
    parts = (card.name(language), card.organization, card.email or card.phone)
    return ", ".join(filter(None, parts))


def chosen(answer: str, offered: Sequence[Card], language: str) -> Card | None:
    """The one of the offered cards that `answer` means: by value, by label, or by words that only
    its label or names have."""
    answer = answer.strip()
    for card in offered:
        if answer in (choice_value(card, offered), choice_label(card, language)):
            return card
    meant = [
        card
        for card in offered
        if any(_covers(text, answer) for text in (choice_label(card, language), *card.known_as()))
    ]
    return meant[0] if len(meant) == 1 else None


def _covers(known: str, name: str) -> bool:
    return len(name_words(name)) <= len(name_words(known)) and names_meet(name, known)


def _is_whole(known: str, name: str) -> bool:
    return len(name_words(name)) == len(name_words(known)) and names_meet(name, known)
