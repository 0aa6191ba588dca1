"""Whether what a plan demands of earlier outputs holds. Nothing is evaluated: a test is a name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tizmor.core.graph import DanglingReference, resolved
from tizmor.core.plan import Condition, Test


def holds(condition: Condition, outputs: Mapping[str, Any]) -> bool:
    """Whether a condition holds over the outputs so far; what isn't there is null."""
    value = _value(condition.value, outputs)
    return _TESTS[condition.test](value, _value(condition.operand, outputs))


def _value(value: Any, outputs: Mapping[str, Any]) -> Any:
    try:
        return resolved(value, outputs)
    except DanglingReference:
        return None


def _is_empty(value: Any, _: Any) -> bool:
    return value is None or (isinstance(value, (str, list, tuple, dict)) and not value)


def _equals(value: Any, operand: Any) -> bool:
    # JSON's true is not its 1.
    return bool(value == operand) and isinstance(value, bool) == isinstance(operand, bool)


def _is_greater(value: Any, operand: Any) -> bool:
    if isinstance(value, str) and isinstance(operand, str):
        return value > operand
    return _is_number(value) and _is_number(operand) and bool(value > operand)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _contains(value: Any, operand: Any) -> bool:
    if isinstance(value, str):
        return isinstance(operand, str) and operand in value
    if isinstance(value, dict):
        return isinstance(operand, str) and operand in value
    return isinstance(value, (list, tuple)) and any(_equals(item, operand) for item in value)


_TESTS: dict[Test, Callable[[Any, Any], bool]] = {
    Test.EMPTY: _is_empty,
    Test.NOT_EMPTY: lambda value, operand: not _is_empty(value, operand),
    Test.EQUALS: _equals,
    Test.NOT_EQUALS: lambda value, operand: not _equals(value, operand),
    Test.GREATER: _is_greater,
    Test.LESS: lambda value, operand: _is_greater(operand, value),
    Test.CONTAINS: _contains,
}
