"""The alliance's list of sightings: accounts that pose as a creator, posts and calls that lure the followers."""

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path

import msgspec

from core.sdk import (
    Category,
    Connector,
    ExternalId,
    PartnerKind,
    PluginInfo,
    SignalIn,
    Time,
    Tlp,
    Translated,
    Withdrawal,
    hookimpl,
    translate_items,
)


class State(StrEnum):
    SEEN = "seen"
    """Reported by one team."""
    CHECKED = "checked"
    """Looked at by the alliance's secretariat."""
    FALSE_ALARM = "false_alarm"


CONFIDENCE = {State.SEEN: 40, State.CHECKED: 80}


class What(StrEnum):
    FAKE_ACCOUNT = "fake_account"
    LURING_POST = "luring_post"
    SCAM_CALL = "scam_call"


MEANINGS = {
    What.FAKE_ACCOUNT: ("social_account", Category.IMPERSONATION),
    What.LURING_POST: ("url", Category.TRAFFICKING_RECRUITMENT),
    What.SCAM_CALL: ("phone", Category.ONLINE_KIDNAPPING),
}


class Sighting(msgspec.Struct, forbid_unknown_fields=True):
    """Something that a creator's team came across. Nobody who was approached is named."""

    number: ExternalId
    state: State
    what: What
    where: str
    """The account, the address of the post or the number of the caller."""
    seen: Time
    tlp: Tlp | None = None


class Payload(msgspec.Struct, forbid_unknown_fields=True):
    sightings: list[msgspec.Raw]


_payload = msgspec.json.Decoder(Payload)
_sighting = msgspec.json.Decoder(Sighting)


def to_signal(sighting: Sighting) -> SignalIn | Withdrawal:
    if sighting.state is State.FALSE_ALARM:
        return Withdrawal(sighting.number)
    kind, category = MEANINGS[sighting.what]
    return SignalIn(
        kind=kind,
        value=sighting.where,
        category=category,
        confidence=CONFIDENCE[sighting.state],
        tlp=sighting.tlp,
        external_id=sighting.number,
        last_seen=sighting.seen,
    )


class Alliance(Connector):
    kind = PartnerKind.ALLIANCE
    items = "/sightings"
    statuses = frozenset(State)
    recorded = Path(__file__).with_name("recorded") / "alliance"

    def translate(self, body: bytes) -> Sequence[Translated]:
        return translate_items(_payload.decode(body).sightings, _sighting, to_signal, self.items)


@hookimpl
def plugin_info() -> PluginInfo:
    return PluginInfo(name="alliance", title="Alliance of creators")


@hookimpl
def connectors() -> Sequence[Connector]:
    return [Alliance()]
