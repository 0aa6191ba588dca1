"""What an agent raised, as a verdict: only what says that nothing happened is a failure."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from tests.unit.pipeline.calls import Inner, agent_that, call_of, nothing

from tizmor.core.errors import (
    AgentError,
    JournalDamaged,
    NeedsAnswer,
    OutcomeUnknown,
    Permanent,
    PreconditionFailed,
    StorageFailed,
    Transient,
)
from tizmor.core.plan import Choice, Effect, Question
from tizmor.pipeline.classify import Classify, bounded
from tizmor.pipeline.verdicts import (
    Completed,
    Failed,
    NeedsInput,
    Stale,
    Unknown,
    Verdict,
    Withdrawn,
)

EFFECTS = [Effect.IDEMPOTENT, Effect.COMPENSATABLE, Effect.IRREVERSIBLE]
KINDS = list(Effect)


async def verdict_on(
    outcome: Verdict | BaseException, effect: Effect = Effect.READ, *, begun: bool = True
) -> Verdict:
    call = call_of(agent_that(nothing, effect))
    call.begun = begun
    return await Classify()(call, Inner(outcome))


async def test_a_result_passes_as_it_is() -> None:
    assert await verdict_on(Completed({"x": 1})) == Completed({"x": 1})


@pytest.mark.parametrize("effect", KINDS)
async def test_what_an_agent_says_of_its_own_call_is_believed(effect: Effect) -> None:
    assert await verdict_on(Transient("busy", retry_after_s=3.0), effect) == Failed(
        "busy", retryable=True, retry_after_s=3.0
    )
    assert await verdict_on(Permanent("no"), effect) == Failed("no", retryable=False)
    assert await verdict_on(PreconditionFailed("gone"), effect) == Stale("gone")
    lost = Unknown("lost", may_still_run=True)
    assert await verdict_on(OutcomeUnknown("lost"), effect) == lost
    assert await verdict_on(AgentError("hm"), effect) == Unknown("hm", may_still_run=True)


@pytest.mark.parametrize("effect", KINDS)
async def test_a_question_passes_with_its_choices(effect: Effect) -> None:
    asked = NeedsAnswer("Who?", question_id="who", choices=[("d", "Dana")], free_text=False)
    assert await verdict_on(asked, effect) == NeedsInput(
        Question(id="who", text="Who?", choices=(Choice(value="d", label="Dana"),), free_text=False)
    )


@pytest.mark.parametrize(
    ("error", "retryable"),
    [
        (TimeoutError("late"), True),
        (ConnectionResetError("gone"), True),
        (ValueError("bug"), False),
        (FileNotFoundError("no file"), False),
        (KeyError("x"), False),
    ],
)
async def test_an_unforeseen_error_of_a_read_is_a_failure(
    error: Exception, retryable: bool
) -> None:
    verdict = await verdict_on(error)
    assert isinstance(verdict, Failed)
    assert verdict.retryable is retryable
    assert verdict.error.startswith(f"{type(error).__name__}: ")


@pytest.mark.parametrize("effect", EFFECTS)
@pytest.mark.parametrize("error", [TimeoutError(), ConnectionResetError(), ValueError("bug")])
async def test_an_unforeseen_error_of_an_effect_leaves_its_outcome_unknown(
    error: Exception, effect: Effect
) -> None:
    """And what was sent may still be on its way: a probe that finds nothing has not seen all."""
    verdict = await verdict_on(error, effect)
    assert isinstance(verdict, Unknown)
    assert verdict.may_still_run


@pytest.mark.parametrize("effect", EFFECTS)
async def test_a_call_that_was_never_begun_did_nothing_whatever_it_raised(effect: Effect) -> None:
    assert isinstance(await verdict_on(ValueError("bug"), effect, begun=False), Failed)
    cut_off = asyncio.CancelledError()
    assert await verdict_on(cut_off, effect, begun=False) == Withdrawn()


@pytest.mark.parametrize("effect", KINDS)
@pytest.mark.parametrize("error", [StorageFailed(), JournalDamaged()])
async def test_an_error_of_the_engine_is_never_the_steps(error: Exception, effect: Effect) -> None:
    with pytest.raises(type(error)):
        await verdict_on(error, effect)


@pytest.mark.parametrize("effect", KINDS)
async def test_a_call_that_is_cut_off_is_withdrawn_or_unknown(effect: Effect) -> None:
    call = call_of(agent_that(nothing, effect))
    call.begun = True
    reached = asyncio.Event()

    async def hang(_: object) -> Verdict:
        reached.set()
        await asyncio.Event().wait()
        raise AssertionError

    running = asyncio.create_task(Classify()(call, hang))
    await reached.wait()
    running.cancel()
    wanted = Withdrawn if effect is Effect.READ else Unknown
    assert isinstance(await running, wanted)


async def test_a_read_that_cancels_itself_has_failed_and_is_not_waited_for() -> None:
    """Nobody asked for it to stop: were it withdrawn, nothing would ever start it again."""
    assert isinstance(await verdict_on(asyncio.CancelledError()), Failed)


async def test_an_error_without_words_has_the_name_of_its_type() -> None:
    class Silent(AgentError):
        """What it says when it says nothing."""

    silent = Unknown("What it says when it says nothing.", may_still_run=True)
    assert await verdict_on(Silent()) == silent
    assert await verdict_on(ValueError()) == Failed("ValueError", retryable=False)


@pytest.mark.parametrize("text", ["x" * 100_000, "\udcff" * 10_000])
def test_an_error_is_bounded_and_can_be_written_down(text: str) -> None:
    assert 0 < len(bounded(Permanent(text)).encode()) <= 2_000


async def test_a_questions_parts_are_text_whatever_the_agent_gave() -> None:
    asked = NeedsAnswer(
        7,  # type: ignore[arg-type]
        question_id=1,  # type: ignore[arg-type]
        choices=((1, "A"), (2, None)),  # type: ignore[arg-type]
        free_text=0,  # type: ignore[arg-type]
    )
    assert await verdict_on(asked) == NeedsInput(
        Question(
            id="1",
            text="7",
            choices=(Choice(value="1", label="A"), Choice(value="2", label="None")),
            free_text=False,
        )
    )


@pytest.mark.parametrize("choices", [(1, 2), ("a",), [("a", "b", "c")]])
@pytest.mark.parametrize("effect", KINDS)
async def test_a_question_that_cannot_be_read_fails_its_step_and_not_the_engine(
    choices: Any, effect: Effect
) -> None:
    asked = NeedsAnswer("Which?", question_id="q", choices=choices)
    verdict = await verdict_on(asked, effect)
    assert isinstance(verdict, Failed)
    assert ("choices" in verdict.error, verdict.retryable) == (True, False)


async def test_a_delay_that_is_no_number_is_none() -> None:
    late = Transient("busy", retry_after_s="soon")  # type: ignore[arg-type]
    assert await verdict_on(late) == Failed("busy", retryable=True)
