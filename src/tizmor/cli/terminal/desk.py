"""Approvals and questions of a running execution, decided at the terminal that watches it.

Somebody else may decide meanwhile, at another terminal: then the prompt goes away.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import msgspec
from rich.text import Text

from tizmor.cli.beside import beside, first_of
from tizmor.cli.edits import edited
from tizmor.cli.library import Library
from tizmor.cli.terminal.gate import argument_rows, gate_panel, gate_rows
from tizmor.cli.terminal.keyboard import Lines
from tizmor.cli.terminal.screen import Screen
from tizmor.cli.terminal.words import Words
from tizmor.core.approval import EDIT, chosen
from tizmor.core.errors import InvalidEdit, UserError
from tizmor.core.plan import Question
from tizmor.engine.views import Waiting


class DecidedElsewhere(Exception):
    """What is being asked has been answered by somebody else."""


class LeftWaiting(Exception):
    """The human will decide later."""


def _means_edit(waiting: Waiting, choice: str) -> bool:
    """Whether an answer is to go on with other arguments."""
    if waiting.arguments is None:
        return False
    question = Question(id=waiting.id, text="", choices=waiting.choices, free_text=False)
    return chosen(question, choice) == EDIT


class Desk:
    """Asks what is open, one after the other."""

    def __init__(self, library: Library, screen: Screen, lines: Lines) -> None:
        self._library = library
        self._screen = screen
        self._lines = lines
        self._news = asyncio.Event()
        self._answers: dict[tuple[str | None, str], str] = {}
        """What was answered last, by the step that asked and its words."""
        self._agreed: dict[str, Any] = {}
        """Arguments that were agreed to, by approval."""

    def notice(self) -> None:
        """Look again at what is open: the screen has taken an event in."""
        self._news.set()
        self._news = asyncio.Event()

    async def work(self) -> None:
        """Ask and pass on what is answered, until the human leaves it for later."""
        while True:
            waiting = next(filter(self._is_to_ask, self._screen.progress.open.values()), None)
            if waiting is None:
                await self._news.wait()
                continue
            try:
                await self._decide(waiting)
            except DecidedElsewhere:
                self._lines.forget()
                self._screen.withdraw()
            except LeftWaiting:
                self._screen.withdraw()
                self._screen.go_on()
                return
            self._screen.go_on()

    def _is_to_ask(self, waiting: Waiting) -> bool:
        """Not what this human has agreed to as it is, and others still have to."""
        return waiting.id not in self._agreed or self._agreed[waiting.id] != waiting.arguments

    async def _decide(self, waiting: Waiting) -> None:
        self._screen.freeze()
        self._lines.forget()
        while True:
            try:
                if waiting.kind == "question":
                    said = await self._answer(waiting)
                else:
                    said = await self._approve_or_reject(waiting)
            except UserError as refusal:
                self._say(str(refusal), "red")
                self._stop_if_decided(waiting)
                continue
            self._say(said, "green")
            await self._until_closed(waiting)
            return

    async def _answer(self, waiting: Waiting) -> str:
        if earlier := self._answers.get((waiting.step, waiting.text)):
            self._say(self._words.asked_again.format(answer=earlier), "yellow")
        self._show(waiting, gate_rows(waiting, self._words))
        asked = self._words.ask_number if waiting.choices else self._words.ask_answer
        choice = await self._line(waiting, asked)
        arguments = await self._rewritten(waiting) if _means_edit(waiting, choice) else None
        said = await self._library.answer(
            self._execution, choice, question=waiting.id, arguments=arguments
        )
        self._answers[waiting.step, waiting.text] = choice
        return said

    async def _approve_or_reject(self, waiting: Waiting) -> str:
        words = self._words
        arguments = waiting.arguments or {}
        self._show(waiting, gate_rows(waiting, words))
        while True:
            key, _, rest = (await self._line(waiting, words.ask_decision)).strip().partition(" ")
            if key.casefold() in words.approve_keys:
                changes = None if arguments == (waiting.arguments or {}) else arguments
                return await self._library.approve(
                    self._execution,
                    waiting.id,
                    arguments=changes,
                    comment=rest.strip() or None,
                    seen=waiting.key or None,
                )
            if key.casefold() in words.reject_keys:
                return await self._library.reject(
                    self._execution, waiting.id, reason=rest.strip() or None
                )
            if key.casefold() in words.edit_keys:
                preview = await self._edit(waiting, arguments)
                arguments = preview.arguments or {}
                self._show(waiting, self._changed_rows(waiting, preview))
            else:
                self._say(words.not_understood, "yellow")

    async def _edit(self, waiting: Waiting, arguments: Mapping[str, Any]) -> Waiting:
        """The approval as the lines that fit would make it; asks until a line is empty.

        A line that doesn't fit is said at once and changes nothing; the others stay.
        """
        preview = msgspec.structs.replace(waiting, arguments=dict(arguments))
        self._say(self._words.edit_hint, "bold")
        for row in argument_rows(arguments, self._words):
            self._screen.page.write(row, at_left=True)
        while line := (await self._line(waiting, "> ")).strip():
            try:
                changed = edited(preview.arguments or {}, [line])
                preview = await self._library.preview(self._execution, waiting.id, changed)
            except InvalidEdit as error:
                self._say(str(error), "red")
        return preview

    async def _rewritten(self, waiting: Waiting) -> dict[str, Any]:
        """The arguments to try again with; asks until a line is empty."""
        arguments = dict(waiting.arguments or {})
        self._say(self._words.edit_hint, "bold")
        for row in argument_rows(arguments, self._words):
            self._screen.page.write(row, at_left=True)
        while line := (await self._line(waiting, "> ")).strip():
            try:
                arguments = edited(arguments, [line])
            except InvalidEdit as error:
                self._say(str(error), "red")
        return arguments

    def _changed_rows(self, waiting: Waiting, preview: Waiting) -> list[Text]:
        """The approval as it would be, and every argument with what it was."""
        changed = argument_rows(
            preview.arguments or {}, self._words, before=waiting.arguments or {}
        )
        return [*gate_rows(preview, self._words), *changed]

    async def _line(self, waiting: Waiting, asked: str) -> str:
        """The next line typed. Raises `DecidedElsewhere` and `LeftWaiting`."""
        self._stop_if_decided(waiting)
        self._screen.prompt(asked)
        async with beside(self._lines.next()) as typed:
            while not typed.done():
                async with beside(self._news.wait()) as news:
                    await first_of(typed, news)
                self._stop_if_decided(waiting)
            line = typed.result()
        if line is None:
            raise LeftWaiting
        self._screen.answered()
        return line

    def _stop_if_decided(self, waiting: Waiting) -> None:
        if waiting.id not in self._screen.progress.open:
            raise DecidedElsewhere

    async def _until_closed(self, waiting: Waiting) -> None:
        """Wait until the stream shows the decision, or the part that this human has in it, so that
        nothing is asked twice."""
        while (shown := self._screen.progress.open.get(waiting.id)) is not None:
            if shown.signatures != waiting.signatures:
                self._agreed[waiting.id] = shown.arguments
                return
            await self._news.wait()

    def _show(self, waiting: Waiting, rows: list[Text]) -> None:
        self._screen.page.draw(gate_panel(waiting, self._words, self._screen.page, rows))

    def _say(self, text: str, style: str) -> None:
        self._screen.page.write(text, style)

    @property
    def _words(self) -> Words:
        return self._screen.words

    @property
    def _execution(self) -> str:
        return self._screen.progress.execution_id
