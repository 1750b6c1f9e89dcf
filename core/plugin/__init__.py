"""Plugins: found, checked, asked, and shut away when they fail.

2026-11-22: every plugin gets a pluggy manager of its own. pluggy's call stops at the first exception of any
implementation, so the host would have to walk implementations by itself anyway; with one manager each, a misspelt
hook or a raising one cannot touch another plugin. Routes of a plugin live below `/<its name>`: no two can collide,
and 503 can be answered there even when the plugin could not be imported.
What core waits for, a plugin's lifespan and its channels run on a thread and event loop of the plugin's own
(`lane.py`); its route handlers still run on the server's loop, so a handler that blocks is not contained yet. Faults
are contained, malice is not: a plugin runs with our rights, and code that nobody reviewed connects over HTTP.
Held by tests/plugin.
"""
