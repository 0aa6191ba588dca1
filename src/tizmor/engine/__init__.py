"""The engine: what the core decides, done, journaled and shown.

orchestrator ─ executions from outside: start, get, list, stream, control
request, beginning, planning ─ from a request to an execution with a plan
rehearsal, foreseen ─ dry runs, and carrying out what one showed; forecasting
pump ──────── the only loop: facts in, events journaled, commands performed
commit, projections ─ group commit, and the read models in it; urgency: which events it is for
quiet ─────── beginnings without a word; limits: how much at a time; failures: why not any more
live, residence ─ an execution in memory, or resting on disk; waking, parting; timers
history, tail, replay ─ the journal folded: whole, as it grows, and held against what is stored
ownership ─── who runs an execution; orders: what humans say; deciding, edits: on what is open
dispatch ──── each command to whom it is for; workers, calls: carried out, so many at a time
perform ───── a call through the pipeline; judged: what became of it, as a fact; hooks; patience
context, voice, findings, partials ─ what a running call is given and says
talking, messages, handing ─ steps that talk to each other
holds ─────── steps that wait for what others use
present, views, step_views, overviews ─ from state and events to what users see; correspondence,
                 listing, shared, bounds, health, audit, auditing
following, wanted ─ who follows an execution, here or from another process
"""
