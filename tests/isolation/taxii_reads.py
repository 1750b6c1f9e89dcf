"""How TAXII is read, and what each partner must find there."""

from typing import Any

from tests.isolation.oracle import COMMUNITY
from tests.isolation.reader import Read, Reader, simple
from tests.plugins.taxii.posts import own_id

_ROOT = "/taxii2/hub"
_LEAVES = {"CLEAR", "GREEN", "AMBER"}
_MEDIA_TYPE = "application/taxii+json;version=2.1"


async def _collections(reader: Reader) -> dict[str, str]:
    """Ids by alias: the community's, and those of the groups that it hears."""
    oracle = reader.world.oracle
    found = (await reader.get(f"{_ROOT}/collections/")).json()["collections"]
    is_operator = oracle.kinds[reader.slug] == "operator"
    groups = [group for group, members in oracle.members.items() if is_operator or reader.slug in members]
    assert {one["alias"] for one in found} == {"community", *groups}, reader.slug
    return {one["alias"]: one["id"] for one in found}


def _expected(reader: Reader, alias: str) -> dict[str, int]:
    """How many claims there are for the reader on each signal of a collection."""
    expected: dict[str, int] = {}
    for said in reader.world.oracle.visible(reader.slug):
        in_community = not said.groups and said.tlp in COMMUNITY
        if said.tlp in _LEAVES and (in_community if alias == "community" else alias in said.groups):
            signal = reader.world.oracle.ids[said.value]
            expected[signal] = expected.get(signal, 0) + 1
    return expected


async def read_collections(reader: Reader) -> None:
    for one in (await _collections(reader)).values():
        await reader.get(f"{_ROOT}/collections/{one}/")


async def read_objects(reader: Reader) -> None:
    for alias, collection in (await _collections(reader)).items():
        objects = (await reader.get(f"{_ROOT}/collections/{collection}/objects/")).json()["objects"]
        shown = [next(iter(one["extensions"].values())) for one in objects if one["type"] == "indicator"]
        assert {one["signal_id"]: one["claims"] for one in shown} == _expected(reader, alias), (reader.slug, alias)


async def read_manifest(reader: Reader) -> None:
    for alias, collection in (await _collections(reader)).items():
        listed = (await reader.get(f"{_ROOT}/collections/{collection}/manifest/")).json()["objects"]
        ids = {one["id"] for one in listed if one["id"].startswith("indicator--")}
        expected = {own_id(reader.world.hub, one, collection) for one in _expected(reader, alias)}
        assert ids == expected, (reader.slug, alias)


def by_name(below: str) -> Read:
    """Of the community's indicators, which it was told of before, those that it may read are there."""

    async def read(reader: Reader) -> None:
        collection = (await _collections(reader))["community"]
        expected = _expected(reader, "community")
        for signal in list(reader.world.oracle.ids.values())[::12]:
            name = own_id(reader.world.hub, signal, collection)
            answer = await reader.get(f"{_ROOT}/collections/{collection}/objects/{name}/{below}", 404)
            assert answer.is_success == (signal in expected), (reader.slug, signal)

    return read


async def read_nothing(reader: Reader) -> None:
    await reader.get("/taxii2/other/", 404)


async def read_status(reader: Reader) -> None:
    await reader.get(f"{_ROOT}/status/post_{'a' * 26}/", 404)


READS: dict[str, Read] = {
    "DiscoverTaxii": simple("/taxii2/"),
    "GetTaxiiRoot": simple(f"{_ROOT}/"),
    "ListTaxiiCollections": read_collections,
    "GetTaxiiCollection": read_collections,
    "ReadTaxiiObjects": read_objects,
    "ReadTaxiiManifest": read_manifest,
    "GetTaxiiObject": by_name(""),
    "ReadTaxiiVersions": by_name("versions/"),
    "GetTaxiiStatus": read_status,
    "GetNoTaxii": read_nothing,
}

HIDDEN: dict[str, dict[str, Any]] = {
    "GetTaxiiCollection": {},
    "ReadTaxiiObjects": {},
    "ReadTaxiiManifest": {},
    "GetTaxiiObject": {},
    "ReadTaxiiVersions": {},
    "AddTaxiiObjects": {"json": {"objects": []}, "headers": {"Content-Type": _MEDIA_TYPE}},
    "DeleteTaxiiObject": {},
    "GetTaxiiStatus": {},
}
"""As in test_ids."""

OPEN: dict[str, str] = {"GetNoTaxii": "there is nothing behind it"}
"""As in test_ids."""
