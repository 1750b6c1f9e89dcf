"""Campaigns and what is done for them, where, and for how many."""
