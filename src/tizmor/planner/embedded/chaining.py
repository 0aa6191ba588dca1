"""Typed backward chaining: from the agents that are asked for to the steps that feed them.

An argument takes what the clause says of its type. One that must have a value and has none in
the words is made by another agent, one whose output has a field of that type, and so on back
(backward chaining over types, as in McDermott's and in Russell and Norvig's planners). Steps that
would be the same call are one step.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import msgspec

from tizmor.core.agents import AgentSpec, Parameter
from tizmor.core.plan import REF, Effect, Step
from tizmor.core.schema import BY_NAME, fields, is_secret, type_name
from tizmor.planner.embedded.slots import Slots
from tizmor.planner.embedded.wording import Wording

_DEEPEST = 6


class MissingArgument(Exception):
    """Neither the words nor any agent give an argument."""

    def __init__(self, spec: AgentSpec, parameter: Parameter, kind: str) -> None:
        super().__init__(f"{spec.name} needs {parameter.name} ({kind})")
        self.spec, self.parameter, self.kind = spec, parameter, kind


class Chain:
    """The steps of one plan as they are added, and the outputs that they make."""

    def __init__(self, specs: Sequence[AgentSpec], excluded: frozenset[str], words: Wording):
        self._specs = [s for s in specs if s.name not in excluded]
        self._words = words
        self.steps: list[Step] = []
        self._made_by: dict[str, AgentSpec] = {}

    def add(self, spec: AgentSpec, slots: Slots) -> Step:
        """The step that calls `spec`, added after all that it needs, or the same one as before.

        Raises `MissingArgument`; the steps are then as they were.
        """
        before = len(self.steps)
        try:
            return self._add(spec, slots, ())
        except MissingArgument:
            for step in self.steps[before:]:
                del self._made_by[step.id]
            del self.steps[before:]
            raise

    def accompany(self, spec: AgentSpec, slots: Slots) -> Step | None:
        """Add `spec` if steps that are already there, and the words, give all that it must have."""
        for parameter in spec.parameters:
            kind = type_name(parameter.schema)
            given = slots.value(kind) is not None or self._source(kind) is not None
            if parameter.required and not given:
                return None
        return self._add(spec, slots, ())

    def planned(self) -> frozenset[str]:
        """Names of the agents that have a step."""
        return frozenset(s.agent for s in self.steps)

    def _add(self, spec: AgentSpec, slots: Slots, asked: tuple[str, ...]) -> Step:
        arguments = self._arguments(spec, slots, (*asked, spec.name))
        same = next(
            (s for s in self.steps if s.agent == spec.name and s.arguments == arguments), None
        )
        if same is not None:
            return same
        step = _step(spec, self._free_id(spec.name), arguments, self._words.step(spec, slots))
        self.steps.append(step)
        self._made_by[step.id] = spec
        return step

    def _arguments(self, spec: AgentSpec, slots: Slots, asked: tuple[str, ...]) -> dict[str, Any]:
        arguments: dict[str, Any] = {}
        for parameter in spec.parameters:
            value = self._argument(spec, parameter, slots, asked)
            if value is not None:
                arguments[parameter.name] = value
        return arguments

    def _argument(
        self, spec: AgentSpec, parameter: Parameter, slots: Slots, asked: tuple[str, ...]
    ) -> Any:
        kind = type_name(parameter.schema)
        if is_secret(parameter.schema):
            return _secret(spec, parameter, kind, slots)
        said = slots.value(kind)
        if said is None:
            said = slots.named.get(parameter.name)
        if said is not None:
            return said
        if parameter.required:
            is_named = kind.removesuffix("[]") in spec.defs
            plain = self._plain(parameter, kind, slots)
            made = self._produce(kind, slots, asked) if is_named else plain
            if made is None:
                raise MissingArgument(spec, parameter, kind)
            return made
        if slots.files and any(type_name(p.schema) in _FILES for p in spec.parameters):
            return None
        if kind.removesuffix("[]") in spec.defs and self._carries_more(spec, kind, slots, asked):
            return self._produce(kind, slots, asked)
        return None

    def _plain(self, parameter: Parameter, kind: str, slots: Slots) -> str | None:
        """A required text without a name of its own: what was answered, or the clause's topic."""
        if kind != "string":
            return None
        return slots.extra.get(parameter.name) or (slots.topics[0] if slots.topics else None)

    def _produce(self, kind: str, slots: Slots, asked: tuple[str, ...]) -> dict[str, str] | None:
        """A reference to an output of type `kind`, made by a step that is there or is added."""
        missing: MissingArgument | None = None
        for spec in self._producers(kind, asked, slots):
            try:
                step = self._add(spec, slots, asked)
            except MissingArgument as error:
                missing = missing or error
                continue
            return _reference(step.id, spec, kind)
        if missing is not None:
            raise missing
        return None

    def _producers(self, kind: str, asked: tuple[str, ...], slots: Slots) -> list[AgentSpec]:
        """Agents that make `kind` without effect: who opens files only where files are named, and
        then before others; of the rest those that need least first."""
        if len(asked) > _DEEPEST:
            return []
        able = [
            s
            for s in self._specs
            if s.effect is Effect.READ and s.name not in asked and _field(s, kind)
        ]
        opens = {s.name for s in able if any(type_name(p.schema) in _FILES for p in s.parameters)}
        named = bool(slots.files)

        def rank(spec: AgentSpec) -> tuple[bool, int, str]:
            needed = sum(p.required for p in spec.parameters)
            return (spec.name in opens) is not named, needed, spec.name

        return sorted((s for s in able if named or s.name not in opens), key=rank)

    def _carries_more(
        self, spec: AgentSpec, kind: str, slots: Slots, asked: tuple[str, ...]
    ) -> bool:
        """Whether the maker of an optional input takes something said that `spec` itself can't:
        the people of "when are Dana and I free" reach Availability as contacts."""
        own = {type_name(p.schema) for p in spec.parameters}
        said = {k for k in _CARRIED if k not in own and slots.value(k) is not None}
        return any(
            type_name(p.schema) in said
            for producer in self._producers(kind, asked, slots)
            for p in producer.parameters
        )

    def _source(self, kind: str) -> dict[str, str] | None:
        for step in reversed(self.steps):
            if _field(self._made_by[step.id], kind):
                return _reference(step.id, self._made_by[step.id], kind)
        return None

    def _free_id(self, agent: str) -> str:
        base = step_id(agent)
        taken = {s.id for s in self.steps}
        numbered = (f"{base}_{n}" for n in range(2, len(taken) + 3))
        return base if base not in taken else next(i for i in numbered if i not in taken)


_FILES = ("FileName", "FileName[]")
_CARRIED = ("Topic[]", "PersonName[]", "FileName[]", "Period")


def step_id(agent: str) -> str:
    """WeeklyStatus as weekly_status."""
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[^A-Za-z0-9]+", "_", agent).strip("_").lower()
    return snake if snake[:1].isalpha() else f"step_{snake}"


def _secret(spec: AgentSpec, parameter: Parameter, kind: str, slots: Slots) -> str | None:
    """The name of a secret as it was answered: no word of a request is one."""
    answer = slots.extra.get(parameter.name, "")
    if re.fullmatch(BY_NAME, answer):
        return answer
    if parameter.required:
        raise MissingArgument(spec, parameter, kind)
    return None


def _field(spec: AgentSpec, kind: str) -> str | None:
    made = fields(spec.output, spec.defs).items()
    return next((name for name, schema in made if type_name(schema) == kind), None)


def _reference(step: str, spec: AgentSpec, kind: str) -> dict[str, str]:
    return {REF: f"/{step}/{_field(spec, kind)}"}


def _step(spec: AgentSpec, identifier: str, arguments: dict[str, Any], title: str) -> Step:
    declared = {
        name: getattr(spec, name)
        for name in Step.__struct_fields__
        if name in AgentSpec.__struct_fields__
    }
    return msgspec.convert(
        {"id": identifier, "agent": spec.name, "title": title, "arguments": arguments}
        | msgspec.to_builtins(declared)
        | {"timeoutS": spec.timeout_s},
        Step,
    )
