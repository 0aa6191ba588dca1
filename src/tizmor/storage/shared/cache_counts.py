"""How often kept answers served: a row for each agent and process, with what it counted so far."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from tizmor.ports.cache import CacheUse, Use
from tizmor.storage.shared.work import AreDead, Moment, Statement, Work

_WRITE = (
    "INSERT INTO cache_counts (agent, owner, hits, alike, misses, verified, false_hits)"
    " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (agent, owner) DO UPDATE"
    " SET hits = excluded.hits, alike = excluded.alike, misses = excluded.misses,"
    " verified = excluded.verified, false_hits = excluded.false_hits"
)
_OTHERS = "SELECT DISTINCT owner FROM cache_counts WHERE owner <> '' AND owner <> ?"
_INHERIT = (
    "INSERT INTO cache_counts (agent, owner, hits, alike, misses, verified, false_hits)"
    " SELECT agent, '', hits, alike, misses, verified, false_hits FROM cache_counts"
    " WHERE owner = ? ON CONFLICT (agent, owner) DO UPDATE"
    " SET hits = cache_counts.hits + excluded.hits,"
    " alike = cache_counts.alike + excluded.alike,"
    " misses = cache_counts.misses + excluded.misses,"
    " verified = cache_counts.verified + excluded.verified,"
    " false_hits = cache_counts.false_hits + excluded.false_hits"
)
_FORGET = "DELETE FROM cache_counts WHERE owner = ?"
_COUNTED = (
    "SELECT agent, CAST(sum(hits) AS BIGINT), CAST(sum(alike) AS BIGINT),"
    " CAST(sum(misses) AS BIGINT), CAST(sum(verified) AS BIGINT),"
    " CAST(sum(false_hits) AS BIGINT) FROM cache_counts GROUP BY agent"
)
_KEPT = "SELECT agent, count(*), CAST(sum(size) AS BIGINT) FROM cache_entries GROUP BY agent"
_CLEAR_ALL = ("DELETE FROM cache_entries", "DELETE FROM cache_counts")
_CLEAR = (
    "DELETE FROM cache_entries WHERE agent = ?",
    "DELETE FROM cache_counts WHERE agent = ?",
)


def note(moment: Moment, counts: Mapping[str, Counter[Use]]) -> Work[None]:
    """Write what this process has counted, and add up what the dead have."""
    for agent, counted in counts.items():
        yield Statement(_WRITE, (agent, moment.me, *(counted[use] for use in Use)))
    others = tuple(row[0] for row in (yield Statement(_OTHERS, (moment.me,))))
    for row in (yield AreDead(others)) if others else ():
        yield Statement(_INHERIT, row)
        yield Statement(_FORGET, row)


def uses(moment: Moment) -> Work[Sequence[CacheUse]]:
    """What is kept and was counted, by agent."""
    kept = {agent: (entries, size) for agent, entries, size in (yield Statement(_KEPT))}
    counted = {agent: numbers for agent, *numbers in (yield Statement(_COUNTED))}
    none = [0] * len(Use)
    return [
        CacheUse(
            agent=agent,
            entries=kept.get(agent, (0, 0))[0],
            bytes=kept.get(agent, (0, 0))[1],
            **dict(zip((use.value for use in Use), counted.get(agent, none), strict=True)),
        )
        for agent in sorted({*kept, *counted})
    ]


def clear(moment: Moment, agent: str | None) -> Work[None]:
    if agent is None:
        for statement in _CLEAR_ALL:
            yield Statement(statement)
    else:
        for statement in _CLEAR:
            yield Statement(statement, (agent,))
