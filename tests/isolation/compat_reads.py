"""How compatible exchanges are read, and what each partner must find there."""

from typing import Any

from tests.isolation.oracle import COMMUNITY, Said
from tests.isolation.reader import Read, Reader, simple

_BASE = "/compat/graph/v1"
_SHARING = {"CLEAR": "WHITE", "GREEN": "GREEN", "AMBER": "AMBER"}


async def fetch_hashes(reader: Reader) -> None:
    """The world speaks of host names, which the exchange does not carry."""
    page = (await reader.get("/compat/stopncii/v1/FetchHashes", startTimestamp=11)).json()
    assert (page["hashRecords"], page["hasMoreRecords"]) == ([], False)


async def read_threat_updates(reader: Reader) -> None:
    """In the group of everyone and in each of one's own: what is for it and may leave."""
    oracle = reader.world.oracle
    for group in await _groups(reader):
        own = f"group-{group['name']}"

        def chosen(said: Said, own: str = own, number: str = group["id"]) -> bool:
            marked = said.tlp in _SHARING
            return marked and (said.tlp in COMMUNITY and not said.groups if number == "1" else own in said.groups)

        expected = sorted(map(_told, oracle.signals(reader.slug, chosen).values()), key=str)
        assert sorted(await _updates(reader, group["id"]), key=str) == expected, (reader.slug, own)


async def _updates(reader: Reader, group: str) -> list[dict[str, Any]]:
    address = f"{_BASE}/{group}/threat_updates/"
    query: dict[str, Any] = {"limit": 7}
    found = []
    while True:
        page = (await reader.get(address, **query)).json()
        *updates, mark = page["data"]
        assert mark["type"] == "DEBUG_STRING"
        found += [_said(update) for update in updates]
        if "paging" not in page:
            return found
        address, query = page["paging"]["next"], {}


def _told(item: dict[str, Any]) -> dict[str, Any]:
    """An item of the oracle's, as a descriptor says it."""
    return {
        "indicator": item["value"],
        "tags": [item["category"], item["campaign"]],
        "confidence": item["confidence"],
        "share_level": _SHARING[item["tlp"]],
        "helpful": item["agree"],
    }


def _said(update: dict[str, Any]) -> dict[str, Any]:
    assert update["should_delete"] is False, "a walk from zero has no tombstones"
    (descriptor,) = update["descriptors"]["data"]
    helpful = [one["value"].count(",") + 1 for one in descriptor["reactions"] if one["key"] == "HELPFUL"]
    return {
        "indicator": update["indicator"],
        "tags": [tag["text"] for tag in descriptor["tags"]["data"]],
        "confidence": descriptor.get("confidence"),
        "share_level": descriptor["share_level"],
        "helpful": sum(helpful),
    }


async def _groups(reader: Reader) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await reader.get(f"{_BASE}/1/threat_privacy_groups_member")).json()["data"]
    return found


async def list_groups(reader: Reader) -> None:
    members = reader.world.oracle.members
    expected = {name.removeprefix("group-") for name, slugs in members.items() if reader.slug in slugs}
    assert {group["name"] for group in await _groups(reader)} == expected | {"Community"}


async def read_group(reader: Reader) -> None:
    for group in await _groups(reader):
        assert (await reader.get(f"{_BASE}/{group['id']}")).json() == group


READS: dict[str, Read] = {
    "FetchHashes": fetch_hashes,
    "ReadThreatUpdates": read_threat_updates,
    "ReadThreatPrivacyGroup": read_group,
    "ListThreatPrivacyGroups": list_groups,
    "ListOwnThreatPrivacyGroups": simple(f"{_BASE}/1/threat_privacy_groups_owner"),
}

HIDDEN: dict[str, dict[str, Any]] = {
    "ReadThreatUpdates": {},
    "ReadThreatPrivacyGroup": {},
    "ReactToThreatDescriptor": {"params": {"reactions": "HELPFUL"}},
}
"""As in test_ids."""

OPEN: dict[str, str] = {
    "ListThreatPrivacyGroups": "the number is that of the caller, and is not looked at",
    "ListOwnThreatPrivacyGroups": "as for ListThreatPrivacyGroups",
}
"""As in test_ids."""
