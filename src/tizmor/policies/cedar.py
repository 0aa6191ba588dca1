"""Policies in Cedar (https://www.cedarpolicy.com), evaluated by its own engine.

A call is made when `Action::"call"` is allowed, and nobody is asked when
`Action::"callWithoutAsking"` is. The workspace's file stands beside `default.cedar`: together they
are one policy set, in which a `permit` waives what would be asked, and a `forbid`, the stronger of
the two, has it asked about, under the terms that its annotations say. All is checked against
`schema.cedarschema` when it is read, so that no policy fails when it is evaluated.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import cedarpy

from tizmor.core.errors import EngineError, WrongSetting
from tizmor.core.plan import Effect, Step
from tizmor.policies.annotations import Rule, rule_of, together
from tizmor.policies.text import Written, line_of, policies
from tizmor.ports.policy import Ask, Asked, Forbidden, Ruling, Waived

FILE = "policy.cedar"
_LIMIT = 256 * 1024
_REMEMBERED = 1_000
_HERE = Path(__file__).parent
_DEFAULT = (_HERE / "default.cedar").read_text("utf-8")
_SCHEMA = cedarpy.Schema.from_str((_HERE / "schema.cedarschema").read_text("utf-8"))
_NO_ENTITIES = cedarpy.Entities.from_json_str("[]")
_CALL, _UNASKED = ({"type": "Action", "id": name} for name in ("call", "callWithoutAsking"))
_NOBODY = "no policy permits it"


class _Stamp(NamedTuple):
    """What tells one version of a file from another without reading it."""

    changed_ns: int
    size: int
    number: int


class CedarPolicy:
    """The policy of one workspace's file. One that is changed holds from the next call on.

    It may name no other agents than `agents`: a wrong name would be a rule that never holds. Raises
    `OSError` when the file can't be read, `WrongSetting`, with the line and what is wrong there,
    when it is no policy; if it comes to be none later, `rule` raises `EngineError`.
    """

    def __init__(self, file: Path, agents: Collection[str]) -> None:
        self._file = file
        self._agents = agents
        self._stamp, self._rules = _loaded(file, agents)

    def concerns(self, step: Step) -> bool:
        return True

    def rule(self, asked: Asked) -> Ruling | None:
        try:
            if _stamp(self._file) != self._stamp:
                self._stamp, self._rules = _loaded(self._file, self._agents)
        except (OSError, WrongSetting) as error:
            problem = getattr(error, "strerror", None) or error
            raise EngineError(
                f"{self._file.name} can't be followed now: {problem}; mend it, and resume"
            ) from error
        return self._rules.rule(asked)


class Rules:
    """Policies that were read, and what they said lately. `text` is a workspace's own; raises
    `WrongSetting` as `CedarPolicy` does, with `name` as the file's."""

    def __init__(self, text: str, agents: Collection[str], name: str = FILE) -> None:
        own = list(policies(text))
        _refuse_wrong(own, agents, name)
        self._set = cedarpy.PolicySet.from_str(f"{_DEFAULT}\n{text}")
        whole = [(written, "default") for written in policies(_DEFAULT)]
        whole += [(written, name) for written in own]
        self._rules: dict[str, Rule] = {}
        for number, (written, file) in enumerate(whole):
            self._rules[f"policy{number}"] = _rule(written, file)
        _refuse_twins(own, [rule.need.policy for rule in self._rules.values()], name)
        self._said: dict[Asked, Ruling | None] = {}

    def rule(self, asked: Asked) -> Ruling | None:
        if asked not in self._said:
            if len(self._said) >= _REMEMBERED:
                self._said.clear()
            self._said[asked] = self._evaluated(asked)
        return self._said[asked]

    def _evaluated(self, asked: Asked) -> Ruling | None:
        requests = [_request(asked, action) for action in (_CALL, _UNASKED)]
        call, unasked = cedarpy.is_authorized_batch(requests, self._set, _NO_ENTITIES)
        for answer in (call, unasked):
            if answer.diagnostics.errors or answer.decision is cedarpy.Decision.NoDecision:
                problems = "; ".join(answer.diagnostics.errors)
                raise EngineError(f"{FILE} says nothing of {asked.agent}: {problems}")
        if not call.allowed:
            return Forbidden(self._named(call.diagnostics.reasons) or _NOBODY)
        if not unasked.allowed:
            reasons = self._in_order(unasked.diagnostics.reasons)
            return Ask(together(self._rules[reason] for reason in reasons))
        if asked.critical or asked.effect == Effect.IRREVERSIBLE:
            return Waived(self._named(unasked.diagnostics.reasons))
        return None

    def _named(self, reasons: Iterable[str]) -> str:
        return ", ".join(self._rules[reason].need.policy for reason in self._in_order(reasons))

    def _in_order(self, reasons: Iterable[str]) -> Sequence[str]:
        given = set(reasons)
        return [reason for reason in self._rules if reason in given]


def _loaded(file: Path, agents: Collection[str]) -> tuple[_Stamp, Rules]:
    stamp = _stamp(file)
    with file.open("rb") as opened:
        content = opened.read(_LIMIT + 1)
    if len(content) > _LIMIT:
        raise WrongSetting(f"{file.name} is larger than {_LIMIT // 1024} KiB")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise WrongSetting(f"{file.name}, line {line}: it is not UTF-8") from error
    return stamp, Rules(text, agents, file.name)


def _stamp(file: Path) -> _Stamp:
    status = file.stat()
    return _Stamp(status.st_mtime_ns, status.st_size, status.st_ino)


def _refuse_wrong(own: Sequence[Written], agents: Collection[str], name: str) -> None:
    for written in own:
        try:
            parsed = cedarpy.PolicySet.from_str(written.text)
        except ValueError as error:
            raise _wrong(written, name, str(error)) from error
        if len(parsed) != 1 and not parsed.templates():
            raise _wrong(written, name, "it is not one policy that ends with a semicolon")
        if parsed.templates():
            raise _wrong(written, name, "it is a template (?principal, ?resource), not a policy")
        problems = cedarpy.validate_policies(written.text, _SCHEMA).errors
        if problems:
            raise _wrong(written, name, problems[0].error.removeprefix("for policy `policy0`, "))
        for agent in _agents_in(json.loads(cedarpy.policies_to_json_str(written.text))):
            if agent not in agents:
                near = difflib.get_close_matches(agent, agents, n=1)
                hint = f"did you mean `{near[0]}`?" if near else "`tizmor agents` names them"
                raise _wrong(written, name, f"there is no agent `{agent}`; {hint}")


def _agents_in(parsed: Any) -> Iterator[str]:
    """The agents that policies in JSON name."""
    if isinstance(parsed, list):
        for part in parsed:
            yield from _agents_in(part)
    elif isinstance(parsed, dict):
        if parsed.get("type") == "Agent" and isinstance(parsed.get("id"), str):
            yield parsed["id"]
        for part in parsed.values():
            yield from _agents_in(part)


def _wrong(written: Written, name: str, problem: str) -> WrongSetting:
    return WrongSetting(f"{name}, line {line_of(written, problem)}: {problem}")


def _rule(written: Written, file: str) -> Rule:
    """What a policy wants; it is named by its @id, or by where it stands."""
    parsed: Mapping[str, Any] = json.loads(cedarpy.policies_to_json_str(written.text))
    policy = next(iter(parsed["staticPolicies"].values()))
    noted = {key: value or "" for key, value in policy.get("annotations", {}).items()}
    name = noted.get("id") or f"{file}:{written.line}"
    asks = policy["effect"] == "forbid" and policy["action"] != {"op": "==", "entity": _CALL}
    try:
        return rule_of(name, noted, asks=asks)
    except ValueError as problem:
        raise _wrong(written, file, str(problem)) from problem


def _refuse_twins(own: Sequence[Written], names: Sequence[str], file: str) -> None:
    """Who decided what is told by names."""
    for written, name in zip(own, names[len(names) - len(own) :], strict=True):
        if names.count(name) > 1:
            raise _wrong(written, file, f"there is another policy with the @id {name!r}")


def _request(asked: Asked, action: Mapping[str, str]) -> dict[str, Any]:
    context: dict[str, Any] = {
        "effect": asked.effect,
        "critical": asked.critical,
        "workspace": asked.workspace,
        "recipients": sorted(asked.recipients),
        "domains": sorted(asked.domains),
        "untrusted": list(asked.untrusted),
    }
    if asked.amount is not None:
        context["amount"] = asked.amount
    return {
        "principal": {"type": "User", "id": asked.user},
        "action": action,
        "resource": {"type": "Agent", "id": asked.agent},
        "context": context,
    }
