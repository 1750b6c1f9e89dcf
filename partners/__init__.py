"""Whom the hub speaks with. A partner is a row; one whose payloads are its own has a module here, too.

The formats of named partners are sketches of ours in their published words, until they are agreed with them.
"""
