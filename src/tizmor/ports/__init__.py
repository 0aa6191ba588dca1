"""What the engine needs from outside, as protocols and values, and how an agent is written.

agent ───── how an agent is written; context: what it is given; talk: what steps tell each other
vocabulary ─ the typed values that agents exchange; workspace: the user's folder; secrets
planner ─── a request in, a plan out
policy ──── may this call be made, and who must agree first?
journal ─── the log, read models, ownership, the inbox; audit: who decided what
search ──── which executions are looked for
sharing ─── what all processes share: locks, quotas, budgets, breakers, cache
tokens ──── who may ask the server; answers: what it was asked before
metrics ─── what executions took, added up; logs: lines, and whose they are; traces: kept spans;
            tracing: what agents tell of their own work
clock ───── time
"""
