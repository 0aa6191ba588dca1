# The verbs; each does its own set-up. What a verb does stands in scripts/VERB.

.PHONY: help run serve test check format bench crash simulate load stream soak fuzz lock

help:
	@echo "make run     the anchor request, on a copy of the example workspace"
	@echo "make serve   the HTTP API on the same copy, at http://localhost:3000 (PORT=3000)"
	@echo "make test    the checks and all tests"
	@echo "make check   format, lint, types, structure, dependencies, the API's document"
	@echo "make format  put the code into its form"
	@echo "make bench   CPU and time per step beside the naive way (WORKLOAD=five-step-64: one of them)"
	@echo "make crash   kill real processes at random, compare the journal with the outside (BARRIER=off)"
	@echo "make simulate  the engine on virtual time through seeds of faults (SEEDS=20000 START=0)"
	@echo "make load    many executions over four processes on one PostgreSQL, two of them killed (SABOTAGE=lock)"
	@echo "make stream  a thousand readers of the live stream, some cut off, the server killed: 0 lost"
	@echo "make soak    a server under ten times everyday load: does anything grow? (MINUTES=20)"
	@echo "make fuzz    ask a real server whatever its document allows, and what it doesn't (EXAMPLES=100 SEED=1)"
	@echo "make lock    resolve the dependencies anew (UPGRADE=1: to their newest)"

run serve test check format bench crash simulate load stream soak fuzz lock:
	@scripts/$@
