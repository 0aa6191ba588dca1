"""The order of the middlewares is stated once and checked at start."""

from __future__ import annotations

import itertools

import pytest

from tizmor.pipeline.approve import Approve
from tizmor.pipeline.classify import Classify
from tizmor.pipeline.compose import compose
from tizmor.pipeline.invoke import invoke
from tizmor.pipeline.order import ORDER, REQUIRED, check_order
from tizmor.pipeline.trace import Trace


def test_the_whole_order_is_right_and_so_is_every_part_that_has_what_is_required() -> None:
    check_order(ORDER)
    optional = [name for name in ORDER if name not in REQUIRED]
    for left_out in itertools.combinations(optional, 2):
        check_order([name for name in ORDER if name not in left_out])


@pytest.mark.parametrize(("one", "other"), list(itertools.pairwise(ORDER)))
def test_two_neighbours_the_wrong_way_round_are_refused(one: str, other: str) -> None:
    names = [other if n == one else one if n == other else n for n in ORDER]
    with pytest.raises(ValueError, match="wrong order"):
        check_order(names)


@pytest.mark.parametrize("name", sorted(REQUIRED))
def test_a_pipeline_without_what_is_required_is_refused_by_name(name: str) -> None:
    with pytest.raises(ValueError, match=f"lacks {name}"):
        check_order([n for n in ORDER if n != name])


def test_a_middleware_nobody_knows_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="unknown middlewares: magic"):
        check_order([*ORDER, "magic"])


def test_a_middleware_may_stand_there_once() -> None:
    with pytest.raises(ValueError, match="wrong order"):
        check_order(["approve", "classify", "classify", "invoke"])


def test_composing_checks_the_order() -> None:
    with pytest.raises(ValueError, match="wrong order"):
        compose([Classify(), Approve()], invoke)
    with pytest.raises(ValueError, match="lacks approve"):
        compose([Trace(), Classify()], invoke)
