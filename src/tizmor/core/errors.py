"""Every error that Tizmor raises, named by who must act.

TizmorError
├── UserError                 the caller must change what they gave (exit code 2)
│   ├── RequestRefused        an empty or too long request
│   ├── UnknownExecution      no such execution, approval or question
│   ├── AmbiguousChoice       several are open and none was named
│   ├── OrderRefused          an order that doesn't go with how the execution stands
│   ├── InvalidEdit           arguments edited at a gate do not fit the agent
│   ├── WrongSetting          a setting with a wrong value
│   └── WorkspaceUnusable     missing, unwritable, or of a newer version
├── PlanRefused               the plan's maker must mend it; carries the problems
├── AgentError                raised by an agent about its own call
│   ├── Transient             known not to have happened; may be tried again
│   ├── Permanent             known not to have happened; trying again is of no use
│   ├── OutcomeUnknown        it may have happened
│   ├── PreconditionFailed    what was prepared no longer holds; prepare again
│   └── NeedsAnswer           a human must answer a question first
├── TalkError                 the agent that shares or sends must look: it was not taken
│   ├── Conflict              another version is the newest by now
│   └── Undelivered           a message that nobody answers any more
└── EngineError               the operator must act
    ├── OwnershipLost         another process owns the execution now
    ├── JournalDamaged        a stored row is not what was written
    └── StorageFailed         the database or the disk refused
"""

from __future__ import annotations

from collections.abc import Sequence


class TizmorError(Exception):
    """Something went wrong in Tizmor."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or (type(self).__doc__ or "").splitlines()[0])


class UserError(TizmorError):
    """What was given can't be used."""


class RequestRefused(UserError):
    """The request is empty or too long."""


class UnknownExecution(UserError):
    """There is no such execution."""


class AmbiguousChoice(UserError):
    """Several are open: name one."""

    def __init__(self, message: str | None = None, *, options: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.options = tuple(options)


class OrderRefused(UserError):
    """The execution doesn't stand so that this could be done."""


class InvalidEdit(UserError):
    """The edited arguments do not fit the agent."""


class WrongSetting(UserError):
    """A setting has a wrong value."""


class WorkspaceUnusable(UserError):
    """The workspace can't be used."""


class PlanRefused(TizmorError):
    """The plan has problems and was not run."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("the plan has problems: " + "; ".join(problems))
        self.problems = tuple(problems)


class AgentError(TizmorError):
    """An agent says something about its own call."""


class Transient(AgentError):
    """The call did not happen and may be tried again.

    `retry_after_s` is what the outside asked for, in seconds; it goes before the policy's backoff.
    """

    def __init__(self, message: str | None = None, *, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class Permanent(AgentError):
    """The call did not happen, and trying it again is of no use."""


class OutcomeUnknown(AgentError):
    """The call may or may not have happened. `retry_after_s` as in `Transient`."""

    def __init__(self, message: str | None = None, *, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class PreconditionFailed(AgentError):
    """What was prepared no longer holds; it must be prepared again."""


class NeedsAnswer(AgentError):
    """A human must answer a question before the call can go on.

    `question_id` names the question within the step; the answer comes back as
    `ctx.answers[question_id]` when the step runs again. `choices` are (value, label) pairs.
    """

    def __init__(
        self,
        text: str,
        *,
        question_id: str,
        choices: Sequence[tuple[str, str]] = (),
        free_text: bool = True,
    ) -> None:
        super().__init__(text)
        self.text = text
        self.question_id = question_id
        self.choices = tuple(choices)
        self.free_text = free_text


class TalkError(TizmorError):
    """It could not be shared or sent."""


class Conflict(TalkError):
    """Another version is the newest by now; it is `newest`, 0 where there is none."""

    def __init__(self, message: str | None = None, *, newest: int = 0) -> None:
        super().__init__(message)
        self.newest = newest


class Undelivered(TalkError):
    """Nobody answers this message; the error says why."""


class EngineError(TizmorError):
    """The engine can't go on."""


class OwnershipLost(EngineError):
    """Another process owns this execution now."""


class JournalDamaged(EngineError):
    """A stored row is not what was written."""


class StorageFailed(EngineError):
    """The database or the disk refused to store."""
