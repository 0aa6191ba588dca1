"""The command line.

main ──────── the verbs, loaded one at a time, and what every failure looks like
commands/ ─── one file per verb
library ───── what the command line asks of the engine, and how it is opened
follow ────── an execution from its first event to its end, for run, resume, approve, …
decide ────── an order to an execution, and what follows it
prose, edits ─ what is read: requests, plan files, `path=value`
json_lines ── the machine's view; terminal/ the human's
"""
