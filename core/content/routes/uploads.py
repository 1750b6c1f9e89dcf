"""HTTP of uploads: the resumable upload protocol tus 1.0.0 (tus.io/protocols/resumable-upload).

With its extensions creation, creation-with-upload, expiration, termination and checksum.
"""

import base64
import binascii
from email.utils import format_datetime
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, Router, delete, head, patch, post
from litestar.params import HeaderParameter
from msgspec import Meta

from core import errors, times
from core.auth.access import Principal, scoped
from core.blobs import Blobs
from core.content import materials, uploads
from core.content.uploads import Announced, Progress
from core.db import Database
from core.edge import content_type
from core.errors import Fault, Invalid, PreconditionFailed, UnsupportedMediaType
from core.growing import Corrupted, Growing
from core.openapi import answers, takes
from core.plugin.host import PluginHost
from core.wire.common import Count, FieldError, Problem, Sha256
from core.wire.scopes import Scope

_BYTES = "application/offset+octet-stream"
_RESUMABLE = {"Tus-Resumable": "1.0.0"}
_OPTIONS = _RESUMABLE | {
    "Tus-Version": "1.0.0",
    "Tus-Extension": "creation,creation-with-upload,expiration,termination,checksum",
    "Tus-Checksum-Algorithm": "sha256",
    "Tus-Max-Size": str(uploads.LARGEST),
}

Version = Annotated[str, Meta(pattern=r"^1\.0\.0$"), HeaderParameter(name="Tus-Resumable")]
Length = Annotated[Count, HeaderParameter(name="Upload-Length")]
Offset = Annotated[Count, HeaderParameter(name="Upload-Offset")]
Metadata = Annotated[str, HeaderParameter(name="Upload-Metadata")]
Checksum = Annotated[
    Annotated[str, Meta(pattern="^sha256 [A-Za-z0-9+/]{43}=$")] | None, HeaderParameter(name="Upload-Checksum")
]


class Metadatum(msgspec.Struct, frozen=True):
    """What `Upload-Metadata` says."""

    material: str
    version: str
    filename: str
    filetype: str
    sha256: Sha256 | None = None


@post(
    "/",
    operation_id="CreateUpload",
    request_max_body_size=None,
    options=_OPTIONS,
    **scoped(Scope.CONTENT_WRITE),
    **answers({201: None}),
)
async def create_upload(
    request: Request[Any, Any, Any],
    principal: Principal,
    db: Database,
    blobs: Blobs,
    growing: Growing,
    plugins: PluginHost,
    tus_resumable: Version,
    upload_length: Length,
    upload_metadata: Metadata,
    upload_checksum: Checksum = None,
) -> Response[None]:
    """Open a resumable upload into a draft, by the protocol tus 1.0.0.

    `Upload-Length` has the bytes of the whole file; `Upload-Metadata` names `material`, `version`, `filename`,
    `filetype` and, if you know it, the `sha256` of the whole in hex, each with its value in Base64. The first bytes may
    come along, as application/offset+octet-stream. `Location` is where the rest goes, for a day, for you alone.
    """
    _require_version(tus_resumable)
    asked = _metadata(upload_metadata)
    announced = Announced(asked.material, asked.version, asked.filename, asked.filetype, upload_length, asked.sha256)
    upload = await uploads.begin(db, growing, principal, announced)
    location = {"Location": f"/v1/uploads/{upload.id}"}
    if request.headers.get("content-type", "").partition(";")[0].strip() != _BYTES:
        return _answer(201, Progress(upload, 0), location)
    pieces, sha256 = request.stream(), _checksum(upload_checksum)
    done = await uploads.append(db, blobs, growing, plugins, principal, upload.id, 0, pieces, sha256)
    return _answer(201, done, location)


@head("/{id:str}", operation_id="GetUpload", options=_OPTIONS, **scoped(Scope.CONTENT_WRITE), **answers({200: None}))
async def get_upload(
    id: str, principal: Principal, db: Database, growing: Growing, tus_resumable: Version
) -> Response[None]:
    """How far an upload has come (`Upload-Offset`), and until when it may go on (`Upload-Expires`)."""
    _require_version(tus_resumable)
    found = await uploads.progress(db, growing, principal, id)
    more = {"Upload-Length": str(found.upload.length), "Cache-Control": "no-store"}
    return _answer(200, found, more)


@patch(
    "/{id:str}",
    operation_id="AppendUpload",
    status_code=204,
    request_max_body_size=None,
    options=_OPTIONS,
    **scoped(Scope.CONTENT_WRITE),
    **takes({_BYTES: bytes}),
    **answers({204: None}),
)
async def append_upload(
    request: Request[Any, Any, Any],
    id: str,
    principal: Principal,
    db: Database,
    blobs: Blobs,
    growing: Growing,
    plugins: PluginHost,
    tus_resumable: Version,
    upload_offset: Offset,
    upload_checksum: Checksum = None,
) -> Response[None]:
    """Go on with an upload where it stands; what came before a connection was cut is kept.

    With `Upload-Checksum` (sha256) the bytes of this request are taken whole or not at all: 460 when they are others.
    With the last byte the file is looked at and becomes an asset, at `Content-Location`, as PutAsset would make it; one
    that is refused ends the upload. If that answer never came, send no bytes at the same offset to ask again.
    409: the upload stands elsewhere. 423: another connection is sending. 410: it has expired.
    """
    _require_version(tus_resumable)
    if content_type(request) != _BYTES:
        raise UnsupportedMediaType(f"Send the bytes as {_BYTES}.")
    pieces, sha256 = request.stream(), _checksum(upload_checksum)
    done = await uploads.append(db, blobs, growing, plugins, principal, id, upload_offset, pieces, sha256)
    return _answer(204, done, {})


@delete("/{id:str}", operation_id="DeleteUpload", options=_OPTIONS, **scoped(Scope.CONTENT_WRITE))
async def delete_upload(
    id: str, principal: Principal, db: Database, growing: Growing, tus_resumable: Version
) -> Response[None]:
    """Give an upload up. The asset that it has become stays."""
    _require_version(tus_resumable)
    await uploads.end(db, growing, principal, id)
    return Response(None, status_code=204, headers=_RESUMABLE)


def _answer(status: int, progress: Progress, more: dict[str, str]) -> Response[None]:
    upload = progress.upload
    until = format_datetime(times.from_micros(upload.expires), usegmt=True)
    headers = _RESUMABLE | {"Upload-Offset": str(progress.offset), "Upload-Expires": until} | more
    if progress.asset is not None:
        asset = materials.asset_out(upload.material, int(upload.version), progress.asset)
        headers |= {"Content-Location": asset.href, "ETag": f'"{asset.sha256}"'}
    return Response(None, status_code=status, headers=headers)


def _require_version(named: str) -> None:
    if named != "1.0.0":
        raise PreconditionFailed("Say Tus-Resumable: 1.0.0.", headers={"Tus-Version": "1.0.0"})


def _metadata(value: str) -> Metadatum:
    """Raises `Invalid`."""
    try:
        pairs = (pair.split(maxsplit=1) for pair in value.split(",") if pair.strip())
        found = {name: base64.b64decode("".join(rest), validate=True).decode() for name, *rest in pairs}
        return msgspec.convert(found, Metadatum)
    except (ValueError, msgspec.ValidationError) as exc:
        fault = FieldError("/Upload-Metadata", "invalid_header", str(exc))
        raise Invalid("Upload-Metadata: names, each with its value in Base64.", errors=[fault]) from None


def _checksum(value: str | None) -> bytes | None:
    """Raises `Invalid`."""
    if value is None:
        return None
    algorithm, _, digest = value.partition(" ")
    try:
        sha256 = base64.b64decode(digest, validate=True)
    except binascii.Error:
        sha256 = b""
    if algorithm != "sha256" or len(sha256) != 32:
        fault = FieldError("/Upload-Checksum", "invalid_header", "sha256 <base64 of 32 bytes>")
        raise Invalid("Upload-Checksum does not name a SHA-256.", errors=[fault])
    return sha256


def _on_fault(_: Request[Any, Any, Any], fault: Fault) -> Response[bytes]:
    return errors.respond(fault.problem(), _RESUMABLE | fault.headers)


def _on_corrupted(_: Request[Any, Any, Any], __: Corrupted) -> Response[bytes]:
    # A status of the protocol's own, which no registry knows.
    problem = Problem(
        title="Checksum Mismatch",
        status=460,
        type="urn:kmm:problem:checksum_mismatch",
        detail="The bytes are not those that the checksum names; none of them were kept. Send them again.",
    )
    return errors.respond(problem, _RESUMABLE)


handlers = [
    Router(
        "/uploads",
        route_handlers=[create_upload, get_upload, append_upload, delete_upload],
        exception_handlers={Fault: _on_fault, Corrupted: _on_corrupted},
    )
]
