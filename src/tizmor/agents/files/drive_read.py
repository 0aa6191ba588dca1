"""DriveRead: the text of documents, by name or as they were found."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Sequence
from pathlib import PurePosixPath

import msgspec

from tizmor.agents.files.library import Shelf, document_paths, read_all
from tizmor.ports.agent import AgentContext, agent
from tizmor.ports.vocabulary import Document, DocumentText, FileName, Path
from tizmor.ports.workspace import Workspace
from tizmor.text.normalize import words
from tizmor.text.topics import TopicWords

MAX_DOCUMENTS = 50
_MAX_CHARACTERS = 200_000
"""Of all texts together: what is read becomes part of the journal."""


class DocumentsRead(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The texts, in the order asked for; `documents` are the same, for whoever takes those."""

    texts: list[DocumentText]
    sources: list[Path]
    documents: list[Document] = []
    warnings: list[str] = []


class _Named(msgspec.Struct, frozen=True, kw_only=True):
    paths: list[str]
    unknown: list[str]


@agent(
    name="DriveRead",
    timeout=dt.timedelta(minutes=2),
    untrusted=True,
    phrases=(
        "read the file", "open the document", "show the text of", "what does the file say",
        "print the contents of", "display the document", "get the content of",
        "קרא את הקובץ", "תקרא את המסמך", "פתח את הקובץ", "תפתח את המסמך", "הצג את התוכן של",
        "מה כתוב בקובץ", "מה כתוב במסמך", "תראה לי את הטקסט של", "הבא את תוכן הקובץ",
    ),
)  # fmt: skip
async def drive_read(
    names: list[FileName] = [],  # noqa: B006
    documents: list[Document] = [],  # noqa: B006
    *,
    ctx: AgentContext,
) -> DocumentsRead:
    """Read the text of documents, by file name or as they were found.

    A name may be a path, a file name with or without its ending, or words of either. At most 50
    documents and 200,000 characters together are given.
    """
    named = await asyncio.to_thread(_paths_of, ctx.workspace, names)
    asked = list(dict.fromkeys([*named.paths, *(d.path for d in documents)]))
    shelf = await asyncio.to_thread(read_all, ctx.workspace, asked[:MAX_DOCUMENTS])
    texts, is_cut = _texts(shelf)
    ctx.progress(
        ctx.say(he=f"נקראו {len(texts)} מסמכים", en=f"read {len(texts)} documents")
        if len(texts) != 1
        else ctx.say(he="נקרא מסמך אחד", en="read 1 document")
    )
    warnings = [
        ctx.say(he=f"לא נמצא קובץ בשם {name}", en=f"there is no file named {name}")
        for name in named.unknown
    ]
    if is_cut or len(asked) > MAX_DOCUMENTS:
        warnings.append(
            ctx.say(he="הטקסט ארוך מדי וניתן בחלקו", en="the text is too long and is given in part")
        )
    return DocumentsRead(
        texts=texts,
        sources=[t.path for t in texts],
        documents=[Document(path=t.path, title=t.title, date=t.date) for t in texts],
        warnings=[*warnings, *shelf.warnings(ctx)],
    )


def _paths_of(workspace: Workspace, names: Sequence[str]) -> _Named:
    known = document_paths(workspace, include_outputs=True) if names else []
    found: list[str] = []
    unknown: list[str] = []
    for name in names:
        matches = _matches(name, known)
        found.extend(matches)
        unknown.extend([] if matches else [name])
    return _Named(paths=found, unknown=unknown)


def _matches(name: str, known: Sequence[str]) -> list[str]:
    """The exact path; else the exact file name; else names that hold all words of it."""
    wanted = name.strip().removeprefix("./").casefold()
    for same in (
        [p for p in known if p.casefold() == wanted],
        [p for p in known if PurePosixPath(p).name.casefold() == wanted],
        [p for p in known if PurePosixPath(p).stem.casefold() == wanted],
    ):
        if same:
            return same
    topics = TopicWords([name], {word for path in known for word in words(path)})
    return [path for path in known if topics.met(frozenset(words(path)))]


def _texts(shelf: Shelf) -> tuple[list[DocumentText], bool]:
    texts: list[DocumentText] = []
    left = _MAX_CHARACTERS
    is_cut = False
    for shelved in shelf.documents:
        text = shelved.document.text[:left]
        is_cut |= len(text) < len(shelved.document.text)
        left -= len(text)
        texts.append(
            DocumentText(
                path=shelved.path, title=shelved.document.title, text=text, date=shelved.date
            )
        )
    return [t for t in texts if t.text], is_cut
