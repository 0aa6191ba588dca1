"""What calls use, as they themselves report it, and what must hold of the budgets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from tests.simulation.ways import Made

from tizmor.core.ids import parse_id
from tizmor.drivers.simulated.journal import SimulatedDatabase
from tizmor.ports.budgets import Budgeting

WITHIN = "no more is used and reserved than a budget allows"
EXACT = "what was used is spent, and no more unless its process was lost"
SETTLED = "nothing is reserved for what has ended"

PROPERTIES = (WITHIN, EXACT, SETTLED)

_ACCOUNTS = "SELECT name, tokens, calls, reserved_tokens, reserved_calls FROM budgets"
_RESERVED = "SELECT execution, step, owner FROM budget_reservations WHERE state = 1"
_MEASURES = ("tokens", "calls")

Account = tuple[str, str]
"""Its name, and which of the measures."""


class Spending:
    """Adds up what calls use, and objects."""

    def __init__(
        self,
        database: SimulatedDatabase,
        budgets: Budgeting,
        object_: Callable[[str, str], None],
    ) -> None:
        self.is_exact = True
        """Whether no process was lost so far: one takes with it what it has reserved. So does one
        that doesn't know whether it was reserved: what may have been used counts."""
        self._database = database
        self._budgets = budgets
        self._object = object_
        self._used: Counter[Account] = Counter()
        self._raised: Counter[tuple[str, int]] = Counter()

    def begins(self, made: Made) -> None:
        """A call is being made; that costs a call."""
        execution = parse_id(made.ctx.execution_id) or 0
        for scope in ("execution", "step"):
            if f"{scope}.calls" in self._budgets.limits:
                self._add(scope, execution, made.ctx.step_id, "calls", 1)

    def ends(self, made: Made) -> None:
        return

    def lose(self, process: str) -> None:
        self.is_exact = False

    def reported(self, made: Made, tokens: int) -> None:
        """A call has used so many tokens."""
        self._add("workspace", parse_id(made.ctx.execution_id) or 0, "", "tokens", tokens)

    def look(self) -> None:
        """See whether the budgets hold just now."""
        for name, *row in self._rows(_ACCOUNTS):
            for place, measure in enumerate(_MEASURES):
                self._compare(name, measure, row[place], row[2 + place])

    def judge(self) -> None:
        """All have come to their ends, or wait for someone; the processes haven't ended yet."""
        self.look()
        for execution, step, owner in self._rows(_RESERVED):
            stored = self._database.executions.get(execution)
            if stored is not None and stored.row.ended and owner in self._database.living:
                self._object(SETTLED, f"{owner} has reserved something for {execution}/{step}")
        is_exact = self.is_exact and not self._database.unheard
        for name, *row in self._rows(_ACCOUNTS):
            for place, measure in enumerate(_MEASURES):
                used = self._used[name, measure]
                bounded = f"{name.partition(':')[0]}.{measure}" in self._budgets.limits
                if bounded and is_exact and not row[2 + place] and row[place] != used:
                    self._object(EXACT, f"{name}: {row[place]} {measure} spent, {used} used")

    def _compare(self, name: str, measure: str, spent: int, reserved: int) -> None:
        scope, _, of = name.partition(":")
        if f"{scope}.{measure}" not in self._budgets.limits:
            return
        used = self._used[name, measure]
        if used > spent + reserved:
            self._object(EXACT, f"{name}: {used} {measure} used, {spent} spent, {reserved} kept")
        limit = self._allowed(f"{scope}.{measure}", of)
        if spent + reserved > limit or used > limit:
            self._object(
                WITHIN, f"{name}: {spent} {measure} and {reserved}, {used} used, of {limit}"
            )

    def raised(self, execution_id: str, asked: str, value: str) -> None:
        """A human has said by how much to raise a budget for an execution, if at all. What they
        say twice, or what is lost before it is written down, is no more than is counted here."""
        verb, _, more = value.partition(":")
        for name in self._budgets.limits if verb == "raise" else ():
            if f"({name})" in asked:
                self._raised[name, parse_id(execution_id) or 0] += int(more)

    def _allowed(self, budget: str, of: str) -> int:
        """What a budget allows, for one execution or for all of them."""
        number, _, _ = of.partition("/")
        raised = (
            more
            for (name, execution), more in self._raised.items()
            if name == budget and number in ("", str(execution))
        )
        return self._budgets.limits[budget] + sum(raised)

    def _add(self, scope: str, execution: int, step: str, measure: str, amount: int) -> None:
        name = {
            "workspace": "workspace",
            "execution": f"execution:{execution}",
            "step": f"step:{execution}/{step.partition('.')[0]}",
        }[scope]
        self._used[name, measure] += amount

    def _rows(self, statement: str) -> list[tuple[str, ...]]:
        return self._database.tables.connection.execute(statement).fetchall()
