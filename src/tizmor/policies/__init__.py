"""Policies as data: what must be asked before it is done, written in Cedar."""
