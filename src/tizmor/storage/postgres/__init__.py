"""The journal on PostgreSQL: `journal.open_postgres` is the way in, and nothing here is imported
where a database is a file.

errors ────── what the server's errors mean, and who must act
wire ──────── one connection, opened again when it was lost
schema ────── may this process use this database? migrate: bringing it up to date
tables ────── what PostgreSQL has beside `tizmor.storage.tables`
position ──── the order of all events, without holes that fill later
batch ─────── what a commit writes, as columns; statement: the one statement that writes them
writer ────── commits and the inbox; verdict: what an append is that can't be written
audit ─────── rows of the log of decisions; fences: who has lost what it writes under
adoption ──── taking over what no living process owns
reader ────── everything that only looks
lease ─────── who is alive, by the server's clock; process: or seen dead by its own machine
listener ──── LISTEN: how processes wake each other; shared: work on what they share
retention ─── what `gc` removes
inspection ── what `doctor` asks
journal ───── the `Journal` made of these
"""
