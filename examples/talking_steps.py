"""Steps that talk: values that they share, a request and its answer, and work that is handed over.

    python examples/talking_steps.py FOLDER

runs them in a workspace, and says how to look at what they told each other.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import sys
from pathlib import Path

from tizmor import AgentContext, Tizmor, agent
from tizmor.core.plan import Plan, Step
from tizmor.ports.vocabulary import Value

QUIET = dt.timedelta(seconds=2)
PRICES = {"grain": 1.5, "silo": 900.0}


class Price(Value, frozen=True):
    total: float


class Said(Value, frozen=True):
    summary: str


@agent(name="Offer")
async def offer(item: str, amount: int, *, ctx: AgentContext) -> Price:
    """Make an offer: ask for the price, have the sum worked out, and share it."""
    price = await ctx.messages.request("PriceList", item, float)
    sum_of = {"a": price, "b": float(amount)}
    total = await ctx.messages.hand_over("Multiply", sum_of, Price, title="The sum")
    await ctx.share("offer", {"item": item, "total": total.total}, expected_version=0)
    await ctx.messages.publish("offers", item)
    return total


@agent(name="PriceList", receives=("offers",))
async def price_list(*, ctx: AgentContext) -> Said:
    """Answer what things cost until nobody asks any more."""
    asked = []
    while (message := await ctx.messages.receive(str, timeout=QUIET)) is not None:
        asked.append(f"{message.kind} {message.payload}")
        if message.kind == "REQUEST":
            await ctx.messages.respond(message, PRICES[message.payload])
    known = await ctx.shared("offer")
    return Said(summary=f"{', '.join(asked)}; offered: {known.value if known else 'nothing'}")


@agent(name="Multiply")
async def multiply(a: float, b: float, *, ctx: AgentContext) -> Price:
    """Multiply two numbers."""
    return Price(total=a * b)


async def main(folder: Path) -> None:
    plan = Plan(
        goal="offer grain",
        steps=(
            Step(id="offer", agent="Offer", arguments={"item": "grain", "amount": 40}),
            Step(id="prices", agent="PriceList"),
        ),
    )
    async with Tizmor.open(folder, agents=[offer, price_list, multiply]) as tizmor:
        execution = await tizmor.start("offer grain", plan=plan)
        done = await tizmor.result(execution.id)
        for step in done.steps:
            print(f"{step.id} ({step.agent}): {step.state} {step.output or step.error}")
        print(tizmor.command("context", execution.id))
        print(tizmor.command("messages", execution.id))


if __name__ == "__main__":
    workspace = Path(sys.argv[1])
    workspace.mkdir(parents=True, exist_ok=True)
    asyncio.run(main(workspace))
