"""HTTP of TAXII 2.1 for those who read (§4 and §5).

What stock clients need beyond the standard: `next` on manifests and versions too, since taxii2-client goes round for
ever without; full pages, since it asks for no more than it got once. Paging by `added_after` misses nothing: dates rise
in the order of commits. A follower comes back every 90 days at least: for so long the hub knows what was withdrawn.
"""

from collections.abc import Sequence
from typing import Annotated

import msgspec
from litestar import Response, get
from litestar.di import Provide
from litestar.params import QueryParameter
from msgspec import Meta
from sqlalchemy.ext.asyncio import AsyncSession

from core.auth.logins import basic
from core.sdk import JSON_LIMIT, NotFound, Principal, Scope, answers, scoped
from core.signals.keys import Keys
from core.signals.kinds import Kinds
from core.signals.pages import Pages
from core.signals.writer import SignalWriter
from plugins.taxii import collections
from plugins.taxii.collections import Eyes
from plugins.taxii.errors import DOOR, MEDIA_TYPE
from plugins.taxii.reading import pages, query
from plugins.taxii.reading.pages import Page
from plugins.taxii.reading.query import MOST, Filters, Walk
from plugins.taxii.reading.rendered import Entry
from plugins.taxii.reading.stored import Row
from plugins.taxii.resources import (
    TaxiiCollection,
    TaxiiCollections,
    TaxiiDiscovery,
    TaxiiManifest,
    TaxiiObjects,
    TaxiiRoot,
    TaxiiVersions,
)
from plugins.taxii.stix.indicators import timestamp

ROOT = "/taxii2/hub/"
_STIX = "application/stix+json;version="
_READING = scoped(Scope.SIGNALS_READ, logins=(basic,)) | DOOR


class Asked(msgspec.Struct, frozen=True):
    """Where a page begins and how long it may be."""

    eyes: Eyes
    pages: Pages
    limit: int
    next: str | None
    added_after: str | None


Limit = Annotated[int, Meta(ge=1, le=2**53 - 1)]
Next = Annotated[str, Meta(max_length=200, pattern="^[A-Za-z0-9_-]+$")]
Moment = Annotated[str, Meta(max_length=40, pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+(Z|[+-][0-9]{2}:[0-9]{2})$")]
Match = Annotated[str, Meta(max_length=10_000, pattern=r"^[\x00-\x7f]*$")]


async def provide_asked(
    collection: str,
    principal: Principal,
    snapshot: AsyncSession,
    kinds: Kinds,
    keys: Keys,
    writer: SignalWriter,
    pages: Pages,
    limit: Limit = 1_000,
    next: Next | None = None,
    added_after: Moment | None = None,
) -> Asked:
    place = await collections.find(snapshot, principal, collection)
    return Asked(Eyes(snapshot, principal, kinds, keys, writer, place), pages, min(limit, MOST), next, added_after)


_PAGED = _READING | {"dependencies": {"asked": Provide(provide_asked)}}


@get(
    "/", operation_id="DiscoverTaxii", sync_to_thread=False, **_READING, **answers({200: {MEDIA_TYPE: TaxiiDiscovery}})
)
def discover() -> Response[bytes]:
    """Where TAXII's API roots are: there is one."""
    return _told(TaxiiDiscovery("Không Một Mình", "Signals that partners share, as STIX 2.1.", ROOT, (ROOT,)))


@get("/hub", operation_id="GetTaxiiRoot", sync_to_thread=False, **_READING, **answers({200: {MEDIA_TYPE: TaxiiRoot}}))
def read_root() -> Response[bytes]:
    """What the API root speaks."""
    description = "A collection for the whole community, and one for each sharing group of yours."
    return _told(TaxiiRoot("Không Một Mình", description, (MEDIA_TYPE,), JSON_LIMIT))


@get(
    "/hub/collections",
    operation_id="ListTaxiiCollections",
    **_READING,
    **answers({200: {MEDIA_TYPE: TaxiiCollections}}),
)
async def list_collections(principal: Principal, snapshot: AsyncSession) -> Response[bytes]:
    """The community's collection, and those of your sharing groups."""
    every = await collections.every(snapshot, principal)
    return _told(TaxiiCollections([collections.shown(one, principal) for one in every]))


@get(
    "/hub/collections/{collection:str}",
    operation_id="GetTaxiiCollection",
    **_READING,
    **answers({200: {MEDIA_TYPE: TaxiiCollection}}),
)
async def read_collection(principal: Principal, snapshot: AsyncSession, collection: str) -> Response[bytes]:
    """One collection, by its id."""
    return _told(collections.shown(await collections.find(snapshot, principal, collection), principal))


@get(
    "/hub/collections/{collection:str}/objects",
    operation_id="ReadTaxiiObjects",
    **_PAGED,
    **answers({200: {MEDIA_TYPE: TaxiiObjects}}),
)
async def read_objects(
    asked: Asked,
    id: Annotated[Match | None, QueryParameter(name="match[id]")] = None,
    type: Annotated[Match | None, QueryParameter(name="match[type]")] = None,
    version: Annotated[Match | None, QueryParameter(name="match[version]")] = None,
    spec_version: Annotated[Match | None, QueryParameter(name="match[spec_version]")] = None,
) -> Response[bytes]:
    """Read the objects of a collection, oldest first, as you may see them.

    What partners posted comes as posted, other signals as indicators of the hub. A walk from the start brings what
    stands; from there on, with `next` or `added_after`, also versions that are `revoked`. Both may be sent again and
    kept for as long as you like. `limit` over 10,000 counts as 10,000.
    """
    chosen = query.filters(id, type, version, spec_version)
    found, walk = await _page(asked, chosen)
    if chosen.ids is None and chosen.admits("indicator", "2.1"):
        asked.pages.note(asked.eyes.collection.selection, walk.place, found.reached)
    return _paged(asked, chosen, found, walk, "objects", [entry.body for entry in found.entries])


@get(
    "/hub/collections/{collection:str}/manifest",
    operation_id="ReadTaxiiManifest",
    **_PAGED,
    **answers({200: {MEDIA_TYPE: TaxiiManifest}}),
)
async def read_manifest(
    asked: Asked,
    id: Annotated[Match | None, QueryParameter(name="match[id]")] = None,
    type: Annotated[Match | None, QueryParameter(name="match[type]")] = None,
    version: Annotated[Match | None, QueryParameter(name="match[version]")] = None,
    spec_version: Annotated[Match | None, QueryParameter(name="match[spec_version]")] = None,
) -> Response[bytes]:
    """Read what a collection holds without the objects themselves; pages as those do."""
    chosen = query.filters(id, type, version, spec_version)
    found, walk = await _page(asked, chosen)
    return _paged(asked, chosen, found, walk, "objects", [*map(_recorded, found.entries)])


@get(
    "/hub/collections/{collection:str}/objects/{name:str}",
    operation_id="GetTaxiiObject",
    **_PAGED,
    **answers({200: {MEDIA_TYPE: TaxiiObjects}}),
)
async def read_object(
    asked: Asked,
    name: str,
    version: Annotated[Match | None, QueryParameter(name="match[version]")] = None,
    spec_version: Annotated[Match | None, QueryParameter(name="match[spec_version]")] = None,
) -> Response[bytes]:
    """Read one object by its id: the last of its versions, or those that match. 404 once it is withdrawn."""
    chosen = query.filters(name, None, version, spec_version)
    found, walk = await _page(asked, chosen)
    await _must_be(asked, name, found)
    return _paged(asked, chosen, found, walk, "objects", [entry.body for entry in found.entries])


@get(
    "/hub/collections/{collection:str}/objects/{name:str}/versions",
    operation_id="ReadTaxiiVersions",
    **_PAGED,
    **answers({200: {MEDIA_TYPE: TaxiiVersions}}),
)
async def read_versions(
    asked: Asked,
    name: str,
    spec_version: Annotated[Match | None, QueryParameter(name="match[spec_version]")] = None,
) -> Response[bytes]:
    """Read which versions of an object there are."""
    chosen = query.filters(name, None, "all", spec_version)
    found, walk = await _page(asked, chosen)
    await _must_be(asked, name, found)
    versions = dict.fromkeys(entry.version for entry in found.entries)
    return _paged(asked, chosen, found, walk, "versions", [*map(msgspec.json.encode, versions)])


@get(
    ["/{rest:path}", "/hub/{rest:path}", "/hub/collections/{collection:str}/{rest:path}"],
    operation_id="GetNoTaxii",
    include_in_schema=False,
    sync_to_thread=False,
    **_READING,
)
def read_nothing(rest: str) -> Response[bytes]:
    """404 as TAXII says it."""
    raise NotFound


async def _page(asked: Asked, chosen: Filters) -> tuple[Page, Walk]:
    walk = await query.walk(asked.eyes, chosen, asked.next, asked.added_after)
    return await pages.page(asked.eyes, chosen, walk, asked.limit), walk


async def _must_be(asked: Asked, name: str, found: Page) -> None:
    """Raises `NotFound` unless there is any version of the object, found or not."""
    if not found.entries:
        every = query.filters(name, None, "all", None)
        if not (await _page(msgspec.structs.replace(asked, next=None, added_after=None), every))[0].entries:
            raise NotFound


def _paged(
    asked: Asked, chosen: Filters, found: Page, walk: Walk, noun: str, items: Sequence[bytes]
) -> Response[bytes]:
    """By hand: the objects are bytes already."""
    if not found.entries:
        return Response(b"{}", media_type=MEDIA_TYPE)
    following = b'"more":false'
    if found.more:
        token = query.next_of(walk, found.reached, asked.eyes, chosen)
        following = b'"more":true,"next":"%b"' % token.encode()
    body = b'{%b,"%b":[%b]}' % (following, noun.encode(), b",".join(items))
    headers = {
        "X-TAXII-Date-Added-First": timestamp(found.entries[0].added),
        "X-TAXII-Date-Added-Last": timestamp(found.entries[-1].added),
    }
    return Response(body, media_type=MEDIA_TYPE, headers=headers)


def _recorded(entry: Entry | Row) -> bytes:
    record = {
        "id": entry.id,
        "date_added": timestamp(entry.added),
        "version": entry.version,
        "media_type": _STIX + entry.spec_version,
    }
    return msgspec.json.encode(record)


def _told(body: msgspec.Struct) -> Response[bytes]:
    return Response(msgspec.json.encode(body), media_type=MEDIA_TYPE)


handlers = [
    *(discover, read_root, list_collections, read_collection, read_objects, read_manifest, read_object, read_versions),
    read_nothing,
]
