"""The core: a function from what is so and what happened to what follows. Nothing here reads a
clock, a file or chance; it needs the standard library and msgspec.

plan, plan_schema ─ what is to be done; graph: references are the edges; conditions on outputs
agents, schema ──── what agents declare, and which types fit where; ids, canonical: names and keys
check ───────────── a plan before it runs; completion: with what its agents declare
conflicts, resources, bookings ─ steps at odds; settlement: settled before anything runs
facts ───────────── what the outside tells: the only way in
decider, decisions/ what follows, a file for each matter; commands: what is to be done then
events/ ─────────── what happened: all that is ever written; evolve, folds/: from it to state
state ───────────── one execution; transitions: a step's life as a table; checkpoint: as bytes
approval, terms ─── what must be asked, and whose agreement counts
origins, taint ──── where arguments come from, and what strangers said
talk ────────────── what steps tell each other; budgets: how much may be used
recovery ────────── when a failed call is tried again; fork: going on from the middle
foresight ───────── dry runs go on without what isn't known; forecast: what a plan will take
result, absent ──── what an execution delivers; fields that outputs leave out
remembered ──────── worked out once for as long as a plan lives; errors: by who must act
"""
