"""Signals as threat indicators and descriptors of ThreatExchange, out and in.

Words: https://developers.facebook.com/docs/threat-exchange/reference/apis/threat-descriptor and, below the same
address, threat-updates, reaction-type, threat-privacy-group. Shapes: as `threatexchange` 1.2.17 reads them
(`exchanges/impl/fb_threatexchange_api.py`), which takes nothing for granted that it was not sent: no null, and no field
of these left out.
"""

from collections.abc import Iterator
from enum import StrEnum
from typing import TypeVar

import msgspec
from msgspec import UNSET, UnsetType

from core.sdk import Severity, SignalOut, State, Time, Tlp
from core.signals.feed import Change
from core.signals.keys import parse_id, public_id

T = TypeVar("T")

KINDS = {
    "url": "URI",
    "domain": "DOMAIN",
    "ip": "IP_ADDRESS",
    "email": "EMAIL_ADDRESS",
    "md5": "HASH_MD5",
    "sha1": "HASH_SHA1",
    "sha256": "HASH_SHA256",
    "pdq": "HASH_PDQ",
}
SHARING = {Tlp.CLEAR: "WHITE", Tlp.GREEN: "GREEN", Tlp.AMBER: "AMBER"}
"""ThreatExchange still says WHITE where TLP 2.0 says CLEAR."""
SEVERITIES = {
    None: "UNKNOWN",
    Severity.LOW: "WARNING",
    Severity.MEDIUM: "SUSPICIOUS",
    Severity.HIGH: "SEVERE",
    Severity.CRITICAL: "APOCALYPSE",
}
LOSES = frozenset({"groups", "campaign", "external_id", "context", "origin", "derived_from"})
"""Fields of `SignalIn` that a descriptor of ours does not carry."""
_SURE = 60
"""Confidence from which on an undisputed signal reads as malicious."""
_OWNER = 1
"""The number of the hub, who owns every descriptor: whose claims it is made of is not told."""
_OPINIONS_FROM = 2
"""Numbers of those who agree or disagree, made up by their count alone."""


class ThreatStatus(StrEnum):
    MALICIOUS = "MALICIOUS"
    SUSPICIOUS = "SUSPICIOUS"
    UNKNOWN = "UNKNOWN"
    NON_MALICIOUS = "NON_MALICIOUS"


class ThreatOwner(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: str


class ThreatTag(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: str
    text: str


class ThreatTags(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    data: tuple[ThreatTag, ...]


class ThreatReaction(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    key: str
    """`HELPFUL` of those who agree, `DISAGREE_WITH_TAGS` of those who do not."""
    value: str
    """As many numbers as there are of them, separated by commas; they name nobody."""


class ThreatDescriptor(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the hub says of an indicator."""

    id: str
    owner: ThreatOwner
    status: ThreatStatus
    tags: ThreatTags
    """The category and, where there is one, the campaign."""
    reactions: tuple[ThreatReaction, ...]
    share_level: str
    severity: str
    confidence: int | UnsetType = UNSET
    first_active: Time | UnsetType = UNSET
    last_active: Time | UnsetType = UNSET
    expired_on: Time | UnsetType = UNSET


class ThreatDescriptors(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    data: tuple[ThreatDescriptor, ...]


class ThreatUpdate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An indicator as it is now, or one to drop: a copy is keyed by `type` and `indicator`."""

    id: str
    indicator: str
    type: str
    last_updated: int
    """Seconds since 1970, rounded down."""
    should_delete: bool
    descriptors: ThreatDescriptors | UnsetType = UNSET
    """Left out of what is to be dropped."""


class ThreatPaging(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    next: str
    """Whole address of the next page, with the token."""


class ThreatUpdates(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A page of updates; never empty."""

    data: tuple[ThreatUpdate, ...]
    paging: ThreatPaging | UnsetType = UNSET
    """Left out on the last page."""


def number(signal_id: str) -> str:
    """A signal's id as Graph writes ids: in decimal digits."""
    return str(int.from_bytes(parse_id(signal_id) or b""))


def signal_id(number: str) -> str | None:
    """The id behind `number`; None for what is the number of no id."""
    if not (number.isascii() and number.isdigit() and len(number) < 40):
        return None
    key = int(number)
    return public_id(key.to_bytes(16)) if key < 1 << 128 and str(key) == number else None


def updates(change: Change, seconds: int) -> Iterator[ThreatUpdate]:
    """A change that was made at this time, and the end of every other spelling that a copy may hold."""
    for value in change.dropped:
        yield ThreatUpdate(number(change.signal.id), value, KINDS[change.kind], seconds, should_delete=True)
    if not change.gone:
        yield _standing(change.signal, seconds)


def mark(seconds: int) -> ThreatUpdate:
    """Says how far a page goes. Its type is one that clients do not match, and to drop it drops nothing.

    For clients fail on a page without updates, and begin next time where the newest update that they saw lies.
    """
    return ThreatUpdate("0", "-", "DEBUG_STRING", seconds, should_delete=True)


def _standing(signal: SignalOut, seconds: int) -> ThreatUpdate:
    name = number(signal.id)
    told = [signal.category, signal.campaign]
    tags = tuple(ThreatTag(str(at), str(text)) for at, text in enumerate(told, 1) if text)
    descriptor = ThreatDescriptor(
        id=name,
        owner=ThreatOwner(str(_OWNER)),
        status=_status(signal),
        tags=ThreatTags(tags),
        reactions=tuple(_reactions(signal)),
        share_level=SHARING[Tlp(str(signal.tlp))],
        severity=SEVERITIES[signal.severity or None],
        confidence=_given(signal.confidence),
        first_active=_given(signal.first_seen),
        last_active=_given(signal.last_seen),
        expired_on=_given(signal.valid_until),
    )
    return ThreatUpdate(
        id=name,
        indicator=str(signal.value),
        type=KINDS[str(signal.kind)],
        last_updated=seconds,
        should_delete=False,
        descriptors=ThreatDescriptors((descriptor,)),
    )


def _status(signal: SignalOut) -> ThreatStatus:
    if signal.confidence is None or signal.confidence is UNSET:
        return ThreatStatus.UNKNOWN
    sure = signal.confidence >= _SURE and signal.state is State.ACTIVE
    return ThreatStatus.MALICIOUS if sure else ThreatStatus.SUSPICIOUS


def _reactions(signal: SignalOut) -> Iterator[ThreatReaction]:
    said, first = signal.opinions, _OPINIONS_FROM
    if not said:
        return
    for key, count in (("HELPFUL", said.agree), ("DISAGREE_WITH_TAGS", said.disagree + said.false_positive)):
        if count:
            yield ThreatReaction(key, ",".join(map(str, range(first, first + count))))
        first += count


def _given(value: T | None | UnsetType) -> T | UnsetType:
    return UNSET if value is None else value
