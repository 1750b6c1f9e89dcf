"""Consolidated reports: drawn up in one snapshot, frozen once, served as the bytes that were frozen.

2026-11-22: the canonical JSON is the report and everything else is a rendering of it, so that no format can show
another total. It names the position of the log instead of the time of its making: the same period frozen again over
unchanged data has the same SHA-256. Held by tests/reports/.
"""
