"""What an object that a partner posts means to the hub. Nothing is stored here."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from core.sdk import Category, Outcome, Refused, SignalIn, Stance, Time, Tlp, field_error
from plugins.taxii import grammar, patterns
from plugins.taxii.markings import EXTENSION, strictest
from plugins.taxii.models import NO_VERSION

ID = re.compile(
    r"([a-z][a-z0-9-]{2,249})--[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", re.ASCII
)
"""Of an object (STIX 2.1 §2.9)."""


class Voiced(msgspec.Struct, frozen=True):
    """An opinion on what others said."""

    refs: tuple[str, ...]
    """STIX ids of what it is about."""
    stance: Stance
    reason: str
    outcome: Outcome | None


class Meant(msgspec.Struct, frozen=True):
    """An object, and what follows from it."""

    id: str
    type: str
    spec_version: str
    version: str
    """`modified`, else `created`, with six digits of a second; `NO_VERSION` where it has neither."""
    tlp: Tlp | None
    """The strictest that it is marked with."""
    signal: SignalIn | None = None
    """Its `external_id` is the object's id; no groups."""
    withdraws: bool = False
    """It is an indicator that is revoked."""
    opinion: Voiced | None = None
    note: str = ""
    """Why an indicator is no signal, or an opinion none: it is kept all the same."""


class _Object(msgspec.Struct):
    """The properties that we look at; others are kept and not read."""

    type: str
    id: str
    spec_version: Literal["2.0", "2.1"] | None = None
    created: Time | None = None
    modified: Time | None = None
    revoked: bool = False
    object_marking_refs: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    confidence: Annotated[int, Meta(ge=0, le=100)] | None = None
    extensions: dict[str, Any] = {}
    pattern: str = ""
    pattern_type: str = "stix"
    valid_from: Time | None = None
    valid_until: Time | None = None
    sighting_of_ref: str = ""
    object_refs: tuple[str, ...] = ()
    opinion: str = ""
    explanation: str = ""


_decoder = msgspec.json.Decoder(_Object)
_CATEGORIES = {one.value for one in Category}
_CARRIED = ("category", "severity", "campaign", "first_seen", "last_seen", "context", "origin", "derived_from")
"""Fields of `SignalIn` that our extension carries under the same name."""
_STANCES = {
    "strongly-agree": Stance.AGREE,
    "agree": Stance.AGREE,
    "disagree": Stance.DISAGREE,
    "strongly-disagree": Stance.FALSE_POSITIVE,
}
_NO_SIGNAL = "Kept; not a signal: the hub reads patterns of one observable that it knows, compared by =."


def meaning(raw: bytes | msgspec.Raw) -> Meant | Refused:
    """What an object says. `Refused` for one that nobody could read again, or whose signal is out of bounds.

    Held here: the common properties and those that a signal or an opinion is made of, with their types; ids of the
    form and type that STIX asks for; `modified` not before `created`.
    """
    try:
        said = _decoder.decode(raw)
        return _meant(said)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as exc:
        fault = field_error(exc)
        return Refused(fault.detail, fault.pointer, fault.code)
    except OverflowError:
        return Refused("Expected times in the years 1 to 9999, UTC.")
    except Refused as refused:
        return refused


def _meant(said: _Object) -> Meant:
    named = ID.fullmatch(said.id)
    if not named or named[1] != said.type:
        raise Refused("Expected an id of the form type--UUID, of the object's own type.", "/id")
    if said.created and said.modified and said.modified < said.created:
        raise Refused("Expected `modified` not before `created`.", "/modified")
    if said.valid_from and said.valid_until and said.valid_until <= said.valid_from:
        raise Refused("Expected `valid_until` after `valid_from`.", "/valid_until")
    of_two = said.spec_version is None and said.created is not None
    meant = Meant(
        id=said.id,
        type=said.type,
        spec_version="2.0" if of_two else said.spec_version or "2.1",
        version=version(said.modified or said.created),
        tlp=strictest(said.object_marking_refs),
    )
    if said.type == "indicator":
        return _indicator(said, meant)
    if said.type in ("sighting", "opinion"):
        return _voiced(said, meant)
    return meant


def version(moment: datetime | None) -> str:
    """As versions are kept and compared: in UTC, with six digits of a second. Raises `OverflowError` for a time that
    has no year there."""
    if moment is None:
        return NO_VERSION
    return moment.astimezone(UTC).isoformat(timespec="microseconds")[:26] + "Z"


def _indicator(said: _Object, meant: Meant) -> Meant:
    pattern = said.pattern if said.pattern_type == "stix" else ""
    in_pattern = patterns.read(pattern)
    if pattern and in_pattern is None and not grammar.is_pattern(pattern):
        raise Refused("Expected a pattern of STIX 2.1.", "/pattern")
    if said.revoked:
        return msgspec.structs.replace(meant, withdraws=True)
    own = _own(said)
    observed = (own["kind"], own["value"]) if {"kind", "value"} <= own.keys() else in_pattern
    if observed is None:
        return msgspec.structs.replace(meant, note=_NO_SIGNAL)
    kind, value = observed
    labelled = next((label for label in said.labels if label in _CATEGORIES), None)
    # Whoever writes our extension says what it knows there; else validity is the next best.
    facts = {name: own[name] for name in _CARRIED if name in own} if own else {"first_seen": said.valid_from}
    signal = {"category": labelled, **facts} | {
        "kind": kind,
        "value": value,
        "confidence": said.confidence,
        "tlp": meant.tlp,
        "external_id": said.id,
        "valid_until": said.valid_until,
    }
    return msgspec.structs.replace(meant, signal=msgspec.convert(signal, SignalIn))


def _own(said: _Object) -> Mapping[str, Any]:
    own = said.extensions.get(EXTENSION, {})
    if not isinstance(own, dict):
        raise Refused("Expected an object.", f"/extensions/{EXTENSION}")
    return own


def _voiced(said: _Object, meant: Meant) -> Meant:
    """Sightings agree; opinions do or do not. A neutral one, and one that is revoked, is kept and says nothing."""
    if said.revoked or said.opinion == "neutral":
        return meant
    if said.type == "sighting":
        outcome = _own(said).get("outcome")
        agreed = Voiced((said.sighting_of_ref,), Stance.AGREE, "", msgspec.convert(outcome, Outcome | None))
        return msgspec.structs.replace(meant, opinion=agreed)
    stance = _STANCES.get(said.opinion)
    if stance is None:
        raise Refused("Expected an opinion from strongly-disagree to strongly-agree.", "/opinion")
    if stance is not Stance.AGREE and not said.explanation:
        raise Refused("Say why, for its submitter: `explanation` is needed with a doubt.", "/explanation")
    return msgspec.structs.replace(meant, opinion=Voiced(said.object_refs, stance, said.explanation, None))
