"""Takedowns with a clock: cases, what platforms answer, deadlines, and whom to reach when they pass."""
