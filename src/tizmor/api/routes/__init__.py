"""The routes, by what they are about.

plans ─────── what would be done, before anything is
executions ── start, list, get, fork
parts ─────── of one execution: context, messages, large values, a dry run's list
control ───── pause, resume, cancel
decisions ─── approvals and questions: look at them, decide them
inboxes ───── the same over all executions
recovery ──── what to do about a step that failed
agents ────── what can be asked for, and how it does
standing ──── budgets, quotas, locks, kept answers
audit ─────── who decided what
sessions ──── browsers: a cookie for a token
workspace ─── how it is set, whether all is well, clearing away
events ────── what happens in all executions, live
recorded ──── metrics and the log, of the whole workspace
observing ─── the stream, logs, metrics; traces: what took how long
system ────── whether the server works, and what its problems mean
"""
