"""What happens in all executions, live."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Header, Query
from starlette.responses import Response

from tizmor.api.dependencies import Serving, ServingDependency
from tizmor.api.openapi import gives_events
from tizmor.api.problems import INVALID, TOO_MANY, Refused
from tizmor.api.sse import EventStream
from tizmor.streaming.reading import Reading
from tizmor.streaming.topics import UnknownTopic, parse

router = APIRouter(tags=["observing"])
_MOST = (1 << 63) - 1
"""No position in a journal is higher."""
LastEventId = Annotated[
    int,
    Header(
        ge=0,
        le=_MOST,
        description="The id of the last event that was received; the stream goes on behind it.",
    ),
]


@router.get("/api/events", responses=gives_events(), response_class=EventStream)
async def events(
    serving: ServingDependency,
    topics: Annotated[
        str,
        Query(
            max_length=4_000,
            description="What to hear of, parted by commas: `executions` (new ones, and whatever "
            "changes in a list of them), `approvals`, `questions`, `steps`, `logs`, `partials`, "
            "`figures`, and `execution:ID`, all that the stream of one execution says.",
        ),
    ] = "executions,approvals,questions",
    last_event_id: LastEventId = 0,
) -> Response:
    """What happens in all executions, live, from now on or behind `Last-Event-ID`, with nothing
    lost or repeated. It begins with `ready`, whose id is where the journal stands: what is asked
    for behind it is as new. After `resync` some was left out: ask anew for what is shown."""
    refuse_too_many(serving)
    try:
        wanted = parse(topics)
    except UnknownTopic as error:
        raise Refused(INVALID, f"topics: {error}") from error
    streams = serving.streams

    async def opened(cut: Callable[[], None]) -> Reading:
        ahead = last_event_id and await streams.is_ahead(last_event_id)
        after = None if ahead or not last_event_id else last_event_id
        reading = await streams.read(wanted, after, cut=cut)
        reading.left_out = bool(ahead)
        return reading

    return EventStream(streams, opened, greets=True)


def refuse_too_many(serving: Serving) -> None:
    """Raises `Refused` when no more streams can be open at the same time."""
    if serving.streams.are_full:
        raise Refused(TOO_MANY, "as many streams as there may be are open: close some")
