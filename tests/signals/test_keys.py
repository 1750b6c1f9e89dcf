"""Keyed digests: ids that go there and back, seals that hold."""

import base64
import string

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.signals.keys import MODULUS, Keys, hex_sum, parse_id, public_id

KEYS = Keys("a secret of the tests, long enough to be one")
OTHER = Keys("another secret of the tests, as long as the one")
LETTERS = string.ascii_letters + string.digits + "-_"

keys = st.binary(min_size=16, max_size=16)
payloads = st.binary(min_size=1, max_size=60)
partners = st.integers(0, 2**63)


@given(keys)
@example(bytes(16))
@example(b"\xff" * 16)
def test_an_id_names_its_key(key: bytes) -> None:
    spelled = public_id(key)
    assert spelled == "sig_" + base64.b32encode(key).decode().rstrip("=").lower()
    assert parse_id(spelled) == key


@given(keys)
def test_an_id_has_one_spelling(key: bytes) -> None:
    """26 letters carry 130 bits: the last one has room for four spellings of the same 128."""
    spelled = public_id(key)
    twins = [spelled[:-1] + letter for letter in "abcdefghijklmnopqrstuvwxyz234567"]
    assert [twin for twin in twins if parse_id(twin) == key] == [spelled]


GOOD = public_id(bytes(16))


@pytest.mark.parametrize(
    "text",
    ["", "sig_", GOOD[4:], GOOD[:-1], GOOD + "a", GOOD.upper(), GOOD + "\n", f" {GOOD}", GOOD.replace("sig", "act")]
    + [GOOD[:-2] + strange + "a" for strange in "018=-_ \0ａ"],
)
def test_anything_else_is_no_id(text: str) -> None:
    assert parse_id(GOOD)
    assert parse_id(text) is None


def test_keys_depend_on_secret_kind_and_identity() -> None:
    made = {
        keys.signal(kind, identity)
        for keys in (KEYS, OTHER)
        for kind, identity in (
            ("url", "a.example/"),
            ("domain", "a.example/"),
            ("url", "a.example"),
            ("ur", "la.example"),
        )
    }
    assert len(made) == 8
    assert all(len(key) == 16 for key in made)


def test_checks_differ_by_position_and_secret() -> None:
    checks = {keys.check(position) for keys in (KEYS, OTHER) for position in (0, 1, 2, 2**40)}
    assert len(checks) == 8
    assert all(0 <= check < MODULUS for check in checks)


@given(st.integers(), st.integers())
def test_sums_wrap_at_the_modulus(one: int, other: int) -> None:
    assert hex_sum(one + other) == hex_sum(int(hex_sum(one), 16) + int(hex_sum(other), 16))
    assert len(hex_sum(one)) == 32


@given(payloads, partners)
def test_a_seal_opens_for_its_partner_only(payload: bytes, partner: int) -> None:
    sealed = KEYS.seal(payload, partner)
    assert set(sealed) <= set(LETTERS)
    assert KEYS.unseal(sealed, partner) == payload
    assert KEYS.unseal(sealed, partner + 1) is None
    assert OTHER.unseal(sealed, partner) is None


def test_every_change_of_a_sealed_text_is_noticed() -> None:
    sealed = KEYS.seal(bytes(range(32)), 7)
    changed = [sealed[:at] + letter + sealed[at + 1 :] for at in range(len(sealed)) for letter in LETTERS]
    shortened = [sealed[:at] + sealed[at + 1 :] for at in range(len(sealed))] + [
        sealed[:at] for at in range(len(sealed))
    ]
    stuffed = [sealed[:at] + more + sealed[at:] for at in range(len(sealed) + 1) for more in ("A", "=", "\n", "!", "é")]
    opened = [text for text in (*changed, *shortened, *stuffed) if text != sealed and KEYS.unseal(text, 7) is not None]
    assert opened == []


def test_what_is_no_seal_at_all_does_not_open() -> None:
    for text in ("", "A", "AAAA", "A" * 16, "A" * 59, "=" * 8, "\0", "€", "\ud800", "a" * 200):
        assert KEYS.unseal(text, 7) is None
