"""The agents of the recorded executions, and what befalls their calls.

`BEFALLS` holds, by agent, what its next calls meet, one after another: an error to raise, seconds
to take (`QUICK`: none; `HANGS`: all there are), or both. A call that nothing is written down for
takes 50 ms and succeeds.
"""

from __future__ import annotations

import asyncio
import contextvars
import datetime as dt
from typing import Any

import msgspec

from tizmor.core.errors import Permanent, Undelivered
from tizmor.core.plan import Effect, Resource, RetryPolicy
from tizmor.ports.agent import AgentContext, Costs, Gate, agent
from tizmor.ports.secrets import Secret

HANGS = float("inf")
QUICK = 0.0
Befalling = dict[str, list[Exception | float | tuple[float, Exception]]]
BEFALLS: contextvars.ContextVar[Befalling] = contextvars.ContextVar("befalls")

RETRY = RetryPolicy(attempts=3, first_delay_s=1.0)
SHORT = dt.timedelta(seconds=2)


class Found(msgspec.Struct):
    value: str = ""
    items: list[str] = []
    summary: str | None = None


class Done(msgspec.Struct):
    value: str = ""
    meeting: dict[str, Any] | None = None


async def meets(name: str) -> None:
    """Let the next thing that is written down for a name befall it."""
    coming = BEFALLS.get().get(name) or [0.05]
    event = coming.pop(0)
    if isinstance(event, Exception):
        event = (0.05, event)
    seconds, error = event if isinstance(event, tuple) else (event, None)
    if seconds == HANGS:
        await asyncio.Event().wait()
    elif seconds:
        await asyncio.sleep(seconds)
    if error is not None:
        raise error


@agent(name="Find", retry=RETRY, timeout=SHORT, untrusted=True)
async def find(text: str = "", *, ctx: AgentContext) -> Found:
    """Find something."""
    await meets("Find")
    ctx.progress(f"found what {text or 'there'} is")
    return Found(value=text or "found", items=["a", "b", "c"], summary=f"about {text}")


@agent(name="Much")
async def much(*, ctx: AgentContext) -> Found:
    """Find much."""
    await meets("Much")
    return Found(value="".join(f"{n:05d}," for n in range(5_600)))


@agent(name="Model", retry=RETRY, costs=Costs(tokens=1_000, usd=0.5, cheaper=Costs(usd=0.1)))
async def model(text: str = "", *, ctx: AgentContext) -> Found:
    """Have a model say something."""
    ctx.spend(tokens=700, usd=0.05 if ctx.tier == "cheaper" else 0.25)
    await meets("Model")
    return Found(value=f"{text} ({ctx.tier})")


@agent(name="Other", retry=RETRY)
async def other(text: str = "", *, ctx: AgentContext) -> Found:
    """Find something elsewhere."""
    await meets("Other")
    return Found(value=f"{text} elsewhere")


@agent(name="Read", retry=RETRY)
async def read(text: str = "", n: str = "", *, ctx: AgentContext) -> Found:
    """Read something."""
    await meets(f"Read {n}".strip())
    return Found(value=f"{text}{n}")


@agent(name="Tell", untrusted=True)
async def tells(text: str = "", *, ctx: AgentContext) -> Found:
    """Share what was found."""
    await meets("Tell")
    version = await ctx.share("found", {"text": text})
    return Found(value=str(version))


@agent(name="Hear")
async def hears(text: str = "", *, ctx: AgentContext) -> Found:
    """See what was shared."""
    await meets("Hear")
    known = await ctx.shared("found")
    return Found(value="nothing" if known is None else f"{known.value['text']} {known.version}")


@agent(name="Ask", hands_over=Effect.IDEMPOTENT)
async def asks(text: str = "", *, ctx: AgentContext) -> Found:
    """Ask a step, tell all, hand work over, and ask somebody who isn't there."""
    await ctx.messages.publish("news", {"text": text})
    await ctx.messages.broadcast("all")
    answer = await ctx.messages.request("Reply", text, str)
    handed = await ctx.messages.hand_over("Note", {"text": answer}, title="Note the answer")
    try:
        await ctx.messages.request("Nobody", 1)
    except Undelivered:
        return Found(value=f"{answer} {handed['value']}")
    return Found(value="somebody")


@agent(name="Reply", receives=("news",))
async def replies(*, ctx: AgentContext) -> Found:
    """Answer requests until none comes for a minute."""
    heard = []
    while (told := await ctx.messages.receive(timeout=dt.timedelta(minutes=1))) is not None:
        heard.append(told.kind)
        if told.kind == "REQUEST":
            await ctx.messages.respond(told, f"re: {told.payload}")
    return Found(value=",".join(heard))


@agent(name="Note", effect=Effect.IDEMPOTENT, retry=RETRY)
async def note(text: str, *, ctx: AgentContext) -> Done:
    """Write something down."""
    await meets("Note")
    return Done(value=text)


@agent(
    name="Meet",
    effect=Effect.COMPENSATABLE,
    critical=True,
    control=("title", "at"),
    retry=RETRY,
    timeout=SHORT,
)
async def meet(title: str, at: int | None = None, *, ctx: AgentContext) -> Done:
    """Meet somebody."""
    await meets("Meet")
    return Done(value=title, meeting={"title": title, "start": f"{at}:00"})


@meet.prepare
async def prepare(title: str, at: int | None = None, *, ctx: AgentContext) -> dict[str, Any]:
    await meets("Meet prepares")
    return {"at": at or 10}


@meet.gate
def gate(title: str, at: int | None = None, *, ctx: AgentContext) -> Gate:
    return Gate(action=f"Meet: {title}", time=f"{at}:00", participants=("Yoav Cohen",))


@meet.compensate
async def unmeet(result: Done, *, ctx: AgentContext) -> None:
    await meets("Meet is undone")


@agent(name="Book", effect=Effect.COMPENSATABLE, retry=RETRY)
async def book(text: str, *, ctx: AgentContext) -> Done:
    """Book something that can't be unbooked."""
    await meets("Book")
    return Done(value=text)


@agent(name="Enter", effect=Effect.IDEMPOTENT, resources=(Resource(name="book:guests"),))
async def enter(text: str, *, ctx: AgentContext) -> Done:
    """Write something where one may write at a time."""
    await meets("Enter")
    return Done(value=text)


@agent(name="Look", cache_for=dt.timedelta(hours=1))
async def look(text: str, *, ctx: AgentContext) -> Found:
    """Look something up."""
    await meets("Look")
    return Found(value=f"{text}, looked up")


@agent(name="Fetch", rate_limit="1 per 2 seconds")
async def fetch(text: str = "", *, ctx: AgentContext) -> Found:
    """Ask somebody who doesn't answer often."""
    await meets("Fetch")
    return Found(value=text)


@agent(name="Send", effect=Effect.IRREVERSIBLE, control=("to",), retry=RETRY)
async def send(to: str, text: str = "", *, ctx: AgentContext) -> Done:
    """Send something, and keep no record."""
    await meets("Send")
    return Done(value=to)


@agent(name="Post", effect=Effect.IRREVERSIBLE, control=("to",), retry=RETRY)
async def post(to: str, text: str = "", *, ctx: AgentContext) -> Done:
    """Send something, and keep a record."""
    await meets("Post")
    return Done(value=to)


@post.probe
async def posted(key: str, *, ctx: AgentContext) -> Done | None:
    coming = BEFALLS.get().get("Post was there")
    return Done(value="on record") if coming and coming.pop(0) else None


@agent(name="Register", effect=Effect.IRREVERSIBLE, retry=RETRY, rate_limit="1 per 2 seconds")
async def register(name: str, at: int | None = None, *, ctx: AgentContext) -> Done:
    """Register somebody with one who doesn't answer often, at a time that is looked up before."""
    await meets("Register")
    return Done(value=f"{name} at {at}")


@register.prepare
async def register_when(name: str, at: int | None = None, *, ctx: AgentContext) -> dict[str, Any]:
    await meets("Register prepares")
    return {"at": at or 10}


@register.probe
async def is_registered(key: str, *, ctx: AgentContext) -> Done | None:
    await meets("Register probes")
    return Done(value="on record")


@agent(name="Login")
async def login(token: Secret, *, ctx: AgentContext) -> Found:
    """Tell a secret."""
    await meets("Login")
    return Found(value=f"logged in with {ctx.secret('TOKEN')}")


class Vault:
    def get(self, name: str) -> str:
        if name != "TOKEN":
            raise Permanent(f"there is no secret {name!r}")
        return "hush-hush"


CAST = {
    a.spec.name: a
    for a in (
        find,
        much,
        model,
        other,
        read,
        tells,
        hears,
        asks,
        replies,
        note,
        meet,
        book,
        enter,
        fetch,
        look,
        send,
        post,
        register,
        login,
    )
}
