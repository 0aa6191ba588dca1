"""The one statement that writes a commit: one round trip, one transaction.

First every execution is claimed: its row moves on to the new last event by an `UPDATE` that finds
it only under the right owner, epoch and last number (a row that another transaction holds is waited
for and looked at again). Then whatever belongs to the claimed ones is written; what belongs to the
others is left out. Who sent what is settled by it is told with it. It answers with the claimed
executions and the transaction's number.

Rows come as one array for each column. A part without rows is left out of the statement.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

from tizmor.storage.postgres.listener import CHANNEL
from tizmor.storage.postgres.position import PLACES

Rows = list[tuple[Any, ...]]


class Part(NamedTuple):
    """One of the things that a commit writes. `{rows}` in `sql` stands for its rows, whose columns
    have the names and types of `columns`."""

    sql: str
    columns: str


PARTS: Mapping[str, Part] = {
    "claimed": Part(
        "UPDATE executions AS e SET last_seq = r.last_seq, last_checksum = r.last_checksum,"
        " status = coalesce(r.status, e.status),"
        " steps_total = coalesce(r.steps_total, e.steps_total),"
        " steps_done = coalesce(r.steps_done, e.steps_done),"
        " updated_at_ms = coalesce(r.updated_at_ms, e.updated_at_ms),"
        " ended = coalesce(r.ended, e.ended),"
        " due_ms = CASE WHEN r.status IS NULL THEN e.due_ms ELSE r.due_ms END,"
        " owner = CASE WHEN r.release THEN NULL ELSE e.owner END"
        # Once more as an array, so that no plan can read more of a large table than these rows.
        " FROM {rows} WHERE e.id = ANY({first}) AND e.id = r.id AND e.owner = $1::text"
        " AND e.epoch = r.epoch AND e.last_seq = r.before_seq RETURNING e.id",
        "id bigint, epoch int, before_seq int, last_seq int, last_checksum bigint, status text,"
        " steps_total int, steps_done int, updated_at_ms bigint, ended int, due_ms bigint,"
        " release boolean",
    ),
    "created": Part(
        'INSERT INTO executions (id, query, "user", created_at_ms, priority, dry_run, last_seq,'
        " last_checksum, status, steps_total, steps_done, updated_at_ms, ended, due_ms, owner,"
        " epoch)"
        ' SELECT id, query, "user", created_at_ms, priority, dry_run, last_seq, last_checksum,'
        " status, steps_total, steps_done, updated_at_ms, ended, due_ms,"
        " CASE WHEN release THEN NULL ELSE $1::text END, 1"
        " FROM {rows} ON CONFLICT (id) DO NOTHING RETURNING id",
        'id bigint, query text, "user" text, created_at_ms bigint, priority int, dry_run int,'
        " last_seq int, last_checksum bigint, status text, steps_total int, steps_done int,"
        " updated_at_ms bigint, ended int, due_ms bigint, release boolean",
    ),
    "events": Part(
        "INSERT INTO journal (position, execution, seq, at_ms, payload, checksum)"
        " SELECT (SELECT {turn}) * {places} + place, execution,"
        " seq, at_ms, payload, checksum"
        " FROM {rows} WHERE execution IN (SELECT id FROM kept) ORDER BY place",
        "place int, execution bigint, seq int, at_ms bigint, payload bytea, checksum bigint",
    ),
    "steps": Part(
        "INSERT INTO execution_steps"
        " (execution, step, agent, status, attempt, started_at_ms, ended_at_ms, queue_ms, wait_ms,"
        " run_ms, tokens, microusd, cached)"
        " SELECT r.* FROM {rows} WHERE execution IN (SELECT id FROM kept)"
        " ON CONFLICT (execution, step) DO UPDATE SET agent = excluded.agent,"
        " status = excluded.status, attempt = excluded.attempt,"
        " started_at_ms = excluded.started_at_ms, ended_at_ms = excluded.ended_at_ms,"
        " queue_ms = excluded.queue_ms, wait_ms = excluded.wait_ms, run_ms = excluded.run_ms,"
        " tokens = excluded.tokens, microusd = excluded.microusd, cached = excluded.cached",
        "execution bigint, step text, agent text, status text, attempt int, started_at_ms bigint,"
        " ended_at_ms bigint, queue_ms bigint, wait_ms bigint, run_ms bigint, tokens bigint,"
        " microusd bigint, cached int",
    ),
    "waiting": Part(
        "INSERT INTO pending_approvals"
        " (execution, id, kind, step, state, payload, asked_at_ms, decided_at_ms)"
        " SELECT r.* FROM {rows} WHERE execution IN (SELECT id FROM kept)"
        " ON CONFLICT (execution, id) DO UPDATE SET kind = excluded.kind, step = excluded.step,"
        " state = excluded.state, payload = excluded.payload,"
        " asked_at_ms = excluded.asked_at_ms, decided_at_ms = excluded.decided_at_ms",
        "execution bigint, id text, kind text, step text, state text, payload bytea,"
        " asked_at_ms bigint, decided_at_ms bigint",
    ),
    "shared": Part(
        "INSERT INTO shared_context (execution, key, version, step, payload, untrusted, at_ms)"
        " SELECT r.* FROM {rows} WHERE execution IN (SELECT id FROM kept)"
        " ON CONFLICT (execution, key, version) DO NOTHING",
        "execution bigint, key text, version int, step text, payload bytea, untrusted int,"
        " at_ms bigint",
    ),
    "messages": Part(
        "INSERT INTO agent_messages (execution, id, kind, sender, recipient, correlation, payload,"
        " untrusted, state, reason, sent_at_ms, due_ms, ended_at_ms)"
        " SELECT r.* FROM {rows} WHERE execution IN (SELECT id FROM kept)"
        " ON CONFLICT (execution, id) DO UPDATE SET payload = excluded.payload,"
        " untrusted = excluded.untrusted, state = excluded.state, reason = excluded.reason,"
        " due_ms = excluded.due_ms, ended_at_ms = excluded.ended_at_ms",
        "execution bigint, id text, kind text, sender text, recipient text, correlation text,"
        " payload bytea, untrusted int, state text, reason text, sent_at_ms bigint, due_ms bigint,"
        " ended_at_ms bigint",
    ),
    "settled": Part(
        "UPDATE inbox AS i SET outcome = r.outcome, settled_at_ms = r.now_ms FROM {rows}"
        " WHERE i.id = ANY({first}) AND i.id = r.id AND i.execution = r.execution"
        " AND i.outcome IS NULL AND r.execution IN (SELECT id FROM kept)",
        "id bigint, execution bigint, outcome text, now_ms bigint",
    ),
    "checkpoints": Part(
        "INSERT INTO execution_checkpoints (execution, seq, payload, checksum)"
        " SELECT r.* FROM {rows} WHERE execution IN (SELECT id FROM kept)"
        " ON CONFLICT (execution) DO UPDATE SET seq = excluded.seq, payload = excluded.payload,"
        " checksum = excluded.checksum",
        "execution bigint, seq int, payload bytea, checksum bigint",
    ),
    "contents": Part(
        "INSERT INTO blobs (hash, content)"
        " SELECT hash, content FROM {rows} WHERE execution IN (SELECT id FROM kept)"
        " ORDER BY hash ON CONFLICT (hash) DO NOTHING",
        "execution bigint, hash bytea, content bytea",
    ),
    "uses": Part(
        "INSERT INTO blob_uses (execution, hash)"
        " SELECT execution, hash FROM {rows} WHERE execution IN (SELECT id FROM kept)"
        " ON CONFLICT (execution, hash) DO NOTHING",
        "execution bigint, hash bytea",
    ),
}

_TURN = "pg_current_xact_id()::text::bigint + $2::bigint"
_CLAIMS = ("claimed", "created")
_OWNER_AND_ORIGIN = 2


def statement(rows: Mapping[str, Rows]) -> tuple[str, list[Sequence[Any]]]:
    """The SQL for these parts' rows, and its arguments behind `$1`, the owner, and `$2`, the
    origin. It gives rows (id, turn): `turn` is the first half of the positions.
    """
    names = tuple(name for name in PARTS if rows.get(name))
    return _sql(names), [column for name in names for column in zip(*rows[name], strict=True)]


@cache
def _sql(names: tuple[str, ...]) -> str:
    number = _OWNER_AND_ORIGIN
    written = []
    for name in names:
        sql, columns = PARTS[name]
        fields = [field.strip().rsplit(" ", 1) for field in columns.split(",")]
        arrays = ", ".join(
            f"${number + place}::{kind}[]" for place, (_, kind) in enumerate(fields, 1)
        )
        number += len(fields)
        unnested = f"unnest({arrays}) AS r({', '.join(field for field, _ in fields)})"
        first = arrays.partition(",")[0]
        written.append((name, sql.format(rows=unnested, first=first, places=PLACES, turn=_TURN)))
    claims = [f"{name} AS ({sql})" for name, sql in written if name in _CLAIMS]
    kept = " UNION ALL ".join(f"SELECT id FROM {name}" for name in names if name in _CLAIMS)
    rest = [f"{name} AS ({sql})" for name, sql in written if name not in _CLAIMS]
    # Once for the statement, when it is kept.
    tell = f", (SELECT pg_notify('{CHANNEL}', ''))" if "settled" in names else ""
    return (
        f"WITH {', '.join([*claims, f'kept AS ({kept})', *rest])}"
        f" SELECT id, {_TURN} AS turn{tell} FROM kept"
    )
