"""Verifying a file offline: what was signed passes, and any byte that differs does not."""

import base64
import hashlib
import json
from datetime import UTC, date, datetime

import msgspec
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc import jws
from joserfc.jwk import ECKey

from core.reports.verify import TYP, NotGenuine, read, verify
from core.wire.documents import Language, Manifest, ManifestFile, Period, Positions, ReaderClass
from core.wire.oauth import KeySet, PublicKey

FILES = {
    "report.json": b'{"format":"khongmotminh-report-1"}',
    "report.vi.pdf": b"%PDF-1.7 \xe1\xba\xb0",
    "report.csv.zip": b"PK\x03\x04 and so on",
}
RING = {kid: ECKey.generate_key("P-256") for kid in ("old", "new")}


def public(*kids: str) -> KeySet:
    keys = []
    for kid in kids:
        found = RING[kid].as_dict(private=False)
        keys.append(PublicKey("EC", "P-256", str(found["x"]), str(found["y"]), kid, "sig", "ES256"))
    return KeySet(tuple(keys))


def signed(kid: str = "old", typ: str = TYP, payload: bytes | None = None) -> bytes:
    header = {"alg": "ES256", "typ": typ, "kid": kid}
    return jws.serialize_compact(header, payload or MANIFEST, RING[kid], algorithms=["ES256"]).encode()


def _file(name: str, data: bytes) -> ManifestFile:
    language = Language.VI if ".vi." in name else None
    return ManifestFile(name, "application/x", language, len(data), hashlib.sha256(data).hexdigest(), "test 1")


MANIFEST = msgspec.json.encode(
    Manifest(
        report="rep_" + "a" * 26,
        document_sha256=hashlib.sha256(FILES["report.json"]).hexdigest(),
        definition_sha256="0" * 64,
        pattern_sha256="1" * 64,
        readers=ReaderClass.PUBLIC,
        partner=None,
        period=Period(date(2026, 10, 1), date(2026, 11, 1)),
        positions=Positions(10, 20),
        position=25,
        frozen=datetime(2026, 11, 2, tzinfo=UTC),
        files=tuple(_file(name, data) for name, data in FILES.items()),
    )
)
SIGNED = signed()


@pytest.mark.parametrize("name", FILES)
def test_each_kind_of_file_is_known_by_its_bytes(name: str) -> None:
    found = verify(FILES[name], SIGNED, public("old"))
    assert (found.file.name, found.kid, found.manifest.position) == (name, "old", 25)
    assert verify(FILES[name], SIGNED + b"\n", public("old")) == found


@pytest.mark.parametrize("name", FILES)
def test_every_byte_of_a_file_counts(name: str) -> None:
    data = FILES[name]
    for at in range(len(data)):
        with pytest.raises(NotGenuine, match="No file of report"):
            verify(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :], SIGNED, public("old"))
    for other in (data + b"\0", data[:-1], b""):
        with pytest.raises(NotGenuine):
            verify(other, SIGNED, public("old"))


@given(at=st.integers(0, len(SIGNED) - 1), bit=st.integers(0, 7))
@settings(max_examples=300)
def test_every_bit_of_a_manifest_counts(at: int, bit: int) -> None:
    with pytest.raises(NotGenuine):
        read(SIGNED[:at] + bytes([SIGNED[at] ^ (1 << bit)]) + SIGNED[at + 1 :], public("old"))


def test_the_spare_bits_of_the_signature_count_too() -> None:
    """In base64 sixteen texts stand for one signature of 64 bytes."""
    for letter in b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_":
        text = SIGNED[:-1] + bytes([letter])
        if text != SIGNED:
            with pytest.raises(NotGenuine):
                read(text, public("old"))


def test_another_program_verifies_it_as_well() -> None:
    """With nothing of ours, by RFC 7515 and RFC 7518 §3.4 alone."""
    header, payload, signature = SIGNED.split(b".")
    x, y, r, s = (_number(one) for one in (*_point("old"), *_halves(signature)))
    key = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
    key.verify(encode_dss_signature(r, s), header + b"." + payload, ec.ECDSA(hashes.SHA256()))
    assert json.loads(_plain(header)) == {"alg": "ES256", "typ": "report+json", "kid": "old"}
    files = {file["name"]: file["sha256"] for file in json.loads(_plain(payload))["files"]}
    assert files == {name: hashlib.sha256(data).hexdigest() for name, data in FILES.items()}


def _point(kid: str) -> tuple[bytes, bytes]:
    (key,) = public(kid).keys
    return _plain(key.x.encode()), _plain(key.y.encode())


def _halves(signature: bytes) -> tuple[bytes, bytes]:
    return _plain(signature)[:32], _plain(signature)[32:]


def _number(data: bytes) -> int:
    return int.from_bytes(data, "big")


def _plain(part: bytes) -> bytes:
    return base64.urlsafe_b64decode(part + b"=" * (-len(part) % 4))


def test_the_old_key_verifies_after_a_rotation() -> None:
    assert verify(FILES["report.json"], SIGNED, public("old", "new")).kid == "old"
    assert verify(FILES["report.json"], signed("new"), public("old", "new")).kid == "new"
    with pytest.raises(NotGenuine, match="not in the key set"):
        verify(FILES["report.json"], SIGNED, public("new"))


def test_what_is_signed_for_something_else_is_no_manifest() -> None:
    with pytest.raises(NotGenuine, match="no manifest"):
        read(signed(typ="custody+json"), public("old"))
    with pytest.raises(NotGenuine):
        read(signed(payload=b"[" * 10_000), public("old"))
    for text in (b"", b"a.b", b"..", SIGNED + b"\n\n", b"\xff\xfe"):
        with pytest.raises(NotGenuine):
            read(text, public("old"))


def test_a_manifest_without_a_signature_is_refused() -> None:
    """`alg: none` and a symmetric algorithm under the public key are the two classic forgeries."""
    body = base64.urlsafe_b64encode(MANIFEST).rstrip(b"=")
    for algorithm in ("none", "HS256"):
        header = msgspec.json.encode({"alg": algorithm, "typ": TYP, "kid": "old"})
        text = base64.urlsafe_b64encode(header).rstrip(b"=") + b"." + body + b"."
        with pytest.raises(NotGenuine):
            read(text, public("old"))
