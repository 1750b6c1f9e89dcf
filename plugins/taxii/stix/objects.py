"""The properties of an object that the hub looks at, whatever its type; others are kept and not read."""

import re
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from core.sdk import Refused, Time, field_error

ID = re.compile(
    r"([a-z][a-z0-9-]{2,249})--[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", re.ASCII
)
"""Of an object (STIX 2.1 §2.9)."""

_Ref = Annotated[str, Meta(pattern=rf"^{ID.pattern}\Z")]


class _Reference(msgspec.Struct):
    source_name: str


class _Phase(msgspec.Struct):
    kill_chain_name: str
    phase_name: str


# A post has thousands of these, and none is ever in a cycle: the garbage collector need not look at them.
class Said(msgspec.Struct, gc=False):
    """An object as it came; what it lacks is as good as empty."""

    type: str
    id: str
    spec_version: Literal["2.0", "2.1"] | None = None
    created: Time | None = None
    modified: Time | None = None
    revoked: bool = False
    labels: tuple[str, ...] = ()
    confidence: Annotated[int, Meta(ge=0, le=100)] | None = None
    extensions: dict[str, Any] = {}
    pattern: str = ""
    pattern_type: str = ""
    valid_from: Time | None = None
    valid_until: Time | None = None
    sighting_of_ref: str = ""
    object_refs: tuple[str, ...] = ()
    opinion: str = ""
    explanation: str = ""
    identity_class: str | None = None
    payload_bin: Any = None
    content_ref: Any = None
    # Stock clients read all of a page or nothing of it: what these are is held to whatever the type.
    created_by_ref: _Ref | None = None
    object_marking_refs: tuple[_Ref, ...] = ()
    external_references: tuple[_Reference, ...] = ()
    kill_chain_phases: tuple[_Phase, ...] = ()


_decoder = msgspec.json.Decoder(Said)


def read(raw: bytes | msgspec.Raw) -> Said:
    """Raises `Refused` for what is no object, or where a property that we look at is of another type."""
    try:
        return _decoder.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as exc:
        fault = field_error(exc)
        raise Refused(fault.detail, fault.pointer, fault.code) from None
