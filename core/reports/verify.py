"""Whether a file is a report of the hub, told offline: by the signed manifest and the hub's public keys alone.

2026-11-22: what is signed is the manifest, which holds the SHA-256 of every file, so that one signature covers formats
that have no place for one. Whoever keeps file, manifest and key set needs no hub: the keys of
/.well-known/document-keys.json stay after a rotation. Held by tests/reports/test_verify.py.
"""

import base64
import binascii
import hashlib
from typing import TypeVar

import msgspec
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, GuestProtocol

from core.wire.documents import Manifest, ManifestFile
from core.wire.oauth import KeySet

T = TypeVar("T")

TYP = "report+json"
"""`typ` of a manifest's JWS: no token, and no document of another kind, passes for one."""
ALGORITHM = "ES256"


class NotGenuine(Exception):
    """The file is not what the hub signed, or nobody can tell. The text says which of the three does not fit."""


class Verified(msgspec.Struct, frozen=True):
    """What is proved."""

    file: ManifestFile
    """The file's entry in the manifest, found by its hash: what the file is called now means nothing."""
    manifest: Manifest
    kid: str
    """Of the key that signed."""


def verify(data: bytes, signed: bytes, keys: KeySet) -> Verified:
    """Hold `data`, the bytes of a file, against `signed`, a manifest as the hub gives it (compact JWS).

    Raises `NotGenuine`.
    """
    manifest, kid = read(signed, keys)
    digest = hashlib.sha256(data).hexdigest()
    for file in manifest.files:
        if file.sha256 == digest and file.size == len(data):
            return Verified(file, manifest, kid)
    raise NotGenuine(
        f"No file of report {manifest.report} has these bytes (SHA-256 {digest}). "
        f"Either the file was changed, or the manifest is another report's."
    )


def read(signed: bytes, keys: KeySet) -> tuple[Manifest, str]:
    """What the manifest says, and the `kid` of the key that signed it. Raises `NotGenuine`."""
    return opened(signed, keys, TYP, Manifest, "manifest")


def opened(signed: bytes, keys: KeySet, typ: str, kind: type[T], what: str) -> tuple[T, str]:
    """What a document of this `typ` says, read as a `kind`, and the `kid` of the key that signed it.

    Raises `NotGenuine`, which calls it `what`.
    """
    known = {key.kid: key for key in keys.keys}

    def find(header: GuestProtocol) -> ECKey:
        kid = header.headers().get("kid")
        if kid not in known:
            raise NotGenuine(f"The {what} is signed with the key {kid}, which is not in the key set.")
        return ECKey.import_key(msgspec.to_builtins(known[kid]))

    text = signed.removesuffix(b"\n")
    _require_canonical(text, what)
    try:
        signature = jws.deserialize_compact(text, find, algorithms=[ALGORITHM])
        header = signature.headers()
        if header.get("typ") != typ:
            raise NotGenuine(f"This is signed, but it is no {what}.")
        return msgspec.json.decode(signature.payload or b"", type=kind), str(header["kid"])
    # The library parses the header before it trusts it: deep JSON and odd types come out as these.
    except (JoseError, msgspec.MsgspecError, ValueError, TypeError, RecursionError):
        raise NotGenuine(f"The {what} is damaged, or not signed with this key.") from None


def _require_canonical(text: bytes, what: str) -> None:
    """In base64 the last character has bits to spare, so that several texts would mean the same signature."""
    for part in text.split(b"."):
        try:
            plain = base64.urlsafe_b64decode(part + b"=" * (-len(part) % 4))
        except (binascii.Error, ValueError):
            raise NotGenuine(f"The {what} is no compact JWS.") from None
        if base64.urlsafe_b64encode(plain).rstrip(b"=") != part:
            raise NotGenuine(f"The {what} is damaged: it is not written as a signer writes it.")
