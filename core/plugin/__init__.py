"""Plugins: found, checked, asked, and shut away when they fail.

2026-11-22: every plugin gets a pluggy manager of its own. pluggy's call stops at the first exception of any
implementation, so the host would have to walk implementations by itself anyway; with one manager each, a misspelt
hook or a raising one cannot touch another plugin. Routes of a plugin live below a word of its own: no two can collide,
and 503 can be answered there even when the plugin could not be imported.

2026-11-22: all that a stranger's plugin does runs on a thread and event loop of its own (`lane.py`): its start, what
core waits for, its lifespan and channels, its routes with their streams (`crossing.py`), and what it parses, renders
and translates (`formats.py`), each within a budget that the caller keeps (`ward.py`). The bodies of its routes are
parsed there as well, since the framework does so inside the handler's call. What comes with the hub is reviewed: its
start, routes, kinds and formats run on the server's loop, for a change of threads costs up to 5 ms of a page of 12, and
one that holds the interpreter's lock could not be contained by a thread anyway.
Who fails five times in a minute has a pause (`breaker.py`); who holds its thread, is paused for the third time in an
hour, or holds too much memory (`memory.py`) is shut away in every process, over restarts too, until an operator lets it
out (`shared.py`, `keeper.py`). We gave up processes of their own for plugins: sessions, routes and kinds would all need
a protocol. Faults are contained, malice is not: a plugin runs with our rights, and code that nobody reviewed connects
over HTTP. Held by tests/plugin and tests/drills/test_hostile.py.
"""
