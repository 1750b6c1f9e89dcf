"""Communes: which code meant which unit and when, what became of the units before July 2025, and what a name means.

2026-11-22: files made by `generate` from openly licensed sources, read once into memory, rather than a table. Units
change by decree and arrive with a release, where a reviewer sees every line that moved; nothing stored refers to them
by more than a code and a day. A unit is never taken out: it gets a `valid_to`. We gave up joins on names. Held by
tests/campaigns/test_places.py and, against the sources, tests/drills/test_communes.py.
"""
