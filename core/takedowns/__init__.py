"""Takedowns with a clock: cases and their answers, emergencies, appeals, referrals, preservation."""
