"""The bodies of requests. A field that isn't known is refused, as it is most likely misspelt."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from pydantic.alias_generators import to_camel

from tizmor.engine.request import MAX_REQUEST, MAX_USER

MAX_COMMENT = 2_000
"""Characters of what is kept with a decision."""
MAX_NAME = 200
"""Characters of a step's id, or a key."""

_Name = Annotated[str, StringConstraints(min_length=1, max_length=MAX_NAME)]
_Comment = Annotated[str, StringConstraints(max_length=MAX_COMMENT)]
_User = Annotated[str, StringConstraints(min_length=1, max_length=MAX_USER, pattern=r"\S")]


class _Body(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", strict=True)


class StartRequest(_Body):
    """What is to be done, in plain words, and for whom; for the workspace's owner if not said."""

    query: Annotated[
        str, Field(description=f"Hebrew or English, at most {MAX_REQUEST:,} characters.")
    ]
    user_id: _User | None = None


class ApprovalRequest(_Body):
    """How an approval is given: with some arguments changed, or a word on it. `seen` is the key
    that was shown, or its beginning: refused when another has changed something since."""

    arguments: dict[str, Any] | None = None
    comment: _Comment | None = None
    seen: _Name | None = None


class RejectionRequest(_Body):
    """Why it is rejected."""

    comment: _Comment | None = None


class AnswerRequest(_Body):
    """An answer by its value, its number, or in free words where the question allows them;
    `arguments` are those to go on with, where the choice is to change them."""

    choice: Annotated[str, StringConstraints(min_length=1, max_length=MAX_REQUEST)]
    arguments: dict[str, Any] | None = None


class CancelRequest(_Body):
    """With `rollBack`, what was done is taken back, the last thing first."""

    roll_back: bool = False


class ForkRequest(_Body):
    """The step to go on from, run again with `arguments` changed; or not run again, and `output`
    taken for what it gave."""

    from_: Annotated[_Name, Field(alias="from")]
    arguments: dict[str, Any] | None = None
    output: dict[str, Any] | None = None
