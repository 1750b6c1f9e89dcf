"""HTTP of what partners add to collections and take out of them (TAXII 2.1 sections 4.3, 5.5 and 5.7)."""

from typing import Annotated, Any

import msgspec
from litestar import Request, Response, delete, get, post
from litestar.di import Provide
from litestar.params import QueryParameter
from sqlalchemy.ext.asyncio import AsyncSession

from core.auth.logins import basic
from core.sdk import (
    AT_ONCE,
    JSON_LIMIT,
    Invalid,
    Principal,
    Scope,
    TooLarge,
    UnsupportedMediaType,
    answers,
    body,
    decode,
    scoped,
    takes,
)
from core.signals.guard import Guard
from core.signals.keys import Keys
from core.signals.kinds import Kinds
from core.signals.writer import SignalWriter
from plugins.taxii import collections
from plugins.taxii.collections import Eyes
from plugins.taxii.errors import DOOR, MEDIA_TYPE, Unprocessable
from plugins.taxii.posting import posts, statuses
from plugins.taxii.posting.posts import Poster
from plugins.taxii.posting.statuses import TaxiiPostStatus
from plugins.taxii.reading import query
from plugins.taxii.reading.routes import Match


class TaxiiEnvelope(msgspec.Struct, frozen=True):
    """Objects to add; what a bundle has besides is passed over."""

    objects: tuple[msgspec.Raw, ...]


_envelope = msgspec.json.Decoder(TaxiiEnvelope)


async def provide_poster(
    collection: str,
    principal: Principal,
    snapshot: AsyncSession,
    writer: SignalWriter,
    kinds: Kinds,
    keys: Keys,
    guard: Guard,
) -> Poster:
    place = await collections.find(snapshot, principal, collection)
    return Poster(Eyes(snapshot, principal, kinds, keys, writer, place), writer, guard)


_WRITING = scoped(Scope.SIGNALS_WRITE, logins=(basic,)) | DOOR
_POSTING = _WRITING | {"dependencies": {"poster": Provide(provide_poster)}}


@post(
    "/hub/collections/{collection:str}/objects",
    operation_id="AddTaxiiObjects",
    status_code=202,
    request_max_body_size=None,
    **_POSTING,
    **takes({MEDIA_TYPE: TaxiiEnvelope}),
    **answers({202: {MEDIA_TYPE: TaxiiPostStatus}}),
)
async def add_objects(request: Request[Any, Any, Any], poster: Poster) -> Response[bytes]:
    """Add objects to a collection, up to 10,000 and 32 MB; each is told in the status what became of it.

    They are kept byte for byte. The newest version of an indicator is your claim on its signal, shared with the
    collection; sightings and opinions are your opinions. A version that is there already is left as it is, one that is
    `revoked` takes the claim or the opinion back. Objects without a TLP marking count as GREEN in the community's
    collection and as AMBER in a group's. Media, files and identities of persons are refused.
    """
    status = await posts.post(poster, await _objects(request))
    return Response(msgspec.json.encode(status), status_code=202, media_type=MEDIA_TYPE)


async def _objects(request: Request[Any, Any, Any]) -> tuple[msgspec.Raw, ...]:
    named = request.headers.get("content-type", "").lower().replace(" ", "").replace('"', "")
    if named not in (MEDIA_TYPE, MEDIA_TYPE.partition(";")[0]):
        raise UnsupportedMediaType(f"Send {MEDIA_TYPE}.")
    data = await body(request, JSON_LIMIT)
    try:
        objects = decode(data, _envelope).objects
    except Invalid as exc:
        raise Unprocessable(exc.detail, errors=exc.errors) from None
    if len(objects) > AT_ONCE:
        raise TooLarge(f"Send {AT_ONCE} objects at a time.")
    return objects


@delete(
    "/hub/collections/{collection:str}/objects/{name:str}",
    operation_id="DeleteTaxiiObject",
    status_code=200,
    **_POSTING,
    **answers({200: None}),
)
async def delete_object(
    poster: Poster,
    name: str,
    version: Annotated[Match | None, QueryParameter(name="match[version]")] = None,
    spec_version: Annotated[Match | None, QueryParameter(name="match[spec_version]")] = None,
) -> Response[bytes]:
    """Drop your own versions of an object: all of them, or those that match. The bytes go for good.

    What is left says again what it said; with the last version your claim goes, for every collection, unless you made
    it by another name as well. Readers are told that an indicator is revoked when its claim goes; of other objects only
    by `revoked`, which is posted as a version. What others posted, or the hub made of signals, cannot be deleted.
    """
    await posts.remove(poster, name, query.filters(None, None, version or "all", spec_version))
    return Response(b"", status_code=200, media_type=MEDIA_TYPE)


@get(
    "/hub/status/{status:str}",
    operation_id="GetTaxiiStatus",
    **_WRITING,
    **answers({200: {MEDIA_TYPE: TaxiiPostStatus}}),
)
async def get_status(status: str, principal: Principal, snapshot: AsyncSession) -> Response[bytes]:
    """What became of the objects of a post of yours; kept for two days."""
    return Response(await statuses.find(snapshot, principal, status), media_type=MEDIA_TYPE)


handlers = [add_objects, delete_object, get_status]
