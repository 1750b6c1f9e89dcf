"""Promises of every kind, the registry, and the guess for bare lists."""

import json
import re
import time
from pathlib import Path

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.signals.kinds import BUILTIN, Kinds, UnknownKind, guess
from core.wire.kinds import Canonical, SignalKind
from tests.signals.kinds.canonical_forms import FORMS

ROOT = Path(__file__).parents[3]
# st.text() alone leaves surrogates out and hardly ever reaches past the first check of a kind.
ANY_CHARACTER = st.characters(exclude_categories=())
PIECES = (
    "http:// https: hxxp [.] (dot) [:] // \\ xn-- . .. - _ @ [at] : 80 443 / ? # % %2 %41 %c3 com example vn [::1] "
    "192.0.2.1 0x7f + 84 0 00 162 1234567 VCB 970436 Ngân hàng bank telegram: zalo: zalo.me/ facebook.com/ "
    "profile.php?id= youtube: youtube.com/ channel/UC abcdefghijklmnopqrstuv ffffffffffffffff momo: |99| me.momo.vn/ "
    "000201 3854 0010A000000727 6304 img.vietqr.io/image/ btc: eth: 0x bc1q zoom: zoom.us/j/ teams: 19:meeting_ "
    "@thread.v2 meet: abc-defg-hij android: ios: com. play.google.com/store/apps/details?id= đ ọ ́ а"
)
ANY_TEXT = st.text(ANY_CHARACTER, max_size=40) | st.lists(st.sampled_from(PIECES.split()) | ANY_CHARACTER).map("".join)
PHONE = next(kind for kind in BUILTIN if kind.name == "phone")
EACH_KIND = pytest.mark.parametrize("kind", BUILTIN, ids=[kind.name for kind in BUILTIN])


def outcome(kind: SignalKind, value: str) -> Canonical | str:
    """What the kind makes of the value, or the reason why it refuses it."""
    try:
        return kind.parse(value)
    except ValueError as refusal:
        return str(refusal)


@EACH_KIND
@given(value=ANY_TEXT)
def test_any_text_is_refused_or_has_a_lasting_form(kind: SignalKind, value: str) -> None:
    canonical = outcome(kind, value)
    if isinstance(canonical, str):
        assert re.fullmatch(r"Expected .*\.", canonical)
    else:
        assert kind.parse(canonical.display) == canonical
        # Emoji newer than this Python's tables are kept in texts, and count as not printable.
        assert canonical.display.isprintable() or kind.name == "text"


@EACH_KIND
@given(data=st.data())
def test_canonical_forms_stay_and_no_two_of_them_are_one(kind: SignalKind, data: st.DataObject) -> None:
    forms = data.draw(st.lists(FORMS[kind.name], min_size=2, max_size=20, unique=True))
    parsed = [kind.parse(form) for form in forms]
    assert [one.display for one in parsed] == forms
    assert len({one.identity for one in parsed}) == len(forms)


@EACH_KIND
@given(data=st.data())
def test_facts_are_said_of_every_canonical_form(kind: SignalKind, data: st.DataObject) -> None:
    value = data.draw(FORMS[kind.name] | ANY_TEXT)
    canonical = outcome(kind, value)
    if isinstance(canonical, Canonical):
        assert all(isinstance(fact, str | bool | tuple) for fact in kind.facts(canonical.display).values())


@given(
    rest=st.text("ab-.0nx_~/~%?#:@A", max_size=20)
    | st.lists(st.sampled_from(["xn--", "a", "-", ".", "/", "vn"])).map("".join)
)
def test_a_plain_address_is_read_as_any_other(rest: str) -> None:
    """The short way for those that need nothing done; a blank before it makes it take the long one."""
    url = next(kind for kind in BUILTIN if kind.name == "url")
    for value in (f"https://{rest}", f"http://a.vn/{rest}", f"http://{rest}.vn/a"):
        assert outcome(url, value) == outcome(url, f" {value}")


@given(digits=st.text("0123456789", min_size=3, max_size=15), prefix=st.sampled_from(["", "+", "00", "+84", "0"]))
def test_phone_numbers_keep_their_form(digits: str, prefix: str) -> None:
    canonical = outcome(PHONE, prefix + digits)
    assert isinstance(canonical, str) or outcome(PHONE, canonical.display) == canonical


@given(national=st.from_regex("[35789][0-9]{8}", fullmatch=True))
def test_plain_numbers_are_read_as_the_library_reads_them(national: str) -> None:
    number = phonenumbers.parse(f"0{national}", "VN")
    assert phonenumbers.is_possible_number(number)
    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    assert e164 == PHONE.parse(f"0{national}").display == PHONE.parse(f"+84{national}").display


@EACH_KIND
@pytest.mark.parametrize(
    "piece", ["a", "1", " ", "- ", "a - ", "a1 ", "a.", "%4", "[.]", "-1234567", "a&", "@", "xn--"]
)
def test_long_values_take_no_longer_than_their_length(kind: SignalKind, piece: str) -> None:
    began = time.process_time()
    for value in ("facebook.com/profile.php?" + piece * 900, (piece * 8192)[:8192], (piece * 512)[:511] + "!"):
        outcome(kind, value)
        outcome(kind, "a" * 256 + value[:256])
    assert time.process_time() - began < 0.05  # a pattern that backtracks takes 0.1 s for 512 characters


def test_kinds_of_this_hub_and_of_its_plugins() -> None:
    kinds = Kinds([SignalKind("wallet", "Wallet", lambda value: Canonical(value.lower(), value))])
    assert kinds.names == (
        *("url", "domain", "ip", "email", "phone", "bank_account", "e_wallet", "crypto_address", "social_account"),
        *("meeting", "app", "text", "md5", "sha1", "sha256", "pdq", "wallet"),
    )
    assert kinds.parse("wallet", "A").identity == "a"
    assert "wallet" not in Kinds().names


def test_the_contract_names_the_kinds_that_are_built_in() -> None:
    contract = json.loads((ROOT / "openapi" / "openapi.json").read_text("utf-8"))
    described = contract["components"]["schemas"]["SignalIn"]["properties"]["kind"]["description"]
    assert re.findall("`([a-z0-9_]+)`", described) == [kind.name for kind in BUILTIN]


def test_two_kinds_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="Two signal kinds are named url"):
        Kinds([SignalKind("url", "Another", lambda value: Canonical(value, value))])


def test_unknown_kind_is_told_apart_from_a_bad_value() -> None:
    with pytest.raises(UnknownKind, match="Expected one of url, domain"):
        Kinds().parse("no such kind", "example.com")


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("example.com", "domain"),
        ("lừađảo.example", "domain"),
        ("evil[.]example", "domain"),
        ("example.com9", "domain"),
        ("", "domain"),
        ("ab" * 16, "md5"),
        ("AB" * 20, "sha1"),
        ("ab" * 32, "sha256"),
        ("ab" * 18, "domain"),
        ("192.0.2.1", "ip"),
        ("192[.]0[.]2[.]1", "ip"),
        ("2001:db8::1", "ip"),
        ("[2001:db8::1]", "ip"),
        ("example.com:100", "url"),
        ("example.com/a", "url"),
        ("example.com?a=1", "url"),
        ("https://example.com:8443", "url"),
        ("https://user@example.com", "url"),
        ("http://[2001:db8::1]:8080/", "url"),
    ],
)
def test_line_of_a_bare_list(line: str, kind: str) -> None:
    assert guess(f" {line}\r\n") == (kind, line)


@pytest.mark.parametrize(
    ("line", "host"),
    [
        ("https://example.com", ("domain", "example.com")),
        ("HTTP://Example.com.:80/", ("domain", "Example.com.")),
        ("example.com/", ("domain", "example.com")),
        ("example.com:443", ("domain", "example.com")),
        ("hxxps[:]//evil[.]example", ("domain", "evil.example")),
        ("http://192.0.2.1/", ("ip", "192.0.2.1")),
        ("https://[2001:db8::1]:443", ("ip", "[2001:db8::1]")),
    ],
)
def test_a_host_is_a_host_however_a_list_dresses_it(line: str, host: tuple[str, str]) -> None:
    assert guess(line) == host
