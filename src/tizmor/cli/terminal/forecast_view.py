"""What a plan will take, in three amounts and what they stand on."""

from __future__ import annotations

from collections.abc import Callable

from tizmor.cli.terminal.page import Page, styled
from tizmor.cli.terminal.words import Words
from tizmor.core.forecast import Forecast, Spread

Written = Callable[[float], str]


def write_forecast(told: Forecast, page: Page, words: Words) -> None:
    """Time, tokens and money with their spread; what isn't known is named."""

    def seconds(amount_ms: float) -> str:
        return words.duration.format(seconds=f"{amount_ms / 1000:.2f}")

    def tokens(amount: float) -> str:
        return words.tokens.format(count=f"{amount:,.0f}")

    parts = [
        _amount(told.time_ms, told.at_least.get("timeMs"), seconds, words),
        _amount(told.tokens, told.at_least.get("tokens"), tokens, words),
        _amount(told.cost_usd, told.at_least.get("costUsd"), "${:.4f}".format, words),
    ]
    page.write(styled((f"{words.forecast}: ", "bold"), " · ".join(parts)))
    if told.unknown:
        page.write(words.not_measured.format(names=", ".join(told.unknown)), "yellow")
    if told.few:
        counts = ", ".join(f"{agent} ({told.measurements[agent]})" for agent in told.few)
        page.write(words.few_measured.format(names=counts), "dim")


def _amount(known: Spread | None, rest: Spread | None, written: Written, words: Words) -> str:
    if known is None:
        if rest is None or not rest.p90:
            return words.unknown
        return words.at_least.format(amount=written(rest.median))
    if known.p10 == known.p90:
        return written(known.median)
    return words.spread.format(
        median=written(known.median), p10=written(known.p10), p90=written(known.p90)
    )
