"""Consolidated reports: counted over one stretch of the log, frozen once, served as the files that were made then.

An order (`reports`) waits for a worker (`jobs`). In a process of its own (`process`, `making`) sections (`sections/`)
count cubes (`cube`); `disclosure/` decides what is hidden from readers who hold what `ledger` says; tables are made of
the rest. The document's hash takes a position in the log, forms of plugins make files of it (`files`), and the hub
signs a list of them (`manifest`), which `verify` reads offline. `remaking` does it all again and compares.

2026-11-22: the canonical JSON is the report and everything else is a rendering of it, so that no format can show
another total, nor what is hidden. It names the stretch of the log instead of the time of its making: the same period
frozen again over unchanged data has the same SHA-256. Held by tests/reports/.
"""
