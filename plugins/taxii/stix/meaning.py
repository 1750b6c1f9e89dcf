"""What an object that a partner posts means to the hub. Nothing is stored here."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from core.sdk import Category, Outcome, Refused, SignalIn, Stance, Tlp, field_error
from plugins.taxii.models import NO_VERSION
from plugins.taxii.stix import grammar, objects, patterns
from plugins.taxii.stix.markings import EXTENSION, strictest
from plugins.taxii.stix.objects import ID, Said


class Voiced(msgspec.Struct, frozen=True, gc=False):
    """An opinion on what others said."""

    refs: tuple[str, ...]
    """STIX ids of what it is about."""
    stance: Stance | None
    """None withdraws it."""
    reason: str
    outcome: Outcome | None


class Meant(msgspec.Struct, frozen=True, gc=False):
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
    """Why an indicator is no signal: it is kept all the same."""


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
    """What an object says; `Refused` as `understood` and `objects.read` raise it."""
    try:
        return understood(objects.read(raw))
    except Refused as refused:
        return refused


def understood(said: Said) -> Meant:
    """What an object says. Raises `Refused` for one that nobody could read again, or whose signal is out of bounds.

    Held here: ids of the form and type that STIX asks for; `modified` not before `created`; what a signal or an
    opinion is made of.
    """
    try:
        return _meant(said)
    except msgspec.ValidationError as exc:
        fault = field_error(exc)
        raise Refused(fault.detail, fault.pointer, fault.code) from None
    except OverflowError:
        raise Refused("Expected times in the years 1 to 9999, UTC.") from None


def _meant(said: Said) -> Meant:
    named = ID.fullmatch(said.id)
    if not named or named[1] != said.type:
        raise Refused("Expected an id of the form type--UUID, of the object's own type.", "/id")
    if said.created and said.modified and said.modified < said.created:
        raise Refused("Expected `modified` not before `created`.", "/modified")
    modified = version(said.modified or said.created)
    if modified >= "9999":
        raise Refused("Expected a time before the year 9999: what withdraws it needs a later one.", "/modified")
    if said.valid_from and said.valid_until and said.valid_until <= said.valid_from:
        raise Refused("Expected `valid_until` after `valid_from`.", "/valid_until")
    is_indicator = said.type == "indicator"
    tlp = strictest(said.object_marking_refs) if said.object_marking_refs else None
    signal = _signal(said, tlp) if is_indicator else None
    of_two = said.spec_version is None and said.created is not None
    return Meant(
        said.id,
        said.type,
        "2.0" if of_two else said.spec_version or "2.1",
        modified,
        tlp,
        signal,
        is_indicator and said.revoked,
        _voiced(said) if said.type in ("sighting", "opinion") else None,
        _NO_SIGNAL if is_indicator and not signal and not said.revoked else "",
    )


def version(moment: datetime | None) -> str:
    """As versions are kept and compared: in UTC, with six digits of a second. Raises `OverflowError` for a time that
    has no year there."""
    if moment is None:
        return NO_VERSION
    return moment.astimezone(UTC).isoformat(timespec="microseconds")[:26] + "Z"


def _signal(said: Said, tlp: Tlp | None) -> SignalIn | None:
    """What an indicator that is not revoked claims; None where its pattern is none of a signal."""
    pattern = said.pattern if said.pattern_type in ("", "stix") else ""
    observed = patterns.read(pattern)
    if pattern and observed is None and not grammar.is_pattern(pattern):
        raise Refused("Expected a pattern of STIX 2.1.", "/pattern")
    if said.revoked:
        return None
    own = _own(said) if said.extensions else {}
    if "kind" in own and "value" in own:
        observed = own["kind"], own["value"]
    if observed is None:
        return None
    kind, value = observed
    # Whoever writes our extension says what it knows there; else validity is the next best.
    facts = {name: own[name] for name in _CARRIED if name in own} if own else {"first_seen": said.valid_from}
    signal = {"category": _labelled(said)} | facts
    signal |= {"kind": kind, "value": value, "confidence": said.confidence, "tlp": tlp}
    signal |= {"external_id": said.id, "valid_until": said.valid_until}
    return msgspec.convert(signal, SignalIn)


def _labelled(said: Said) -> str | None:
    return next((label for label in said.labels if label in _CATEGORIES), None)


def _own(said: Said) -> Mapping[str, Any]:
    own = said.extensions.get(EXTENSION, {})
    if not isinstance(own, dict):
        raise Refused("Expected an object.", f"/extensions/{EXTENSION}")
    return own


def _voiced(said: Said) -> Voiced | None:
    """Sightings agree; opinions do or do not. A neutral one is kept and says nothing."""
    if said.revoked:
        return Voiced((said.sighting_of_ref, *said.object_refs), None, "", None)
    if said.opinion == "neutral":
        return None
    if said.type == "sighting":
        outcome = _own(said).get("outcome")
        return Voiced((said.sighting_of_ref,), Stance.AGREE, "", msgspec.convert(outcome, Outcome | None))
    stance = _STANCES.get(said.opinion)
    if stance is None:
        raise Refused("Expected an opinion from strongly-disagree to strongly-agree.", "/opinion")
    if stance is not Stance.AGREE and not said.explanation:
        raise Refused("Say why, for its submitter: `explanation` is needed with a doubt.", "/explanation")
    return Voiced(said.object_refs, stance, said.explanation, None)
