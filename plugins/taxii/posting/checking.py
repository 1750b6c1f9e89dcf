"""What may be kept, beyond what `meaning` holds an object to: it goes out to others byte for byte."""

import re
from collections.abc import Sequence
from typing import Any

import msgspec

from plugins.taxii.stix.objects import Said

SIZE = 64 * 1024
"""Bytes of one object."""
_TEXT = 8 * 1024
"""Characters of one string: more would be a file."""
_DEPTH = 20
_RANDOM = re.compile(r".*--.{14}4.*", re.DOTALL)
"""Ids of STIX 2.0 are UUIDs of the version 4 (section 2.7)."""

_names = msgspec.json.Decoder(dict[str, msgspec.Raw])
_ABSENT = {b"null", b"[]", b'""'}


def fault(raw: bytes, said: Said, spec_version: str) -> str:
    """Why an object that means something is not kept; empty for one that may be.

    No media, because those may be of abuse; no persons, because partners share traces and not people; nothing without
    what STIX requires of its type, which would stop clients of the collection from reading the page that it is on.
    """
    if len(raw) > SIZE:
        return f"An object may have {SIZE} bytes."
    if missing := _missing(raw, said, _required(said.type, spec_version)):
        return f"STIX {spec_version} requires: {', '.join(missing)}."
    if spec_version == "2.0" and not _RANDOM.fullmatch(said.id):
        return "Ids of STIX 2.0 are UUIDs of version 4."
    return _unwanted(said) or _fault_of_values(raw)


def _missing(raw: bytes, said: Said, required: Sequence[str]) -> list[str]:
    missing = [name for name in required if not getattr(said, name, None)]
    if missing:
        given = _names.decode(raw)
        # Of what we do not look at, false and 0 are there as well.
        looked_at = Said.__struct_fields__
        return [name for name in missing if name in looked_at or bytes(given.get(name, b"null")) in _ABSENT]
    return missing


def _unwanted(said: Said) -> str:
    if said.payload_bin is not None or said.content_ref is not None:
        return "Media and files are not taken: send their hashes."
    is_person = said.type == "identity" and said.identity_class == "individual"
    return "An identity of a person is not taken." if is_person else ""


def _required(type: str, spec_version: str) -> Sequence[str]:
    if spec_version == "2.0":
        return _REQUIRED_BEFORE.get(type, _REQUIRED.get(type, ()))
    return _REQUIRED.get(type, ())


_DATED = ("created", "modified")
_NAMED = (*_DATED, "name")
_REQUIRED = {
    **dict.fromkeys(
        ("attack-pattern", "campaign", "course-of-action", "identity", "incident", "infrastructure"), _NAMED
    ),
    **dict.fromkeys(("intrusion-set", "threat-actor", "tool", "vulnerability"), _NAMED),
    "grouping": (*_DATED, "context", "object_refs"),
    "indicator": (*_DATED, "pattern", "pattern_type", "valid_from"),
    "location": _DATED,
    "malware": (*_DATED, "is_family"),
    "malware-analysis": (*_DATED, "product"),
    "note": (*_DATED, "content", "object_refs"),
    "observed-data": (*_DATED, "first_observed", "last_observed", "number_observed"),
    "opinion": (*_DATED, "opinion", "object_refs"),
    "report": (*_NAMED, "published", "object_refs"),
    "relationship": (*_DATED, "relationship_type", "source_ref", "target_ref"),
    "sighting": (*_DATED, "sighting_of_ref"),
    "extension-definition": (*_NAMED, "created_by_ref", "schema", "version", "extension_types"),
    "language-content": (*_DATED, "object_ref", "contents"),
    "marking-definition": ("created",),
    **dict.fromkeys(("domain-name", "email-addr", "ipv4-addr", "ipv6-addr", "mac-addr", "url"), ("value",)),
    **dict.fromkeys(("mutex", "software"), ("name",)),
    "autonomous-system": ("number",),
    "directory": ("path",),
    "email-message": ("is_multipart",),
    "network-traffic": ("protocols",),
}
"""By type, what STIX 2.1 requires in every object of it (sections 4 to 7)."""
_REQUIRED_BEFORE = {
    "identity": (*_NAMED, "identity_class"),
    "indicator": (*_DATED, "labels", "pattern", "valid_from"),
    "malware": (*_NAMED, "labels"),
    "report": (*_NAMED, "labels", "published", "object_refs"),
    "threat-actor": (*_NAMED, "labels"),
    "tool": (*_NAMED, "labels"),
}
"""Where STIX 2.0 (part 2) requires something else."""


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
