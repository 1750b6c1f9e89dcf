"""Signals and the claims that partners stand by. Tables and rules as in the claim log of the design:

2026-11-22: positions live on claims whose audience never changes, so a change that a reader may not see never
moves anything in that reader's feed. We gave up one row a signal (a reader's signal is computed from the claims
it may see). Held by tests/signals/test_model.py.
"""
