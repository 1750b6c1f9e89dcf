"""A workbook in one language: a cover that says what the figures are of, then a sheet for each table.

2026-11-22: cells are written by type and never by guess, since xlsxwriter's `write` makes formulas and links of text.
There is no formula at all: a total is the document's own number, because a sum over hidden cells would contradict it.
We gave up pivot tables, whose cache carries rows that the sheet does not show. Held by tests/reports/documents/.
"""

from plugins.documents.workbook.book import render

__all__ = ["render"]
