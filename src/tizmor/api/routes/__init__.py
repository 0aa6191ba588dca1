"""The routes, by what they are about.

executions ── start, list, get, fork
control ───── pause, resume, cancel
decisions ─── approvals and questions: look at them, decide them
observing ─── the stream, logs, metrics
events ────── what happens in all executions, live
system ────── whether the server works, and what its problems mean
"""
