"""An answer that is given again when it is asked for in other words, and never to another question.

    python examples/asked_otherwise.py FOLDER

writes a ledger into a workspace, asks an agent what is in it, in several ways, pays one of the
bills, and asks once more. Each line says whether the agent was called.
"""

from __future__ import annotations

import asyncio
import csv
import datetime as dt
import sys
from pathlib import Path

from tizmor import AgentContext, Tizmor, agent
from tizmor.core.plan import Plan, Step
from tizmor.ports.vocabulary import Value

BILLS = [("Lotus", 1200, "paid"), ("Lotus", 800, "open"), ("Tevuot", 450, "open")]
QUESTIONS = (
    "How much do Lotus's unpaid bills come to?",
    "please, how much do the unpaid bills of Lotus come to",
    "How much do Lotus's paid bills come to?",
    "How much do Tevuot's unpaid bills come to?",
    "כמה עולות החשבוניות של לוטוס שעוד לא שולמו?",
    "תגיד לי בבקשה כמה עולות חשבוניות לוטוס שטרם שולמו",
)
UNPAID = ("unpaid", "not paid", "לא שולמו", "טרם שולמו")
NAMES = {"Lotus": ("Lotus", "לוטוס"), "Tevuot": ("Tevuot", "תבואות")}
FILE_CLOCK = dt.timedelta(seconds=2)
"""A file that was written within it may change once more unseen: what is made of it isn't kept."""


class Sum(Value, frozen=True):
    bills: int
    total: float


@agent(name="Ledger", cache_for=dt.timedelta(hours=1), semantic=("question",))
async def ledger(question: str, *, ctx: AgentContext) -> Sum:
    """Add up the bills of the ledger that a question is about."""
    place = await asyncio.to_thread(ctx.source, "ledger.csv")
    state = "open" if any(word in question for word in UNPAID) else "paid"
    asked = {who for who, names in NAMES.items() if any(name in question for name in names)}
    rows = [
        row
        for row in csv.reader((await asyncio.to_thread(place.read_text)).splitlines())
        if row[0] in asked and row[2] == state
    ]
    return Sum(bills=len(rows), total=sum(float(row[1]) for row in rows))


async def ask(tizmor: Tizmor, question: str) -> None:
    step = Step(id="ask", agent="Ledger", arguments={"question": question})
    execution = await tizmor.start(question, plan=Plan(goal=question, steps=(step,)))
    (done,) = (await tizmor.result(execution.id)).steps
    print(f"{'kept' if done.cached else 'called'}: {question} {done.output or done.error}")


async def write(folder: Path, bills: list[tuple[str, int, str]]) -> None:
    rows = [f"{who},{amount},{state}\n" for who, amount, state in bills]
    await asyncio.to_thread((folder / "ledger.csv").write_text, "".join(rows))
    await asyncio.sleep(FILE_CLOCK.total_seconds() + 0.2)


async def main(folder: Path) -> None:
    async with Tizmor.open(folder, agents=[ledger]) as tizmor:
        await write(folder, BILLS)
        for question in QUESTIONS:
            await ask(tizmor, question)
        await write(folder, [(who, amount, "paid") for who, amount, _ in BILLS])
        await ask(tizmor, QUESTIONS[1])
        (use,) = await tizmor.cache()
        print(f"{use.hits} of {use.hits + use.misses} given again, {use.alike} in other words")


if __name__ == "__main__":
    workspace = Path(sys.argv[1])
    workspace.mkdir(parents=True, exist_ok=True)
    asyncio.run(main(workspace))
