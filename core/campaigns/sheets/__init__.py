"""Spreadsheets of activities: opened with little to spend, read as people write them, answered cell by cell.

2026-11-22: no template. Columns are known by their headers in either language, and a row that cannot be read holds up
no other: it comes back with its cell, the reason and what may have been meant. Nothing is guessed where two things may
have been meant. We gave up formats other than XLSX and CSV. Held by tests/campaigns/test_sheets.py.
"""
