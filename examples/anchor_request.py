"""Tizmor as a library: make the example workspace, run the anchor request, approve, show the end.

    python examples/anchor_request.py [FOLDER]

Without FOLDER a temporary one is used and removed again.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import sys
import tempfile
from pathlib import Path

from tizmor import Tizmor
from tizmor.workspaces.create import create_workspace

REQUEST = "תקרא מה עשינו בדצמבר בתבואות, תבין את האסטרטגיה ותקבע פגישה עם יואב"


async def run(folder: Path) -> None:
    async with Tizmor.open(folder) as tizmor:
        execution = await tizmor.start(REQUEST)
        async for event in tizmor.stream(execution.id):
            print(event.type, event.title or "", event.state or "", event.message or "")

        waiting = await tizmor.get(execution.id)
        for gate in waiting.waiting_for:
            print("asked:", gate.action, gate.time, ", ".join(gate.participants))
            print(await tizmor.approve(execution.id, gate.id))

        done = await tizmor.result(execution.id)
        print(done.status, done.result["meeting"])
        for number, point in enumerate(done.result["agenda"]["points"], 1):
            print(f"{number}. {point}")


def main() -> None:
    today = dt.datetime.now(dt.UTC).astimezone().date()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(temporary) / "tevuot"
        if not folder.exists():
            create_workspace(folder, example="tevuot", today=today)
        asyncio.run(run(folder))


if __name__ == "__main__":
    main()
