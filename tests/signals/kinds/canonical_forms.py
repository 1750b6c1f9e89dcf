"""Canonical forms of each kind, made at random from small alphabets so that near misses are common."""

from hashlib import sha256
from ipaddress import IPv6Address, ip_address

from hypothesis import strategies as st

_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"

LABEL = st.text("ab1", min_size=1, max_size=3)
HOST = st.lists(LABEL, min_size=1, max_size=3).map(lambda labels: ".".join([*labels, "example"]))
PATH = st.text("aA1/-_~;=", max_size=4)
QUERY = st.just("") | st.text("aA1&=+-", min_size=1, max_size=4).map("?".__add__)
IPV4 = st.integers(0, 2**32 - 1).map(ip_address).map(str)
IPV6 = st.integers(0, 2**128 - 1).map(IPv6Address).filter(lambda address: address.ipv4_mapped is None).map(str)
PHONE = st.from_regex("[+]84[35789][0-9]{2}00000[0-9]", fullmatch=True)
HASHES = {
    name: st.binary(min_size=size, max_size=size).filter(any).map(bytes.hex)
    for name, size in (("md5", 16), ("sha1", 20), ("sha256", 32))
}


def _of(pattern: str) -> st.SearchStrategy[str]:
    return st.from_regex(pattern, fullmatch=True)


def _base58(data: bytes) -> str:
    number, digits = int.from_bytes(data, "big"), ""
    while number:
        number, digit = divmod(number, 58)
        digits = _BASE58[digit] + digits
    return "1" * (len(data) - len(data.lstrip(b"\x00"))) + digits


def _checked(version: int, payload: bytes) -> str:
    data = bytes([version]) + payload
    return _base58(data + sha256(sha256(data).digest()).digest()[:4])


def _crypto() -> st.SearchStrategy[str]:
    payload = st.binary(min_size=20, max_size=20)
    versions = [
        ("bitcoin", 0),
        ("bitcoin", 5),
        ("tron", 0x41),
        ("litecoin", 0x30),
        ("litecoin", 0x32),
        ("dogecoin", 30),
    ]
    legacy = st.builds(lambda row, data: f"{row[0]}:{_checked(row[1], data)}", st.sampled_from(versions), payload)
    ethereum = payload.filter(any).map(lambda data: f"ethereum:0x{data.hex()}")
    solana = st.binary(min_size=32, max_size=32).filter(any).map(lambda data: f"solana:{_base58(data)}")
    return legacy | ethereum | solana


def _is_not_blank(data: bytes) -> bool:
    return 15 < int.from_bytes(data, "big").bit_count() < 241


WORDS = st.lists(st.text("aăâdđeêoôơuưạảãáà", min_size=1, max_size=3), min_size=10, max_size=12).map(" ".join)

FORMS: dict[str, st.SearchStrategy[str]] = {
    "url": st.builds(lambda host, path, query: f"http://{host}/{path}{query}", HOST, PATH, QUERY),
    "domain": HOST,
    "ip": IPV4 | IPV6,
    "email": st.builds(lambda local, host: f"{local}@{host}", st.text("ab1.+_-", min_size=1, max_size=4), HOST),
    "phone": PHONE | _of("[1-9][0-9]{2,5}") | _of("[+]120255501[0-9]{2}"),
    "bank_account": _of("9704[0-9]{2}:[0-9A-C]{3,5}"),
    "e_wallet": st.builds("{}:{}".format, st.sampled_from(["momo", "zalopay"]), PHONE | _of("[aA][aA1._-]{2,4}")),
    "crypto_address": _crypto(),
    "social_account": _of(
        "(?:telegram:[ab][ab1_]{3,5}|facebook:[ab1]{5,6}|tiktok:[ab_.]{2,4}|youtube:@[abđ_]{3,4}|youtube:UC[aA1_-]{22}"
        "|instagram:[ab_.]{1,4}|x:[ab1_]{1,4}|discord:[ab_.]{2,4}|zalo:[+]8495000000[0-9]|zalo:1[0-9]{14}"
        "|roblox:(?:users/)?[1-9]{3,4}|steam:id/[ab1]{2,4}|free_fire:[1-9][0-9]{7}|mobile_legends:[1-9]{6}[(][0-9]{4}[)])"
    ),
    "meeting": _of(
        "(?:zoom:[0-9]{9,11}|google_meet:[ab]{3}-[ab]{4}-[ab]{3}|teams:[0-9]{9,11}|zalo:g/[ab1]{6,7}"
        "|teams:19:meeting_[aA1_-]{8,9}@thread[.]v2)"
    ),
    "app": _of(
        "(?:android:[aA][aA1_]{0,2}[.][aA][aA1_]{0,2}|ios:[1-9][0-9]{5,6}|ios:[a1-]{1,3}[.][a1]{1,3}"
        "|testflight:[aA1]{6,7})"
    ),
    "text": WORDS,
    "pdq": st.binary(min_size=32, max_size=32).filter(_is_not_blank).map(bytes.hex),
    **HASHES,
}
