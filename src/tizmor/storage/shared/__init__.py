"""What all processes on one database agree on: locks, quotas, budgets and the like.

Each piece of work is written once, as a generator of statements (`work`), and runs as one
transaction on SQLite, on PostgreSQL or in memory.
"""
