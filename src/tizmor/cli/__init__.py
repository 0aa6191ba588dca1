"""The command line.

main ──────── the verbs, loaded one at a time, and what every failure looks like
commands/ ─── one file per verb
options ───── what verbs share that is said; program: how a line to paste begins
library ───── what the command line asks of the engine, and how it is opened
follow ────── an execution from its first event to its end, for run, resume, approve, …; beside
holders ───── which executions have what its held steps wait for
decide ────── an order to an execution, and what follows it
ends, exits ── what a verb ends with, by how the execution stands
listing ────── what verbs share that list things
prose, edits, plan_file ─ what is read: requests, `path=value`, plans
shown_log ──── the log on standard error, while a server runs
json_lines ── the machine's view; terminal/ the human's; controls: nothing steers a terminal
"""
