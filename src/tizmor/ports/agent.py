"""How an agent is written; `tizmor.ports.context` is what it is given when it runs.

    @agent(
        name="Forecast",
        effect=Effect.READ,
        phrases=("weather", "מזג אוויר"),
    )
    async def forecast(city: str, day: date, *, ctx: AgentContext) -> Forecast:
        '''Weather forecast for one city and one day.'''

Type hints are the schema: every argument but `ctx` is checked and converted before the call, and
the returned `msgspec.Struct` becomes the step's output. Built-in agents are written so, too.
"""

from __future__ import annotations

import datetime as dt
import inspect
import typing
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec

from tizmor.core import schema
from tizmor.core.agents import AgentSpec, Booking, Parameter
from tizmor.core.events import as_stored
from tizmor.core.plan import Access, Costs, Effect, Resource, RetryPolicy
from tizmor.ports.context import AgentContext
from tizmor.ports.quotas import quota

__all__ = [
    "Access",
    "Agent",
    "AgentContext",
    "Booking",
    "Costs",
    "Effect",
    "Gate",
    "Resource",
    "RetryPolicy",
    "agent",
]


class Gate(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """What a human sees before an action: in the request's language, ready to read."""

    action: str
    time: str | None = None
    participants: tuple[str, ...] = ()
    details: dict[str, str] = msgspec.field(default_factory=dict)
    warnings: tuple[str, ...] = ()


AgentFunction = Callable[..., Awaitable[Any]]


class Agent:
    """An agent: what it declares, its call, and the hooks that it offers beside it.

    Every hook takes the call's own arguments by keyword, and `ctx`:

    - `prepare` -> dict of arguments to change; read-only; runs before the gate.
    - `gate` -> `Gate`, plain function: what the human sees.
    - `foresee` -> what the call would give, as far as that is known without making it: its output,
      or a dict of those of its fields, as JSON, that are; read-only; for dry runs.
    - `probe(key, ctx)` -> the output if the call with this key happened, None if it did not, as
      far as can be seen; raises `OutcomeUnknown` when it can't tell. After None an irreversible
      call is not made again while it may still be on its way: a human is asked.
    - `compensate(result, ctx)` undoes what a call did; calling it twice does no harm. It may name
      arguments of the call, to be given them, too. When its `result` may be None, it is also called
      where nobody knows what the call gave, or even whether it happened, and goes by `ctx.key` and
      the arguments; else a human is asked.
    """

    def __init__(self, spec: AgentSpec, function: AgentFunction, output: type[Any]) -> None:
        self.function = function
        self.output_type = output
        self.prepare_function: AgentFunction | None = None
        self.gate_function: Callable[..., Gate] | None = None
        self.foresee_function: AgentFunction | None = None
        self.probe_function: AgentFunction | None = None
        self.compensate_function: AgentFunction | None = None
        self.undoes_by_key = False
        self._undone_with: frozenset[str] = frozenset()
        self._spec = spec
        self._required = tuple(p.name for p in spec.parameters if p.required)
        self.secrets = frozenset(p.name for p in spec.parameters if schema.is_secret(p.schema))
        """The arguments that are secrets, given by name."""
        self.amounts = frozenset(
            p.name for p in spec.parameters if p.name == "amount" or schema.is_amount(p.schema)
        )
        """The arguments that say what a call costs or moves."""
        self.secret_defaults = {
            name: parameter.default
            for name, parameter in inspect.signature(function).parameters.items()
            if name in self.secrets and isinstance(parameter.default, str)
        }
        """The names of those that the call takes when they aren't given."""
        self._arguments = _argument_types(function)
        self.__doc__ = spec.description

    @property
    def spec(self) -> AgentSpec:
        return msgspec.structs.replace(
            self._spec,
            prepares=self.prepare_function is not None,
            probes=self.probe_function is not None,
            compensates=self.compensate_function is not None,
            undoes_by_key=self.undoes_by_key,
        )

    @property
    def moments(self) -> frozenset[str]:
        """The arguments that are a time of a day (`datetime`)."""
        return frozenset(n for n, hint in self._arguments.items() if _is_moment(hint))

    def prepare(self, function: AgentFunction) -> AgentFunction:
        self.prepare_function = function
        return function

    def gate(self, function: Callable[..., Gate]) -> Callable[..., Gate]:
        self.gate_function = function
        return function

    def foresee(self, function: AgentFunction) -> AgentFunction:
        self.foresee_function = function
        return function

    def probe(self, function: AgentFunction) -> AgentFunction:
        self.probe_function = function
        return function

    def compensate(self, function: AgentFunction) -> AgentFunction:
        hints = typing.get_type_hints(function)
        result, *others = (n for n in inspect.signature(function).parameters if n != "ctx")
        self.undoes_by_key = type(None) in typing.get_args(hints.get(result))
        self._undone_with = frozenset(others)
        self.compensate_function = function
        return function

    def convert(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """JSON arguments as the function's own types.

        Raises `msgspec.ValidationError`, which names the argument, when one is unknown, missing
        or of a wrong type.
        """
        converted = {}
        for name, value in arguments.items():
            if name not in self._arguments:
                known = ", ".join(self._arguments) or "none"
                raise msgspec.ValidationError(f"unknown argument {name!r} (known: {known})")
            try:
                converted[name] = msgspec.convert(value, self._arguments[name], strict=True)
            except msgspec.ValidationError as error:
                raise msgspec.ValidationError(f"argument {name!r}: {error}") from error
        for name in self._required:
            if name not in converted:
                raise msgspec.ValidationError(f"argument {name!r} is missing")
        return converted

    def undone_with(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Those of a call's arguments that `compensate` takes, in its own types. Raises as
        `convert`."""
        converted = self.convert(arguments) if self._undone_with else {}
        return {name: converted[name] for name in self._undone_with if name in converted}

    def output_of(self, stored: Mapping[str, Any]) -> Any:
        """A stored output as what the function returned. Raises `msgspec.ValidationError`."""
        return msgspec.convert(stored, self.output_type, strict=False)

    def stored(self, returned: Any) -> dict[str, Any]:
        """What a call or a probe returned, as the journal will give it back.

        Raises `TypeError` when it is no object, and `ValueError` or `TypeError` when it can't be
        written down.
        """
        output = as_stored(returned)
        if not isinstance(output, dict):
            kind = type(returned).__name__
            raise TypeError(f"{self._spec.name} returned {kind}, which is no object")
        return output

    async def __call__(self, *, ctx: AgentContext, **arguments: Any) -> Any:
        return await self.function(**arguments, ctx=ctx)


def agent(
    *,
    name: str,
    effect: Effect = Effect.READ,
    critical: bool = False,
    version: str = "1",
    phrases: tuple[str, ...] = (),
    accompanies: tuple[str, ...] = (),
    capability: str = "",
    control: tuple[str, ...] = (),
    untrusted: bool = False,
    receives: tuple[str, ...] = (),
    hands_over: Effect = Effect.READ,
    resources: tuple[Resource, ...] = (),
    retry: RetryPolicy | None = None,
    timeout: dt.timedelta | None = None,
    rate_limit: str = "",
    costs: Costs | None = None,
    api: str = "",
    cache_for: dt.timedelta | None = None,
    semantic: tuple[str, ...] = (),
    books: Booking | None = None,
) -> Callable[[AgentFunction], Agent]:
    """Declare an async function to be an agent; its docstring's first line describes it.

    The keywords mean what `AgentSpec` says. Raises `TypeError` when a hint is missing or the
    output is not a `msgspec.Struct`, `ValueError` for a rate limit that can't be read, and for
    answers that can't be kept.
    """
    if rate_limit:
        quota(rate_limit)
    _refuse_cache(name, effect, cache_for, semantic, critical=critical)

    def declare(function: AgentFunction) -> Agent:
        hints = _argument_types(function)
        output = typing.get_type_hints(function).get("return")
        if not (isinstance(output, type) and issubclass(output, msgspec.Struct)):
            raise TypeError(f"{name}: the return type must be a msgspec.Struct")
        schemas, defs = msgspec.json.schema_components(
            [*hints.values(), output], ref_template="#/$defs/{name}"
        )
        if wrong := [argument for argument in semantic if hints.get(argument) is not str]:
            raise TypeError(f"{name}: {', '.join(wrong)} is no argument of type str")
        defaults = {
            p.name: p.default is not inspect.Parameter.empty
            for p in inspect.signature(function).parameters.values()
        }
        spec = AgentSpec(
            name=name,
            description=(inspect.getdoc(function) or "").split("\n\n")[0].replace("\n", " "),
            parameters=tuple(
                Parameter(name=argument, schema=schema, required=not defaults[argument])
                for argument, schema in zip(hints, schemas[:-1], strict=True)
            ),
            output=schemas[-1],
            defs=defs,
            effect=effect,
            critical=critical,
            version=version,
            phrases=phrases,
            accompanies=accompanies,
            capability=capability,
            control=control,
            untrusted=untrusted,
            receives=receives,
            hands_over=hands_over,
            resources=resources,
            retry=retry or RetryPolicy(),
            timeout_s=timeout.total_seconds() if timeout else None,
            rate_limit=rate_limit,
            costs=costs,
            api=api,
            cache_for_s=cache_for.total_seconds() if cache_for else None,
            semantic=semantic,
            books=books,
        )
        return Agent(spec, function, output)

    return declare


def _refuse_cache(
    name: str,
    effect: Effect,
    cache_for: dt.timedelta | None,
    semantic: tuple[str, ...],
    *,
    critical: bool,
) -> None:
    if cache_for is None:
        if semantic:
            raise ValueError(f"{name}: semantic says which answers are kept; say cache_for, too")
        return
    if cache_for <= dt.timedelta(0):
        raise ValueError(f"{name}: cache_for must be longer than nothing")
    if effect is not Effect.READ or critical:
        raise ValueError(f"{name}: only answers of reads that nobody is asked about can be kept")


def _is_moment(hint: Any) -> bool:
    return hint is dt.datetime or any(_is_moment(part) for part in typing.get_args(hint))


def _argument_types(function: AgentFunction) -> dict[str, Any]:
    hints = typing.get_type_hints(function, include_extras=True)
    names = [n for n in inspect.signature(function).parameters if n != "ctx"]
    missing = [n for n in names if n not in hints]
    if missing:
        raise TypeError(f"{function.__name__}: no type hint for {', '.join(missing)}")
    return {n: hints[n] for n in names}
