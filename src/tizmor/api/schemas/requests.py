"""The bodies of requests. A field that isn't known is refused, as it is most likely misspelt."""

from __future__ import annotations

from typing import Annotated

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationInfo,
    field_validator,
)
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from tizmor.api.schemas.bounds import Comment, Name, Object, Text
from tizmor.core.plan import Exhausted, Strategy
from tizmor.engine.request import MAX_DEADLINE, MAX_PRIORITY, MAX_REQUEST, MAX_USER

_User = Annotated[str, StringConstraints(min_length=1, max_length=MAX_USER, pattern=r"\S"), Text]
_Query = Annotated[
    str, Field(description=f"Hebrew or English, at most {MAX_REQUEST:,} characters."), Text
]
_Conflicts = Annotated[
    Strategy,
    Field(
        strict=False,
        description="What to do with steps that are at odds; the workspace's setting, if not said.",
    ),
]
_Count = Annotated[int, Field(ge=0, le=(1 << 53) - 1)]
_Amount = Annotated[float, Field(ge=0, le=1e12, allow_inf_nan=False)]
_MAX_AGE_S = 100 * 366 * 86_400


class _Body(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", strict=True)


class BudgetRequest(_Body):
    """The most that an execution may use, and what is tried, in this order, where that doesn't
    suffice; stop behind all."""

    tokens: _Count | None = None
    usd: _Amount | None = None
    time_s: _Amount | None = None
    calls: _Count | None = None
    exhausted: list[Annotated[Exhausted, Field(strict=False)]] = []


class StartRequest(_Body):
    """What is to be done, in plain words, and for whom; for the workspace's owner if not said.

    With a `plan`, as `POST /api/plan` gives it, that is done, and `query` is its goal if not said.
    With `dryRun` nothing is changed: the execution ends with the list of what would be done;
    `recording` is the execution whose reads are taken instead of reading. `approveAll` approves
    what asks, but no recipient, address, path or time that comes from what was read."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"query": "what did we do in December at Tevuot?", "userId": "demo-user"},
                {
                    "query": "set a meeting with Yoav tomorrow at 15:00",
                    "dryRun": True,
                    "deadlineS": 600,
                    "budget": {"usd": 0.5, "exhausted": ["ask"]},
                },
            ]
        }
    )

    dry_run: bool = False
    plan: Object | None = None
    recording: Name | None = None
    query: Annotated[_Query | None, Field(validate_default=True)] = None
    user_id: _User | None = None
    approve_all: bool = False
    priority: Annotated[int, Field(ge=-MAX_PRIORITY, le=MAX_PRIORITY)] = 0
    deadline_s: (
        Annotated[float, Field(gt=0, le=MAX_DEADLINE.total_seconds(), allow_inf_nan=False)] | None
    ) = None
    conflicts: _Conflicts | None = None
    budget: BudgetRequest | None = None

    @field_validator("query")
    @classmethod
    def _says_what(cls, query: str | None, info: ValidationInfo) -> str | None:
        said = (info.data.get("plan"), info.data.get("recording"))
        if query is None and said == (None, None):
            raise PydanticCustomError("missing", "Field required, where there is no plan")
        return query

    @field_validator("recording")
    @classmethod
    def _is_for_a_dry_run(cls, recording: str | None, info: ValidationInfo) -> str | None:
        if recording is not None and not info.data.get("dry_run"):
            raise PydanticCustomError("at_odds", "A recording is for a dry run: say dryRun")
        return recording

    @field_validator("approve_all")
    @classmethod
    def _is_for_a_real_run(cls, approve_all: bool, info: ValidationInfo) -> bool:
        if approve_all and info.data.get("dry_run"):
            raise PydanticCustomError("at_odds", "A dry run asks for no approval")
        return approve_all


class PlanRequest(_Body):
    """What would be planned."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"query": "what did we do in December at Tevuot?"}]}
    )

    query: _Query
    conflicts: _Conflicts | None = None


class ApprovalRequest(_Body):
    """How an approval is given: with some arguments changed, or a word on it. `seen` is the key
    that was shown, or its beginning: refused when another has changed something since."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{}, {"arguments": {"minutes": 45}, "comment": "by phone"}]}
    )

    arguments: Object | None = None
    comment: Comment | None = None
    seen: Name | None = None


class PreviewRequest(_Body):
    """Arguments that an approval might be given with."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"arguments": {"minutes": 45}}]})

    arguments: Object


class RejectionRequest(_Body):
    """Why it is rejected."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"comment": "not this week"}]})

    comment: Comment | None = None


class DelegationRequest(_Body):
    """Who decides in your place from here on."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"to": "yoav"}]})

    to: _User


class AnswerRequest(_Body):
    """An answer by its value, its number, or in free words where the question allows them;
    `arguments` are those to go on with, where the choice is to change them."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"choice": "Yoav Cohen"}]})

    choice: Annotated[str, StringConstraints(min_length=1, max_length=MAX_REQUEST), Text]
    arguments: Object | None = None


class EditRequest(_Body):
    """The arguments to try a failed step again with; those that aren't named stay."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"arguments": {"minutes": 30}}]})

    arguments: Object


class CancelRequest(_Body):
    """With `rollBack`, what was done is taken back, the last thing first."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"rollBack": True}]})

    roll_back: bool = False


class ForkRequest(_Body):
    """The step to go on from, run again with `arguments` changed; or not run again, and `output`
    taken for what it gave."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"from": "search"}]})

    from_: Annotated[Name, Field(alias="from")]
    arguments: Object | None = None
    output: Object | None = None


class ClearRequest(_Body):
    """Whose kept answers are removed; all agents' if not said."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"agent": "DriveSearch"}]})

    agent: Name | None = None


class CollectRequest(_Body):
    """What is removed: executions that ended longer ago than `olderThanS` seconds, else than the
    setting `retention_days` says; with neither, only what nothing refers to any more. It is really
    removed with `"dryRun": false` only."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"olderThanS": 2_592_000, "dryRun": True}]}
    )

    older_than_s: Annotated[float, Field(ge=0, le=_MAX_AGE_S, allow_inf_nan=False)] | None = None
    dry_run: bool = True
