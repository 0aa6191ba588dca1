"""Messages of a running call: the engine's side of `ctx.messages`.

A call that changes nothing is parked where it has to wait, and runs again when what it waits for is
there; one with an effect waits in its place. Either way its time is journaled.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Awaitable, Mapping
from typing import Any

from tizmor.core import facts as fx
from tizmor.core.decisions.messages import is_for, refused_answer, refused_message
from tizmor.core.decisions.work import refused_work
from tizmor.core.errors import TalkError, Undelivered
from tizmor.core.folds.talking import answer_of
from tizmor.core.talk import ANSWER, WORD, Kind, Message
from tizmor.engine.handing import work_for
from tizmor.engine.voice import Voice, converted
from tizmor.pipeline.classify import Parked
from tizmor.ports.agent import Agent
from tizmor.ports.talk import ANSWER as PATIENCE
from tizmor.ports.talk import LONGEST, Received


class CallMessages:
    """See `tizmor.ports.talk.Messages`. What the call sends and receives is counted: by its number
    a message is known again when the call runs again."""

    def __init__(self, voice: Voice, agents: Mapping[str, Agent]) -> None:
        self._voice = voice
        self._agents = agents
        self._sent = 0
        self._receives = 0
        self._seen = 0

    def request(
        self, to: str, payload: Any, kind: Any = None, *, timeout: dt.timedelta = PATIENCE
    ) -> Awaitable[Any]:
        return self._request(to, payload, kind, timeout)

    async def _request(self, to: str, payload: Any, kind: Any, patience: dt.timedelta) -> Any:
        due_ms = self._voice.now_ms() + _ms(patience)
        return await self._answer(self._send(Kind.REQUEST, to, payload, due_ms), kind)

    async def publish(self, topic: str, payload: Any) -> str:
        return self._send(Kind.EVENT, topic, payload).id

    async def broadcast(self, payload: Any) -> str:
        return self._send(Kind.BROADCAST, "all", payload).id

    async def respond(self, request: Received, payload: Any) -> None:
        voice = self._voice
        voice.refuse_beside()
        fact = fx.MessageAnswering(
            at_ms=voice.now_ms(),
            step=voice.step,
            attempt=voice.attempt,
            id=request.id,
            payload=voice.own(payload),
        )
        if (refused := refused_answer(voice.hall.state, fact)) is not None:
            raise refused
        voice.say(fact)

    def receive(
        self, kind: Any = None, *, timeout: dt.timedelta = PATIENCE
    ) -> Awaitable[Received | None]:
        return self._receive(kind, timeout)

    async def _receive(self, kind: Any, patience: dt.timedelta) -> Received | None:
        self._voice.refuse_beside()
        latest_ms = self._voice.now_ms() + _ms(patience)
        while (message := self._next(kind)) is None:
            on = f"{WORD}{self._receives}"
            until_ms = self._voice.talk.waits.get(f"{self._voice.step} {on}", latest_ms)
            if self._voice.now_ms() >= until_ms:
                self._receives += 1
                return None
            await self._wait(on, until_ms)
        self._receives += 1
        await self._voice.take_in(f"message:{message.id}", untrusted=message.untrusted)
        return Received(
            id=message.id,
            kind=message.kind.value,
            sender=message.step,
            to=message.to,
            payload=converted(message.payload, kind, message.id),
            at=self._voice.time(message.sent_at_ms),
            untrusted=message.untrusted,
        )

    async def hand_over(
        self, agent: str, arguments: Mapping[str, Any], kind: Any = None, *, title: str = ""
    ) -> Any:
        voice = self._voice
        voice.refuse_beside()
        work = work_for(self._agents, agent, voice.own(dict(arguments)), title)
        number = self._number()
        known = voice.talk.sent_before(voice.step, number, Kind.REQUEST, agent, work.arguments)
        if known is None:
            fact = fx.WorkGiven(
                at_ms=voice.now_ms(),
                step=voice.step,
                attempt=voice.attempt,
                number=number,
                work=work,
            )
            if (refused := refused_work(voice.hall.state, fact)) is not None:
                raise refused
            voice.say(fact)
        return await self._answer(self._known(number), kind)

    def _send(self, kind: Kind, to: str, payload: Any, due_ms: int | None = None) -> Message:
        voice = self._voice
        voice.refuse_beside()
        fact = fx.MessageSending(
            at_ms=voice.now_ms(),
            step=voice.step,
            attempt=voice.attempt,
            number=self._number(),
            kind=kind,
            to=voice.own(to),
            payload=voice.own(payload),
            due_ms=due_ms,
        )
        known = voice.talk.sent_before(voice.step, fact.number, kind, fact.to, fact.payload)
        if known is None:
            if (refused := refused_message(voice.hall.state, fact)) is not None:
                raise refused
            voice.say(fact)
        return self._known(fact.number)

    def _number(self) -> int:
        self._sent += 1
        return self._sent - 1

    def _known(self, number: int) -> Message:
        talk = self._voice.talk
        name = talk.sent.get(f"{self._voice.step} {number}")
        if name is None:
            raise TalkError("it was not sent")
        return talk.mail[name]

    async def _answer(self, message: Message, kind: Any) -> Any:
        while message.state == "open":
            await self._wait(f"{ANSWER}{message.id}", message.due_ms)
        if message.state == "dead":
            await self._voice.settled()
            raise Undelivered(f"{message.to} gave no answer: {message.reason}")
        await self._voice.take_in(f"message:{message.id}", untrusted=message.answer_untrusted)
        return converted(answer_of(self._voice.hall.state, message), kind, f"answer {message.id}")

    async def _wait(self, on: str, until_ms: int | None) -> None:
        """Wait until something is said, or end the call until then."""
        if not self._voice.changes_something:
            raise Parked(on, until_ms)
        # The time of a request is over when its timer says so, and it is a dead letter.
        timed = until_ms is not None and on.startswith(WORD)
        left_s = max(0.0, ((until_ms or 0) - self._voice.now_ms()) / 1000) if timed else None
        limit = asyncio.timeout(left_s)
        try:
            async with limit:
                await self._voice.hall.heard()
        except TimeoutError:
            if not limit.expired():
                raise

    def _next(self, kind: Any) -> Message | None:
        """The next message for this step that can be read, taken. One that it has done with when it
        ran before is passed over, and counts as received."""
        state, step = self._voice.hall.state, self._voice.step
        mail = list(self._voice.talk.mail.values())
        while self._seen < len(mail):
            message = mail[self._seen]
            self._seen += 1
            if not is_for(state, message, step):
                self._receives += step in message.taken and not message.work
                continue
            problem = _problem(message, kind)
            self._take(message, problem)
            if not problem and step in message.taken:
                return message
        return None

    def _take(self, message: Message, problem: str) -> None:
        voice = self._voice
        voice.say(
            fx.MessageTaking(
                at_ms=voice.now_ms(),
                step=voice.step,
                attempt=voice.attempt,
                id=message.id,
                problem=problem,
            )
        )


def _problem(message: Message, kind: Any) -> str:
    """Why a message can't be read as a kind; empty when it can."""
    try:
        converted(message.payload, kind, "the payload")
    except TalkError as error:
        return str(error)
    return ""


def _ms(patience: dt.timedelta) -> int:
    if not dt.timedelta(0) < patience <= LONGEST:
        raise TalkError(f"a time-out is above 0 and at most {LONGEST.days} days")
    return round(patience.total_seconds() * 1000)
