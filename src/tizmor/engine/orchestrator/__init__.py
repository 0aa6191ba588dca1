"""Executions from outside: start, get, list, stream, result, control.

Whatever is answered here was read from the journal or waited for it: nothing is shown that isn't
on disk. An execution is run by at most one process; every other one sends orders and follows
(`tizmor.engine.ownership`).

executions ─ what the others go by
starting ─── start, plan, forecast, dry_run, carry_out, fork
watching ─── get, list, logs, trace, stream, result, replay, context, messages
surveying ── pending, agent_views, tool_views, decisions, verify_audit, blobs
recorded ─── log_lines, follow_log, series, totals, in_progress, lines
steering ─── resume, approve, reject, delegate, answer, recover, pause, cancel
"""

from __future__ import annotations

from tizmor.engine.orchestrator.recorded import Recorded
from tizmor.engine.orchestrator.starting import Starting
from tizmor.engine.orchestrator.steering import Steering
from tizmor.engine.orchestrator.surveying import Surveying


class Orchestrator(Starting, Recorded, Steering, Surveying):
    """The executions of one workspace, for one process."""
