"""An agent that changes something outside, killed in the middle of its call, and taken back.

    python examples/killed_booking.py

Rooms are booked at a service, which here is a folder. A process is killed (SIGKILL) when the
service has booked and its answer is still on the way. This process resumes: the agent's `probe`
finds the booking, so it isn't made twice. The next step fails for good, so everything is rolled
back: the agent's `compensate` releases the room. What the service was asked is printed at the end.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tizmor import AgentContext, Effect, Permanent, Tizmor, agent
from tizmor.core.plan import OnFailure, Plan, Step
from tizmor.ports.secrets import Secret
from tizmor.ports.vocabulary import Value

DOOR_CODE = "blue-fox-4711"
ANSWER_TAKES_S = 30.0


class Rooms:
    """The service: it counts every call, and books once for each key."""

    def __init__(self, folder: Path, code: str) -> None:
        if code != DOOR_CODE:
            raise Permanent("the service knows no such code")
        self._folder = folder
        self._folder.mkdir(exist_ok=True)

    def book(self, key: str, room: str) -> None:
        (self._folder / key).write_text(room, "utf-8")
        self._note(f"book {room}")

    def find(self, key: str) -> str | None:
        self._note("find")
        booking = self._folder / key
        return booking.read_text("utf-8") if booking.exists() else None

    def release(self, key: str) -> None:
        self._note("release")
        (self._folder / key).unlink(missing_ok=True)

    def _note(self, call: str) -> None:
        with (self._folder / "calls.log").open("a", encoding="utf-8") as log:
            log.write(f"{call}\n")


class Booking(Value, frozen=True):
    room: str
    reference: str


@agent(
    name="BookRoom",
    effect=Effect.COMPENSATABLE,
    capability="book a room",
    phrases=("book a room", "להזמין חדר"),
)
async def book_room(room: str, code: Secret, *, ctx: AgentContext) -> Booking:
    """Book a meeting room."""
    rooms = Rooms(ctx.workspace.root / "rooms", code)
    await asyncio.to_thread(rooms.book, ctx.key, room)
    await asyncio.sleep(ANSWER_TAKES_S)
    return Booking(room=room, reference=ctx.key)


@book_room.probe
async def _probe(key: str, *, ctx: AgentContext) -> Booking | None:
    rooms = Rooms(ctx.workspace.root / "rooms", ctx.secret("ROOMS"))
    room = await asyncio.to_thread(rooms.find, key)
    return Booking(room=room, reference=key) if room else None


@book_room.compensate
async def _compensate(result: Booking, *, ctx: AgentContext) -> None:
    rooms = Rooms(ctx.workspace.root / "rooms", ctx.secret("ROOMS"))
    await asyncio.to_thread(rooms.release, result.reference)


@agent(name="OrderLunch", effect=Effect.IDEMPOTENT)
async def order_lunch(room: str, *, ctx: AgentContext) -> Booking:
    """Order lunch into a room; today the kitchen is closed."""
    raise Permanent("the kitchen is closed")


PLAN = Plan(
    goal="Lunch for eight in the blue room",
    steps=(
        Step(
            id="room",
            agent="BookRoom",
            title="Book the blue room",
            arguments={"room": "blue", "code": "secret:ROOMS"},
        ),
        Step(
            id="lunch",
            agent="OrderLunch",
            title="Order lunch",
            arguments={"room": {"$ref": "/room/room"}},
            on_failure=OnFailure.ROLL_BACK,
        ),
    ),
)


async def start(workspace: Path) -> None:
    """What the process does that is killed."""
    async with Tizmor.open(workspace, agents=[book_room, order_lunch]) as tizmor:
        execution = await tizmor.start(PLAN.goal, plan=PLAN)
        print(f"started {execution.id}", flush=True)
        await tizmor.result(execution.id)


async def resume(workspace: Path) -> None:
    async with Tizmor.open(workspace, agents=[book_room, order_lunch]) as tizmor:
        (execution,) = await tizmor.interrupted()
        print(f"found {execution.execution_id} interrupted")
        await tizmor.resume(execution.execution_id)
        async for event in tizmor.stream(execution.execution_id):
            if event.type == "step":
                print(f"  {event.title}: {event.state}")
        done = await tizmor.result(execution.execution_id)
        print(f"{done.status}: {done.error}; {'; '.join(done.result['warnings'])}")


def kill_in_flight(workspace: Path) -> None:
    """Start a process, and kill it when the service has booked and not yet answered."""
    process = subprocess.Popen([sys.executable, __file__, str(workspace)])  # noqa: S603 - this file
    while not (workspace / "rooms" / "calls.log").exists():
        if process.poll() is not None:
            raise SystemExit("the process ended before it booked")
        time.sleep(0.05)
    process.kill()
    process.wait()
    print("killed it while it waited for the service's answer")


def keep_secret(workspace: Path) -> None:
    """As a user would: a file that only they can read."""
    secrets = workspace / ".tizmor" / "secrets"
    secrets.mkdir(parents=True)
    with open(os.open(secrets / "ROOMS", os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
        file.write(f"{DOOR_CODE}\n")


def main() -> None:
    if len(sys.argv) > 1:
        asyncio.run(start(Path(sys.argv[1])))
        return
    with tempfile.TemporaryDirectory() as temporary:
        workspace = Path(temporary)
        keep_secret(workspace)
        kill_in_flight(workspace)
        asyncio.run(resume(workspace))
        calls = (workspace / "rooms" / "calls.log").read_text("utf-8").split("\n")
        print("the service was asked:", ", then ".join(filter(None, calls)))
        journal = b"".join(f.read_bytes() for f in (workspace / ".tizmor").glob("tizmor.db*"))
        print("the journal holds the secret's name:", b"secret:ROOMS" in journal)
        print("the journal holds the secret:", DOOR_CODE.encode() in journal)


if __name__ == "__main__":
    main()
