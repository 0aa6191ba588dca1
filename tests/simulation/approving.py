"""Who agreed to what, reckoned from the journal's gates alone, and what must hold of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec
from tests.simulation.extras import WAIVED, Extras
from tests.simulation.ways import Made, way_named

from tizmor.core import events as ev
from tizmor.core.state import State
from tizmor.core.terms import PLAIN, OnExpiry
from tizmor.ports.policy import Ask, Forbidden, Waived

QUORUM = "a gate is approved by as many as must agree, to the same arguments"
ENTITLED = "nobody decides who isn't asked, and nobody's name is taken in vain"
IN_TIME = "nobody decides a gate whose time is over, and no call goes by one"
ONCE = "an approval is used up by one call, and by no other"
RULED = "what the policy asks about is asked, and what it forbids isn't called"

PROPERTIES = (QUORUM, ENTITLED, IN_TIME, ONCE, RULED)

Events = Sequence[tuple[int, ev.AnyEvent]]
_BEFOREHAND = "--yes"


class _Need(msgspec.Struct):
    policy: str
    quorum: int
    approvers: list[str]
    escalate_ms: int | None

    def hears(self, by: str) -> bool:
        return not self.approvers or by in self.approvers


class _Gate(msgspec.Struct):
    opened: ev.GateOpened
    at_ms: int
    needs: list[_Need]
    signers: dict[str, list[str]] = {}
    key: str = ""
    state: str = "open"

    @property
    def is_plain(self) -> bool:
        return all(need.quorum == 1 and not need.approvers for need in self.needs)

    def is_over(self, at_ms: int) -> bool:
        expires_ms = (self.opened.terms or PLAIN).expires_ms
        return expires_ms is not None and at_ms >= self.at_ms + expires_ms


class Approving:
    """Looks over gates, and objects. `said` is who has given which decision on which gate."""

    def __init__(self, extras: Extras, object_: Callable[[str, str], None]) -> None:
        self.said: set[tuple[str, str, str]] = set()
        self._extras = extras
        self._object = object_

    def ruled(self, made: Made, intent: ev.StepStarted, *, strange: bool) -> bool:
        """Whether humans must have agreed to a call with an effect that is being made; `strange`:
        it was handed over after strange words, which makes it critical."""
        critical = made.way.critical or strange
        ruling = self._extras.ruling(made.way.effect, critical=critical)
        where = f"{made.ctx.execution_id}/{made.ctx.step_id}"
        if isinstance(ruling, Forbidden):
            self._object(RULED, f"{where} was called, which {ruling.by} forbids")
        if intent.waived_by and not (isinstance(ruling, Waived) and intent.waived_by == WAIVED):
            self._object(RULED, f"{where} was called unasked, by {intent.waived_by}: {ruling}")
        return isinstance(ruling, Ask)

    def judge(self, where: str, state: State, events: Events) -> None:
        gates: dict[str, _Gate] = {}
        newest: dict[str, str] = {}
        used: dict[str, ev.StepStarted] = {}
        for at_ms, event in events:
            match event:
                case ev.GateOpened():
                    gates[event.id] = _opened(event, at_ms)
                    newest[event.step] = event.id
                    self._is_as_ruled(where, state, event)
                case ev.StepStarted(approval=str(name)):
                    self._goes_by(where, gates[name], event, newest, used)
                case ev.PreconditionLost():
                    newest.pop(event.step, None)
                case ev.GateExpired() | ev.GateLapsed():
                    self._expires(where, gates[event.id], at_ms, event)
                case ev.GateEscalated():
                    self._escalates(where, gates[event.id], at_ms, event)
                case ev.GateSigned() | ev.GateApproved() | ev.GateRejected() | ev.GateDelegated():
                    self._decides(where, gates[event.id], at_ms, event)
                case _:
                    pass

    def _is_as_ruled(self, where: str, state: State, event: ev.GateOpened) -> None:
        """Whether a gate has the policy's terms. Work that was handed over after strange words may
        be asked about more strictly than its agent says."""
        step = state.steps[event.step]
        ways = [way_named(a) for a in (step.step.agent, *(o.agent for o in step.step.alternatives))]
        rulings = [self._extras.ruling(w.effect, critical=w.critical) for w in ways]
        rulings += [
            self._extras.ruling(w.effect, critical=True) for w in ways if step.parent is None
        ]
        if not any(isinstance(r, Ask) and r.terms == (event.terms or PLAIN) for r in rulings):
            self._object(RULED, f"{where}: {event.id} was opened under {event.terms}")

    def _goes_by(
        self,
        where: str,
        gate: _Gate,
        started: ev.StepStarted,
        newest: dict[str, str],
        used: dict[str, ev.StepStarted],
    ) -> None:
        name = gate.opened.id
        if gate.state == "expired":
            self._object(IN_TIME, f"{where}/{started.step} was begun by {name}, which had expired")
        elif gate.state != "approved":
            self._object(ONCE, f"{where}/{started.step} was begun by {name}, which is {gate.state}")
        if (started.step, started.key) != (gate.opened.step, gate.key):
            self._object(ONCE, f"{where}/{started.step} was begun by {name}, another call's")
        if newest.get(started.step) != name:
            self._object(ONCE, f"{where}/{started.step} was begun by {name}, asked anew since")
        before = used.setdefault(name, started)
        if before.key != started.key:
            self._object(ONCE, f"{where}: {name} was used by two calls")

    def _expires(
        self, where: str, gate: _Gate, at_ms: int, event: ev.GateExpired | ev.GateLapsed
    ) -> None:
        lapses = (gate.opened.terms or PLAIN).on_expiry is OnExpiry.ASK
        if gate.state != "open" or not gate.is_over(at_ms):
            self._object(IN_TIME, f"{where}: {event.id} expired too early, or was {gate.state}")
        if isinstance(event, ev.GateLapsed) and not lapses:
            self._object(IN_TIME, f"{where}: {event.id} is asked about anew, against its terms")
        gate.state = "expired"

    def _escalates(self, where: str, gate: _Gate, at_ms: int, event: ev.GateEscalated) -> None:
        for need in gate.needs:
            if need.policy == event.policy and need.escalate_ms is not None:
                if at_ms < gate.at_ms + need.escalate_ms:
                    self._object(ENTITLED, f"{where}: {event.id} was escalated too early")
                need.approvers += list(event.to) if need.approvers else []
                need.escalate_ms = None

    def _decides(
        self,
        where: str,
        gate: _Gate,
        at_ms: int,
        event: ev.GateSigned | ev.GateApproved | ev.GateRejected | ev.GateDelegated,
    ) -> None:
        if gate.state != "open":
            self._object(IN_TIME, f"{where}: {event} came when it was {gate.state}")
        if gate.is_over(at_ms):
            self._object(IN_TIME, f"{where}: {event} came when its time was over")
        beforehand = isinstance(event, ev.GateApproved) and (
            event.planned or event.by == _BEFOREHAND
        )
        if beforehand:
            if not gate.is_plain:
                self._object(ENTITLED, f"{where}: {event} is no word of those who are asked")
        elif not any(need.hears(event.by) for need in gate.needs):
            self._object(ENTITLED, f"{where}: {event.by} decided {event.id}")
        elif (where, event.id, event.by) not in self.said:
            self._object(ENTITLED, f"{where}: {event.by} never said so of {event.id}")
        match event:
            case ev.GateSigned():
                gate.signers.setdefault(event.key, []).append(event.by)
            case ev.GateApproved():
                self._agreed(where, gate, event)
            case ev.GateRejected():
                gate.state = "rejected"
            case ev.GateDelegated():
                for need in gate.needs:
                    need.approvers = [event.to if a == event.by else a for a in need.approvers]

    def _agreed(self, where: str, gate: _Gate, event: ev.GateApproved) -> None:
        gate.state, gate.key = "approved", event.key
        signers = {*gate.signers.get(event.key, ()), event.by}
        for need in gate.needs:
            if sum(map(need.hears, sorted(signers))) < need.quorum:
                self._object(QUORUM, f"{where}: {event.id} was approved by {sorted(signers)} only")


def _opened(event: ev.GateOpened, at_ms: int) -> _Gate:
    needs = [
        _Need(n.policy, n.quorum, list(n.approvers), n.escalate_ms)
        for n in (event.terms or PLAIN).needs
    ]
    return _Gate(event, at_ms, needs)
