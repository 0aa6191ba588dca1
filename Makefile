# The verbs; each does its own set-up. What a verb does stands in scripts/VERB.

.PHONY: help run test check format lock

help:
	@echo "make run     the anchor request, on a copy of the example workspace"
	@echo "make test    the checks and all tests"
	@echo "make check   format, lint, types, structure, dependencies"
	@echo "make format  put the code into its form"
	@echo "make lock    resolve the dependencies anew (UPGRADE=1: to their newest)"

run test check format lock:
	@scripts/$@
