"""What every collection begins with: the markings that a signal may carry, who speaks, and what our extension means."""

from collections.abc import Iterable
from uuid import UUID, uuid5

import msgspec

from core.auth import audiences
from core.sdk import Tlp

NAMESPACE = UUID("5d7c0f52-3f0b-4f0e-9a53-7f6f2f6f6f54")
"""Names of the hub's own are UUIDv5 in it (RFC 4122 §4.3)."""
IDENTITY = f"identity--{uuid5(NAMESPACE, 'identity')}"
"""`created_by_ref` of what the hub renders: submitters stay unnamed."""
EXTENSION = f"extension-definition--{uuid5(NAMESPACE, 'extension-definition')}"
"""Key of our property extension on indicators and sightings."""

# first.org/tlp and the OASIS extension "TLP 2.0 Marking Definition": fixed ids and times.
_TLP_EXTENSION = "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d"
_SINCE = "2022-10-01T00:00:00.000Z"
PREFACE_AT = 1_664_582_400_000_000
"""`date_added` of the first object of the preface, µs; each of the others is a µs later."""
MARKINGS = {
    Tlp.CLEAR: "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487",
    Tlp.GREEN: "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb",
    Tlp.AMBER: "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421",
    Tlp.AMBER_STRICT: "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003",
    Tlp.RED: "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1",
}
_READ = {name: tlp for tlp, name in MARKINGS.items()} | {
    # TLP 1.0, as STIX 2.1 §7.2.1.4 fixes it; its AMBER is ours, which may go to clients of those who hold it.
    "marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9": Tlp.CLEAR,
    "marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da": Tlp.GREEN,
    "marking-definition--f88d31f6-486f-44da-b317-01333bde0b82": Tlp.AMBER,
    "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed": Tlp.RED,
}


def strictest(refs: Iterable[str]) -> Tlp | None:
    """The TLP that `object_marking_refs` name; None when they name none."""
    marks = [_READ[ref] for ref in refs if ref in _READ]
    return audiences.strictest(marks) if marks else None


def _marking(tlp: Tlp) -> dict[str, object]:
    return {
        "type": "marking-definition",
        "spec_version": "2.1",
        "id": MARKINGS[tlp],
        "created": _SINCE,
        "name": f"TLP:{tlp}",
        "extensions": {_TLP_EXTENSION: {"extension_type": "property-extension", "tlp_2_0": tlp.lower()}},
    }


_OURS: dict[str, object] = {"spec_version": "2.1", "created": _SINCE, "modified": _SINCE}
_IDENTITY: dict[str, object] = _OURS | {
    "type": "identity",
    "id": IDENTITY,
    "name": "Không Một Mình",
    "description": "The hub through which partners share signals. Leads, not verdicts.",
    "identity_class": "system",
}
_EXTENSION: dict[str, object] = _OURS | {
    "type": "extension-definition",
    "id": EXTENSION,
    "created_by_ref": IDENTITY,
    "name": "Không Một Mình signal",
    "description": (
        "On an indicator: signal_id, kind, value, category, severity, campaign, first_seen, last_seen, claims and "
        "state as in the hub's API; kind and value count where the pattern says less. Sent to a collection, it may "
        "carry origin, context and derived_from as well. On a sighting: outcome (removed, restricted, no_action, "
        "not_found). Object types of our own in patterns: e-wallet, cryptocurrency-wallet, online-meeting, mobile-app, "
        "message, each with value; bank-account:bank is the bank's BIN of six digits."
    ),
    "schema": "The schema SignalIn of the hub's /openapi.json",
    "version": "1.0.0",
    "extension_types": ["property-extension"],
}
PREFACE = tuple(msgspec.json.encode(one) for one in (*map(_marking, list(Tlp)[:3]), _IDENTITY, _EXTENSION))
"""In every collection, at the positions from 1 on: the log itself begins above 10. They stay as they are for good."""
