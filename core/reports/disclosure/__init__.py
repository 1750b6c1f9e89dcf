"""What of a report is hidden, so that nobody can tell a small count of people or cases, and the proof of it.

2026-11-22: a small cell alone is not worth hiding: its row's total gives it back, and so do another table, last month's
report, and what a partner knows of itself. So everything that the readers of a report hold is one system of linear
equations (`problem`). Cells are hidden until every small one could as well be 5 or more, for each reader and for each
partner who knows its own (`protect`), which is asked again by an exact attack (`audit`) and proved by other whole
numbers with which all that is shown stays the same (`witnesses`, checked without a solver). Zeros are always shown, so
that what is hidden is known not to be one. Time is a dimension like any other: cells cover spans of it, and spans of
several reports are cut where they meet.

Hiding table by table does not do: tables that share cells give each other away. Nor does rounding: totals would not add
up. We gave up hiding as few cells as possible, which takes hours to find; each small cell is covered by the cheapest
change that covers it, in a fixed order, so that the same report hides the same cells.

Not covered: partners who pool what they know, what is merely likely, what is known from elsewhere, and combinations
that no table shows (those behind a circle of tables are thought of as far as they tell cells of tables: `circles`).
Every count must add up over time (openings and closings, never how many are open).

The solver (HiGHS) is loaded by `protect` and `audit` alone, which only the worker imports.
"""

from core.reports.disclosure.held import (
    SMALL,
    Drawn,
    Held,
    Protection,
    TableName,
    Unfounded,
    Unsettled,
    Weak,
    Weakens,
    Witness,
)

__all__ = ["SMALL", "Drawn", "Held", "Protection", "TableName", "Unfounded", "Unsettled", "Weak", "Weakens", "Witness"]
