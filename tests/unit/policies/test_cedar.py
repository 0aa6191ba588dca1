"""Policies as data: what they say of a call, and what is wrong with one that can't be followed."""

from __future__ import annotations

import contextlib
import itertools
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tizmor.core.approval import needs_gate
from tizmor.core.errors import EngineError, WrongSetting
from tizmor.core.plan import Effect, Step
from tizmor.core.terms import PLAIN, Need, OnExpiry, Terms
from tizmor.policies.cedar import CedarPolicy, Rules
from tizmor.ports.policy import BY_DEFAULT, Ask, Asked, Forbidden, Waived

AGENTS = ("Mail", "Calendar", "WebRead")
HOUR = 3_600_000


def rules(text: str) -> Rules:
    return Rules(text, AGENTS)


def call(**more: Any) -> Asked:
    plain = {
        "user": "dana",
        "agent": "Mail",
        "effect": "irreversible",
        "critical": True,
        "workspace": "work",
    }
    return Asked(**{**plain, **more})


def asks(condition: str, annotations: str = "") -> str:
    when = f" when {{ {condition} }}" if condition else ""
    return (
        f'{annotations} forbid (principal, action == Action::"callWithoutAsking", resource){when};'
    )


def waives(condition: str) -> str:
    return (
        '@id("waiver") permit (principal, action == Action::"callWithoutAsking", resource)'
        f" when {{ {condition} }};"
    )


@pytest.mark.parametrize(("effect", "critical"), list(itertools.product(Effect, (False, True))))
def test_the_default_in_cedar_says_what_the_default_without_it_says(
    effect: Effect, critical: bool
) -> None:
    """So that nothing need be loaded where there is no policy of one's own."""
    step = Step(id="a", agent="Mail", effect=effect, critical=critical)
    ruling = rules("").rule(call(effect=effect.value, critical=critical))
    assert BY_DEFAULT.concerns(step) is needs_gate(step) is (ruling == Ask(PLAIN))
    if not needs_gate(step):
        assert ruling is None
    else:
        assert BY_DEFAULT.rule(call()) == ruling


@pytest.mark.parametrize(
    ("condition", "more"),
    [
        ('context.effect == "compensatable"', {"effect": "compensatable", "critical": False}),
        ("!context.critical", {"effect": "read", "critical": False}),
        ('resource == Agent::"Calendar"', {"agent": "Calendar", "effect": "read"}),
        ('context.workspace == "work"', {"effect": "read"}),
        ("context has amount && context.amount > 100", {"amount": 101, "effect": "read"}),
        (
            'context.recipients.contains("a@b.org")',
            {"recipients": frozenset({"a@b.org"}), "effect": "read"},
        ),
        (
            '!["example.org"].containsAll(context.domains)',
            {"domains": frozenset({"example.org", "evil.org"}), "effect": "read"},
        ),
        ('context.untrusted.contains("to")', {"untrusted": ("to",), "effect": "read"}),
        ('principal == User::"dana"', {"effect": "read"}),
    ],
)
def test_a_policy_goes_by_everything_that_is_known_of_a_call(
    condition: str, more: dict[str, Any]
) -> None:
    one = call(**{"critical": False, **more})
    other = call(
        user="yoav", agent="WebRead", effect="read", critical=True, workspace="home", amount=100
    )
    policy = rules(waives("true") + asks(condition, '@id("p")'))
    assert policy.rule(one) == Ask(Terms(needs=(Need(policy="p"),)))
    assert policy.rule(other) == Waived("waiver")


def test_who_waived_is_named() -> None:
    policy = rules(waives("context.workspace == context.workspace"))
    assert policy.rule(call()) == Waived("waiver")


def test_a_policy_without_a_name_goes_by_its_line() -> None:
    text = '\n\npermit (principal, action == Action::"callWithoutAsking", resource);'
    assert rules(text).rule(call()) == Waived("policy.cedar:3")


def test_of_many_policies_the_right_one_is_named() -> None:
    text = "".join(
        asks(f"context has amount && context.amount == {n}", f'@id("p{n}")') for n in range(25)
    )
    for number in (3, 12, 24):
        ruling = rules(text).rule(call(amount=number))
        assert ruling == Ask(Terms(needs=(Need(policy=f"p{number}"),)))


def test_no_permit_waives_what_a_stranger_has_put_into_it() -> None:
    policy = rules(waives("true"))
    assert isinstance(policy.rule(call(untrusted=("to",))), Ask)


def test_what_may_not_be_called_at_all_is_told_by_which_policy() -> None:
    text = '@id("never") forbid (principal, action == Action::"call", resource == Agent::"Mail");'
    assert rules(text).rule(call(effect="read", critical=False)) == Forbidden("never")
    assert rules(text).rule(call(agent="Calendar")) == Ask(PLAIN)


def test_the_annotations_are_the_terms() -> None:
    annotations = (
        '@id("money") @quorum("2") @approvers("dana, yoav , noa") @remind("30m")'
        ' @escalate("rina") @escalate_after("4h") @expires("1d") @on_expiry("ask")'
    )
    assert rules(asks("", annotations)).rule(call()) == Ask(
        Terms(
            needs=(
                Need(
                    policy="money",
                    quorum=2,
                    approvers=("dana", "yoav", "noa"),
                    escalate_ms=4 * HOUR,
                    escalate_to=("rina",),
                ),
            ),
            remind_ms=HOUR // 2,
            expires_ms=24 * HOUR,
            on_expiry=OnExpiry.ASK,
        )
    )


def test_what_several_policies_want_is_all_wanted_and_the_earliest_time_counts() -> None:
    text = "".join(
        asks("", annotations)
        for annotations in (
            '@id("a") @quorum("2") @expires("2d") @on_expiry("ask")',
            '@id("b") @approvers("noa") @expires("1d")',
            '@id("c")',
        )
    )
    ruling = rules(text).rule(call())
    assert isinstance(ruling, Ask)
    assert [need.policy for need in ruling.terms.needs] == ["a", "b"]
    assert (ruling.terms.expires_ms, ruling.terms.on_expiry) == (24 * HOUR, OnExpiry.REJECT)


FORBID = 'forbid (principal, action == Action::"callWithoutAsking", resource);'
PERMIT = 'permit (principal, action == Action::"callWithoutAsking", resource);'


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        (f"// fine\n{PERMIT}\n\npermit (principal,\n action, resource) whn {{ true }};", 5, "whn"),
        (f'{PERMIT}\n// "\nforbid (principal) ;', 3, ""),
        ('\npermit (principal, action, resource) when { "open ', 2, "invalid token"),
        ("permit (principal, action, resource) when {\n context.amonut > 3 };", 2, "amonut"),
        ("permit (principal, action, resource) when { context.amount > 3 };", 1, "optional"),
        ('\npermit (principal, action == Action::"cal", resource);', 2, "unrecognized action"),
        ('permit (principal, action, resource == Agent::"Mial");', 1, "did you mean `Mail`"),
        ('permit (principal, action, resource) when { resource == Agent::"Zzz" };', 1, "no agent"),
        (f'\n@quorom("2")\n{FORBID}', 2, "did you mean @quorum"),
        (f'@quorum("0") {FORBID}', 1, "not a number of people"),
        (f'@quorum("two") {FORBID}', 1, "not a number of people"),
        (f'@quorum("3") @approvers("a,b") {FORBID}', 1, "names 2"),
        (f'@approvers("a,,b") {FORBID}', 1, "not a list"),
        (f'@expires("10s") {FORBID}', 1, "not a time"),
        (f'@expires("99999w") {FORBID}', 1, "not a time"),
        (f'@on_expiry("shrug") @expires("1h") {FORBID}', 1, "neither"),
        (f'@on_expiry("ask") {FORBID}', 1, "goes with @expires"),
        (f'@escalate("a") {FORBID}', 1, "go together"),
        (f'@quorum("2") {PERMIT}', 1, "belongs to a forbid"),
        ('@quorum("2") forbid (principal, action == Action::"call", resource);', 1, "belongs to"),
        (f'@id("x") {PERMIT}\n@id("x") {FORBID}', 1, "another policy"),
        ("permit (principal == ?principal, action, resource);", 1, "template"),
    ],
)
def test_what_is_no_policy_is_refused_with_its_line(text: str, line: int, problem: str) -> None:
    with pytest.raises(WrongSetting) as refused:
        rules(text)
    assert str(refused.value).startswith(f"policy.cedar, line {line}: ")
    assert problem in str(refused.value)


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(WrongSetting):
        assert isinstance(rules(text).rule(call()), Ask)


@given(
    st.integers(0, 2**63 - 1) | st.none(),
    st.sets(st.text(alphabet=st.characters(codec="utf-8"), max_size=8), max_size=3),
    st.text(alphabet=st.characters(codec="utf-8"), max_size=20),
)
def test_nothing_in_a_call_makes_a_policy_fail(
    amount: int | None, texts: set[str], name: str
) -> None:
    policy = rules(asks("context has amount && context.amount > 100", '@id("p")'))
    ruling = policy.rule(call(amount=amount, recipients=frozenset(texts), user=name, agent=name))
    wanted = PLAIN if amount is None or amount <= 100 else Terms(needs=(Need(policy="p"),))
    assert ruling == Ask(wanted)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "policy.cedar"
    file.write_text(PERMIT, "utf-8")
    return file


def test_a_policy_that_is_changed_holds_from_the_next_call_on(file: Path) -> None:
    policy = CedarPolicy(file, AGENTS)
    assert isinstance(policy.rule(call()), Waived)
    file.write_text(asks(""), "utf-8")
    assert isinstance(policy.rule(call()), Ask)


def test_one_that_can_not_be_read_any_more_lets_nothing_be_called(file: Path) -> None:
    policy = CedarPolicy(file, AGENTS)
    file.write_text("permit (", "utf-8")
    for _ in range(2):
        with pytest.raises(EngineError, match=r"policy\.cedar, line 1: .*; mend it, and resume"):
            policy.rule(call())
    file.unlink()
    with pytest.raises(EngineError, match="No such file"):
        policy.rule(call())
    file.write_text(PERMIT, "utf-8")
    assert isinstance(policy.rule(call()), Waived)


def test_what_is_no_text_or_too_much_of_it_is_refused(file: Path) -> None:
    file.write_bytes(b"// fine\n\xff\xfe")
    with pytest.raises(WrongSetting, match="line 2: it is not UTF-8"):
        CedarPolicy(file, AGENTS)
    file.write_bytes(b" " * (256 * 1024 + 1))
    with pytest.raises(WrongSetting, match="larger than 256 KiB"):
        CedarPolicy(file, AGENTS)
    os.truncate(file, 0)
    assert CedarPolicy(file, AGENTS).rule(call()) == Ask(PLAIN)
