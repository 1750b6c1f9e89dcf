"""Every route of the contract that could answer with something of a material, asked and held against the oracle.

A route that is new fails here until it says by which rule something leaves by it.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import count, product
from typing import Any, NamedTuple

import httpx

from core.testing import TestedHub
from tests.content.lifecycle import AUTHOR, OUTSIDE, Oracle, Version

BYTES = {"GetAsset": "words.txt", "GetRendition": "a.png", "GetKit": "", "GetPack": ""}
"""With the bytes of the version in their address; the file that is asked for."""
WORDS = {"GetMaterial", "GetLink", "GetQr"}
"""With words about the material in their address."""
LISTS = {"ListMaterials", "ReadMaterialFeed"}
"""With the words of whatever may be known."""
KITS = {"GetKits"}
"""With the bytes of the materials in their query."""
LINKS = {"FollowLink"}
"""With words about a material, for anyone who has its code, wherever they are."""
TOLD = {"GetRecall"}
"""With what was done about a material; never a word out of it."""
OTHERS = {
    *("ReadKeySet", "ReadServerMetadata", "Health", "OpenAPI", "ListApprovalPolicies", "ListLicences", "GetLicence"),
    *("ReadEvents", "ReadReport", "ListUsage", "SumUsage", "ReadMe", "ReadMyQuality"),
    *("GetReportFile", "GetReportManifest", "ReadReportCut", "ReadDocumentKeys"),
}
"""With nothing of materials but their ids, and counts by their kinds."""

NEW = (200, 206, 304)
REFUSED = (403, 404, 410)
VARIANTS: tuple[dict[str, str], ...] = ({}, {"Range": "bytes=0-3"}, {"If-None-Match": "*"})


class Read(NamedTuple):
    """An operation of the contract that reads."""

    id: str
    method: str
    path: str


def reads(contract: Mapping[str, Any]) -> Iterator[Read]:
    """Those that take content:read or no scope at all, and those that answer with something else than JSON."""
    for path, methods in contract["paths"].items():
        for method in methods.keys() & {"get", "head"}:
            operation = methods[method]
            scopes = [scope for one in operation.get("security", []) for scopes in one.values() for scope in scopes]
            media = {name for answer in operation["responses"].values() for name in answer.get("content", {})}
            if "content:read" in scopes or not scopes or not all(name.endswith("json") for name in media):
                yield Read(operation["operationId"].removesuffix("Head"), method.upper(), path)


class Readers:
    """Clients that ask by every route, and know what they may be given."""

    def __init__(
        self, hub: TestedHub, clients: Mapping[str, httpx.AsyncClient], oracle: Oracle, ids: Sequence[str]
    ) -> None:
        self.clients, self.oracle, self.ids = clients, oracle, ids
        self.codes: dict[int, str] = {}
        """Of short links, by material."""
        self.turns = count()
        known = {*BYTES, *WORDS, *LISTS, *KITS, *LINKS, *TOLD, *OTHERS}
        found = list(reads(json.loads(hub.app.state.contract())))
        unknown = {read.id for read in found} - known
        assert not unknown, f"By which rule does a material leave by {sorted(unknown)}?"
        self.reads = [read for read in found if read.id not in OTHERS]

    async def ask_some(self) -> None:
        """What those outside are given of everything by the main door, and one of all by every door, in turn."""
        await self._learn_codes()
        for who in OUTSIDE:
            for read in self.reads:
                if read.id == "GetAsset" and read.method == "GET":
                    for version in self.oracle.versions:
                        await self._ask(read, who, version, {})
        turn = next(self.turns)
        who = (*OUTSIDE, AUTHOR, *OUTSIDE, "a05")[turn % 6]
        version = self.oracle.versions[-1 - turn % len(self.oracle.versions)]
        for read in self.reads:
            await self._ask(read, who, version, VARIANTS[turn % 3])

    async def ask_everything(self) -> None:
        await self._learn_codes()
        for read, who, version in product(self.reads, (*OUTSIDE, AUTHOR), self.oracle.versions):
            for headers in VARIANTS if read.id in BYTES else VARIANTS[:1]:
                await self._ask(read, who, version, headers)

    async def _learn_codes(self) -> None:
        for material, name in enumerate(self.ids):
            if material not in self.codes:
                link = await self.clients[AUTHOR].get(f"/v1/materials/{name}/link")
                if link.is_success:
                    self.codes[material] = link.json()["code"]

    async def _ask(self, read: Read, who: str, version: Version, headers: dict[str, str]) -> None:
        if read.id == "GetRendition" and (version.material, version.number) != (0, 1):
            return
        if read.id in LINKS and version.material not in self.codes:
            return
        path = read.path.format(
            id=self.ids[version.material],
            version=version.number,
            name=BYTES.get(read.id),
            recipe="thumbnail",
            code=self.codes.get(version.material),
        )
        query = {"ids": self.ids[version.material]} if read.id in KITS else None
        answer = await self.clients[who].request(read.method, path, params=query, headers=headers)
        self._check_leaks(read, who, answer)
        expected = self._expected(read, who, version)
        if expected is not None:
            found = (read, who, version, headers, answer.status_code, answer.text[:300])
            assert answer.status_code in (NEW if expected else REFUSED), found
        if expected and read.method == "GET" and not headers:
            self._check_content(read, who, version, answer)

    def _expected(self, read: Read, who: str, version: Version) -> bool | None:
        """Whether it should be answered; None where that is not the oracle's matter."""
        of_it = [one for one in self.oracle.versions if one.material == version.material]
        if read.id in BYTES:
            return self.oracle.bytes(who, version)
        if read.id in KITS:
            return any(self.oracle.bytes(who, one) for one in of_it)
        if read.id in WORDS:
            return any(self.oracle.words(who, one) for one in of_it)
        if read.id in LINKS:
            return any(map(self.oracle.released, of_it))
        return None if read.id in TOLD else True

    def _check_leaks(self, read: Read, who: str, answer: httpx.Response) -> None:
        for one in self.oracle.versions:
            words = self.oracle.released(one) if read.id in LINKS else self.oracle.words(who, one)
            if read.id in TOLD or not words:
                assert one.title.encode() not in answer.content, (read, who, one)
            if not self.oracle.bytes(who, one):
                assert one.content.encode() not in answer.content, (read, who, one)

    def _check_content(self, read: Read, who: str, version: Version, answer: httpx.Response) -> None:
        if read.id in ("GetAsset", "GetKit", "GetPack"):
            assert version.content.encode() in answer.content
        elif read.id in ("ListMaterials", "GetMaterial"):
            materials = answer.json()["materials"] if read.id == "ListMaterials" else [answer.json()]
            shown = {(one["id"], of_it["version"]) for one in materials for of_it in one["versions"]}
            may = {(self.ids[material], number) for material, number in self.oracle.shown(who)}
            if read.id == "GetMaterial":
                may = {one for one in may if one[0] == self.ids[version.material]}
            assert shown == may, (read, who)
