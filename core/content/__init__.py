"""Materials: drafted by one partner, approved by another, fetched by creators, recalled when they turn out wrong.

2026-11-22: what is approved is a version's words and assets together, under one digest, so words hang on the version
and not on the material; a corrected letter is a new version and goes round again. We gave up editing in place.
Held by tests/content/.
"""
