"""The live stream: what happens in all executions, told to many readers at once.

streams ───── who reads: waking them, heartbeats, cutting off those that stand still
feed ──────── the journal followed, by whoever's commits, into the log
log ───────── what was told lately, encoded once, for all readers; entries: what is in it
reading ───── one reader's way through it: a cursor, and no queue
history ───── what was before the log: of one execution, or page by page of all
teller ────── from the journal's events to entries
pieces ────── the side channel: partial results, put together while nobody was told
topics ────── what a reader wants to hear of

An event is encoded when it comes, once, whatever the number of readers. A reader is a place in the
log: whoever is slow falls behind there, then out of it, and is told the rest from the journal, or
that it has to begin anew. Nobody waits for a reader.
"""
