"""The journal on SQLite and in memory: `open_sqlite` and `MemoryDatabase` are the ways in.

connection ── how the file is opened, what its errors mean
wal ───────── a log that a crash left: torn or damaged?
schema ────── its version: fresh (create), migrate (Alembic), tables (the truth about both);
              migrations/ the history
blobs ─────── large values, apart from the rows
chain ─────── the checksums that tie an execution's rows together
batch ─────── what a commit writes, as rows; statements: how they are written
writer ────── commits, adoption, the inbox: one thread, one connection
audit ─────── rows of the log of decisions; usage: who has the database open
fences ────── who has lost what it writes under; shared/ what all processes agree on
presence ──── are the files still where they were?
verdict ───── what an append is that can't be written; retry: was it written before?
reader ────── everything that only looks: another thread, another connection
search ────── which executions are looked for
retention ─── what `gc` removes; tally: what has ended took (in memory: memory_tally)
inspection ── what `doctor` asks
owners ────── who is alive: locked files; wakes: how they wake each other; ears: who wants to be
              told of every commit
turn ──────── how one that writes all the time lets another write in between
sqlite ────── the `Journal` made of these; empty, memory (its rows in memory_rows): the two others;
              postgres/ the one on a server
"""
