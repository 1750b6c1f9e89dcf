"""Positions: every change that anyone outside may learn of takes one, in commit order.

2026-11-22: one lock, one counter. `position > last` on a plain sequence loses rows whose transactions commit out
of order, and fencing by transaction id makes cursors that only PostgreSQL understands. We gave up parallel
writers (one writer's rate is the hub's rate) for integers that mean the same on both engines.
Held by tests/log/test_head.py and tests/signals/test_feed.py.
"""
