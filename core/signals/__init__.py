"""Signals and the claims that partners stand by: what was said, by whom, to whom, and how far it may be believed.

2026-11-22, claims: positions live on claims whose audience never changes, so a change that a reader may not see never
moves anything in that reader's feed. We gave up one row a signal (a reader's signal is computed from the claims
it may see). Held by tests/signals/test_model.py.

2026-11-22, one log: positions are integers without gaps, given in commit order under one lock (`core.log`). A bare
sequence gives them out of that order, and a reader that asks for what comes after the last one misses rows whose
transactions were late: 1,409 of 3,200 in a trial. Fences by transaction id make cursors that only PostgreSQL
understands. So one writer's rate is the hub's rate: of 46 ms that a batch of 1,000 took on SQLite the lock was held for
some 35. Reading and normalising (11 ms) already lie outside, so more processes on PostgreSQL add that much and no more.

What would lift the one head is a lane a kind: a row of `log_head` for each, `tick` with its lane, a cursor that is a
vector of positions, one for each lane. Digests are kept by (audience, kind) as it is, and a signal never leaves its
kind, so feeds, tombstones and checks stay as they are within a lane; what is lost is one order over everything, which
events and reports would have to take from a lane of their own. Not before the lock is the limit: see `make bench`.
"""
