"""The workspace's contacts: vCards 3.0 (RFC 2426) and 4.0 (RFC 6350) in `contacts/*.vcf`."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec
import vobject
from vobject.base import ContentLine
from vobject.icalendar import stringToTextValues
from vobject.vcard import splitFields

from tizmor.agents.files.guarded import read_bounded
from tizmor.core.errors import Permanent
from tizmor.ports.vocabulary import Contact
from tizmor.ports.workspace import Workspace

FOLDER = "contacts"
MAX_FILES = 2_000
MAX_BYTES = 4_000_000
MAX_CARDS = 20_000

_HEBREW = re.compile(r"[א-ת]")
_LINE = re.compile(
    r"(?:(?P<group>[\w-]+)\.)?(?P<name>[\w-]+)"
    r'(?P<parameters>(?:;(?:[^":;]++|"[^"]*+")*+)*+):(?P<value>.*)',
    re.ASCII | re.DOTALL,
)
_QUOTED_PRINTABLE = re.compile(r"[^:]{0,200}QUOTED-PRINTABLE", re.IGNORECASE)
_PARAMETER = re.compile(r';((?:[^";]++|"[^"]*+")*+)')
_PARAMETER_VALUE = re.compile(r'(?:[^",]++|"[^"]*+")++')


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """One person. `names` are full names, `nicknames` what else they are called."""

    names: tuple[str, ...]
    nicknames: tuple[str, ...] = ()
    family: str = ""
    email: str | None = None
    phone: str | None = None
    organization: str | None = None
    role: str | None = None
    file: str = ""
    number: int = 1
    """Which card of its file, from 1."""

    def known_as(self) -> tuple[str, ...]:
        """Every name that a person may look this one up by."""
        with_family = tuple(f"{n} {self.family}" for n in self.nicknames if self.family)
        return (*self.names, *with_family, *self.nicknames)

    def name(self, language: str) -> str:
        """The full name in the letters of `language`, if the card has one."""
        hebrew = language == "he"
        fitting = (n for n in self.names if bool(_HEBREW.search(n)) == hebrew)
        return next(fitting, self.names[0])

    def contact(self, language: str) -> Contact:
        return Contact(
            name=self.name(language),
            email=self.email,
            phone=self.phone,
            organization=self.organization,
            role=self.role,
            file=self.file,
        )


class Cards(msgspec.Struct, frozen=True, kw_only=True):
    """What was read, and the files that could not be read in full, each with the reason."""

    cards: tuple[Card, ...] = ()
    files: int = 0
    problems: tuple[tuple[str, str], ...] = ()


def read_cards(workspace: Workspace) -> Cards:
    """All contacts of the workspace, by file name.

    A broken card, and a file that can't be read or is too large, is left out and named.
    """
    folder = workspace.path(FOLDER)
    paths = sorted(p for p in folder.glob("*") if p.suffix.lower() == ".vcf")
    problems: list[tuple[str, str]] = []
    cards: list[Card] = []
    for path in paths[:MAX_FILES]:
        name = f"{FOLDER}/{path.name}"
        try:
            text = _text_of(workspace.path(name))
        except (OSError, ValueError, Permanent) as error:
            problems.append((name, str(error)))
            continue
        found, broken = cards_in(text, name)
        cards += found
        problems += [(name, problem) for problem in broken]
    if len(paths) > MAX_FILES or len(cards) > MAX_CARDS:
        problems.append((FOLDER, f"only {MAX_FILES} files and {MAX_CARDS} contacts are read"))
    return Cards(
        cards=tuple(_without_repeats(cards[:MAX_CARDS])),
        files=len(paths),
        problems=tuple(problems),
    )


def cards_in(text: str, file: str) -> tuple[list[Card], list[str]]:
    """The cards of one file's text, and what is wrong with those that can't be read."""
    cards: list[Card] = []
    problems: list[str] = []
    blocks, begun = _blocks(text)
    for number, block in enumerate(blocks, 1):
        try:
            cards.append(_card(block, file, number))
        except (vobject.base.VObjectError, ValueError, LookupError) as error:
            problems.append(f"card {number}: {error}")
    if not blocks:
        problems.append("no vCard in it")
    elif begun != len(blocks):
        problems.append("a card in it is cut off")
    return cards, problems


def _blocks(text: str) -> tuple[list[str], int]:
    """The cards that are whole, from BEGIN to END, and how many were begun. Linear in the text."""
    blocks: list[str] = []
    begun = 0
    current: list[str] | None = None
    for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        mark = line.rstrip().upper()
        if mark == "BEGIN:VCARD":
            begun += 1
            current = []
        if current is not None:
            current.append(line)
            if mark == "END:VCARD":
                blocks.append("\n".join(current))
                current = None
    return blocks, begun


def _text_of(path: Path) -> str:
    """Raises `ValueError` when it is no regular file, too large or not in UTF-8, else `OSError`."""
    return read_bounded(path, MAX_BYTES).decode("utf-8-sig")


def _card(block: str, file: str, number: int) -> Card:
    contents = _properties(block)
    family, given = _family_and_given(contents)
    names = _distinct([*map(_text, contents.get("FN", [])), f"{given} {family}"])
    if not names:
        raise ValueError("it has no name")
    nicknames = itertools.chain.from_iterable(map(_texts, contents.get("NICKNAME", [])))
    return Card(
        names=tuple(names),
        nicknames=tuple(_distinct(nicknames)),
        family=family,
        email=_first(v.removeprefix("mailto:") for v in contents.get("EMAIL", [])),
        phone=_first(v.removeprefix("tel:") for v in contents.get("TEL", [])),
        organization=_first(splitFields(v)[0] for v in contents.get("ORG", [])),
        role=_first(map(_text, contents.get("TITLE", []))),
        file=file,
        number=number,
    )


def _properties(block: str) -> dict[str, list[str]]:
    """The values of each property, still escaped: vobject's own components keep only the first
    text of a list, so that of several nicknames one would be left."""
    values: dict[str, list[str]] = {}
    for line in _logical_lines(block):
        property_ = _content_line(line)
        values.setdefault(property_.name, []).append(str(property_.value).strip())
    return values


def _logical_lines(block: str) -> Iterator[str]:
    """Lines unfolded (RFC 6350, 3.2); quoted-printable ones go on after `=` (RFC 2045, 6.7)."""
    pieces: list[str] = []
    for line in block.split("\n"):
        if pieces and pieces[-1].endswith("=") and _QUOTED_PRINTABLE.match(pieces[0]):
            pieces.append(f"\n{line}")
        elif pieces and line[:1] in (" ", "\t"):
            pieces.append(line[1:])
        else:
            if pieces:
                yield "".join(pieces)
            pieces = [line] if line.strip() else []
    if pieces:
        yield "".join(pieces)


def _content_line(line: str) -> ContentLine:
    """One line of a card (RFC 6350, 3.3).

    vobject's own pattern takes time exponential in the parameters of a line without a colon.
    """
    parts = _LINE.fullmatch(line)
    if parts is None:
        raise ValueError(f"this line can't be read: {line[:60]!r}")
    parameters = []
    for parameter in _PARAMETER.findall(parts["parameters"]):
        name, equals, values = parameter.partition("=")
        listed = [v.strip('"') for v in _PARAMETER_VALUE.findall(values)] if equals else []
        parameters.append([name.strip(), *listed])
    return ContentLine(parts["name"].replace("_", "-"), parameters, parts["value"], parts["group"])


def _family_and_given(contents: dict[str, list[str]]) -> tuple[str, str]:
    """The first two components of N, each of which may be a list (RFC 6350, 6.2.2)."""
    parts = splitFields(contents["N"][0]) if contents.get("N") else []
    words = [" ".join(part) if isinstance(part, list) else str(part) for part in parts]
    family, given = [*words, "", ""][:2]
    return family.strip(), given.strip()


def _texts(value: str) -> list[str]:
    return [str(text).strip() for text in stringToTextValues(value)]


def _text(value: str) -> str:
    return ", ".join(_texts(value))


def _first(values: Iterable[str]) -> str | None:
    return next(filter(None, values), None)


def _distinct(values: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(filter(None, (v.strip() for v in values))))


def _without_repeats(cards: Iterable[Card]) -> Iterator[Card]:
    """The same person exported twice, with one address and one name, is one contact."""
    seen = set()
    for card in cards:
        identity = (card.email.casefold(), card.names) if card.email else None
        if identity is None or identity not in seen:
            yield card
        seen.add(identity)
