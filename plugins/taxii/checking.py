"""What may be kept, beyond what `meaning` holds an object to: it goes out to others byte for byte."""

from typing import Any

import msgspec

SIZE = 64 * 1024
"""Bytes of one object."""
_TEXT = 8 * 1024
"""Characters of one string: more would be a file."""
_DEPTH = 20


class _Object(msgspec.Struct):
    type: str
    created: Any = None
    modified: Any = None
    identity_class: str | None = None
    payload_bin: Any = None
    content_ref: Any = None


_decoder = msgspec.json.Decoder(_Object)


def fault(raw: bytes) -> str:
    """Why an object that `meaning` can read is not kept; empty for one that may be.

    No media, because those may be of abuse; no persons, because partners share traces and not people; nothing that
    would stop a client of the collection from reading the page that it is on.
    """
    if len(raw) > SIZE:
        return f"An object may have {SIZE} bytes."
    try:
        said = _decoder.decode(raw)
    except msgspec.MsgspecError as exc:
        return str(exc)
    if said.type in _DATED and (said.created is None or said.modified is None):
        return "created and modified are missing."
    if said.payload_bin is not None or said.content_ref is not None:
        return "Media and files are not taken: send their hashes."
    if said.type == "identity" and said.identity_class == "individual":
        return "An identity of a person is not taken."
    return _fault_of_values(raw)


_DATED = frozenset(
    {
        *("attack-pattern", "campaign", "course-of-action", "grouping", "identity", "incident", "indicator"),
        *("infrastructure", "intrusion-set", "location", "malware", "malware-analysis", "note", "observed-data"),
        *("opinion", "relationship", "report", "sighting", "threat-actor", "tool", "vulnerability"),
        *("extension-definition", "language-content"),
    }
)
"""Types of STIX 2.1 that have versions (sections 4, 5 and 7)."""


def _fault_of_values(raw: bytes) -> str:
    """Few objects are long or nested enough, or have a NUL to look for, for a look at every value."""
    suspicious = len(raw) > _TEXT or raw.count(b"{") + raw.count(b"[") > _DEPTH or b"\\u0000" in raw
    return _walked(msgspec.json.decode(raw), 1) if suspicious else ""


def _walked(value: Any, depth: int) -> str:
    if isinstance(value, str):
        if "\0" in value:
            return "No text may have a NUL in it."
        return f"A text may have {_TEXT} characters: media and files are not taken." if len(value) > _TEXT else ""
    if depth > _DEPTH:
        return f"Objects may be {_DEPTH} levels deep."
    inner = [*value, *value.values()] if isinstance(value, dict) else value if isinstance(value, list) else ()
    return next((found for one in inner if (found := _walked(one, depth + 1))), "")
