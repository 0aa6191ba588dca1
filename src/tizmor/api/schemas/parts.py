"""What goes out about one execution beside how it stands: what its steps told each other, large
values, what a dry run foresaw."""

from __future__ import annotations

from tizmor.api.schemas.replies import Reply
from tizmor.engine.views import MessageView, PlannedCall, SharedVersion, Status


class SharedPage(Reply, frozen=True):
    """Values that the steps of an execution have shared, by key and then by version."""

    items: tuple[SharedVersion, ...]
    next_cursor: str | None = None


class MessagePage(Reply, frozen=True):
    """Messages between the steps of an execution, oldest first."""

    items: tuple[MessageView, ...]
    next_cursor: str | None = None


class Blob(Reply, frozen=True):
    """A large value that is stored apart: its SHA-256, its length, and where it is had."""

    hash: str
    bytes: int
    href: str


class BlobPage(Reply, frozen=True):
    """Large values of an execution, each once, by their hashes."""

    items: tuple[Blob, ...]
    next_cursor: str | None = None


class DryRunPage(Reply, frozen=True):
    """What a dry run has foreseen, in the plan's order; all of it when `status` is COMPLETED.
    `recording` is the execution whose reads were taken."""

    status: Status
    items: tuple[PlannedCall, ...]
    recording: str | None = None
    next_cursor: str | None = None
