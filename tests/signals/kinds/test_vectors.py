"""Each kind by example: what becomes one observable, what is refused and why, and what must stay two."""

import pytest

from core.signals.kinds import Kinds

KINDS = Kinds()
CHANNEL = "UCabcdefghijklmnopqrstuv"
PDQ = "f8f8f0cee0f4a84f06370a22038f63f0b36e2ed596621e1d33e6b39c4e9c9b22"

# kind: (sent, identity, display); None as display is the identity again
ACCEPTED: dict[str, list[tuple[str, str, str | None]]] = {
    "url": [
        ("https://example.com", "example.com/", "https://example.com/"),
        ("HTTP://Example.COM:80/A", "example.com/A", "http://example.com/A"),
        ("https://example.com:443/a", "example.com/a", "https://example.com/a"),
        ("http://example.com:443/a", "example.com/a", "http://example.com:443/a"),
        ("http://example.com:8080/", "example.com:8080/", "http://example.com:8080/"),
        ("example.com/login?next=1", "example.com/login?next=1", "http://example.com/login?next=1"),
        ("example.com:100", "example.com:100/", "http://example.com:100/"),
        ("https://example.com/a#name@example.org", "example.com/a", "https://example.com/a"),
        ("https://bank.example:pw@evil.example/a", "evil.example/a", "https://evil.example/a"),
        ("https://example.com./a", "example.com/a", "https://example.com/a"),
        ("https://example.com/a?", "example.com/a", "https://example.com/a"),
        ("https://example.com/a/./b/../c", "example.com/a/c", "https://example.com/a/c"),
        (r"https:\\example.com\a", "example.com/a", "https://example.com/a"),
        ("https://example.com/%6cogin%2f%c4%91", "example.com/login%2F%C4%91", "https://example.com/login%2F%C4%91"),
        ("https://example.com/đ", "example.com/%C4%91", "https://example.com/%C4%91"),
        ("https://example.com/%4%31", "example.com/%4%31", "https://example.com/%4%31"),
        ("https://lừađảo.example/", "xn--lao-wqa4698ajma.example/", "https://xn--lao-wqa4698ajma.example/"),
        ("hxxps://evil[.]example/a[.]php", "evil.example/a.php", "https://evil.example/a.php"),
        ("hXXp[://]evil(dot)example/", "evil.example/", "http://evil.example/"),
        ("https://example.com/a[.]b", "example.com/a[.]b", "https://example.com/a[.]b"),
        ("http://0xC0.0.2.1/", "192.0.2.1/", "http://192.0.2.1/"),
        ("http://[2001:DB8:0::1]:8080/", "[2001:db8::1]:8080/", "http://[2001:db8::1]:8080/"),
        ("\u200bhttps://example.com/\u00a0", "example.com/", "https://example.com/"),
    ],
    "domain": [
        ("Example.COM", "example.com", None),
        ("example.com.", "example.com", None),
        ("cốccốc.example", "xn--cccc-0x5ac.example", None),
        ("CỐCCỐC.example", "xn--cccc-0x5ac.example", None),
        ("XN--cccc-0x5ac.example", "xn--cccc-0x5ac.example", None),
        ("co\u0302\u0301cco\u0302\u0301c.example", "xn--cccc-0x5ac.example", None),
        ("ｅｘａｍｐｌｅ。com", "example.com", None),
        ("evil[.]example", "evil.example", None),
        ("evil(dot)example", "evil.example", None),
        ("_dmarc.example.com", "_dmarc.example.com", None),
        ("-a-.example", "-a-.example", None),
    ],
    "ip": [
        ("192.0.2.1", "192.0.2.1", None),
        ("192[.]0[.]2[.]1", "192.0.2.1", None),
        ("2001:DB8:0:0::1", "2001:db8::1", None),
        ("[2001:db8::1]", "2001:db8::1", None),
        ("2001[:]db8[:][:]1", "2001:db8::1", None),
        ("::ffff:192.0.2.1", "192.0.2.1", None),
    ],
    "email": [
        ("Name.Tag+x@Example.COM", "name.tag+x@example.com", "Name.Tag+x@example.com"),
        ("name[at]example[.]com", "name@example.com", None),
        ("tên@lừađảo.example", "tên@xn--lao-wqa4698ajma.example", None),
        ("te\u0302n@example.com", "tên@example.com", None),
    ],
    "phone": [
        ("0950 000 001", "+84950000001", None),
        ("+84 (0)950.000.001", "+84950000001", None),
        ("84950000001", "+84950000001", None),
        ("0084950000001", "+84950000001", None),
        ("950000001", "+84950000001", None),
        ("\u202a+84 950\u2011000\u2011001\u202c", "+84950000001", None),
        ("０９５０ ０００ ００１", "+84950000001", None),
        ("0162 000 0000", "+84320000000", None),
        ("+84 199 000 0000", "+84590000000", None),
        ("024 7300 0000", "+842473000000", None),
        ("1900 0000", "+8419000000", None),
        ("111", "111;phone-context=+84", "111"),
        ("5555", "5555;phone-context=+84", "5555"),
        ("+1 202 555 0100", "+12025550100", None),
        ("+44 20 7946 0000", "+442079460000", None),
        ("+39 06 0000 0000", "+390600000000", None),
    ],
    "bank_account": [
        ("970436:0001234567", "970436:0001234567", None),
        ("VCB:0001234567", "970436:0001234567", None),
        ("Vietcombank 0001 234 567", "970436:0001234567", None),
        ("ngân hàng Vietcombank - 0001.234.567", "970436:0001234567", None),
        ("970436 0001234567", "970436:0001234567", None),
        ("MB Bank/0001234567", "970422:0001234567", None),
        ("Á CHÂU: 0001-234-567", "970416:0001234567", None),
        ("DongA Bank:0001234567", "970406:0001234567", None),
        ("Vikki Bank:0001234567", "970406:0001234567", None),
        ("TPBank:example01", "970423:EXAMPLE01", None),
        ("999999:0001234567", "999999:0001234567", None),
    ],
    "social_account": [
        ("zalo:0950 000 001", "zalo:+84950000001", None),
        ("https://zalo.me/0950000001", "zalo:+84950000001", None),
        ("https://zalo.me/84950000001?src=qr", "zalo:+84950000001", None),
        ("https://oa.zalo.me/1000000000000000001", "zalo:1000000000000000001", None),
        ("https://zalo.me/Example.Page", "zalo:example.page", None),
        ("telegram:@Example_Account", "telegram:example_account", None),
        ("tg:example_account", "telegram:example_account", None),
        ("t.me/Example_Account", "telegram:example_account", None),
        ("https://t.me/s/example_account?before=1", "telegram:example_account", None),
        ("telegram:1000000001", "telegram:1000000001", None),
        ("https://www.facebook.com/Example.Account/", "facebook:exampleaccount", None),
        ("m.facebook.com/profile.php?v=info&id=100000000000001", "facebook:100000000000001", None),
        ("facebook.com/people/Example-Name/100000000000001/", "facebook:100000000000001", None),
        ("facebook.com/Example-Page-100000000000001", "facebook:100000000000001", None),
        ("fb:example.account", "facebook:exampleaccount", None),
        ("https://www.tiktok.com/@Example.Account?lang=vi", "tiktok:example.account", None),
        ("tiktok:@example.account", "tiktok:example.account", None),
        (f"https://www.youtube.com/channel/{CHANNEL}/videos", f"youtube:{CHANNEL}", None),
        ("https://youtube.com/@ExampleChannel", "youtube:@examplechannel", None),
        ("youtube.com/@k%C3%AAnhth%E1%BB%AD", "youtube:@kênhthử", None),
        ("youtube:examplechannel", "youtube:@examplechannel", None),
        ("youtube.com/c/ExampleChannel", "youtube:c/examplechannel", None),
        ("instagram.com/Example.Account", "instagram:example.account", None),
        ("https://twitter.com/Example_Account", "x:example_account", None),
        ("x:@example_account", "x:example_account", None),
        ("discord:Example.Account", "discord:example.account", None),
        ("discord.com/users/100000000000000001", "discord:100000000000000001", None),
    ],
    "md5": [(f" {'AB' * 16}\n", "ab" * 16, None)],
    "sha1": [("AB" * 20, "ab" * 20, None)],
    "sha256": [("AB" * 32, "ab" * 32, None)],
    "pdq": [(PDQ.upper(), PDQ, None)],
}

# kind: (sent, a part of what the partner is told)
REFUSED: dict[str, list[tuple[str, str]]] = {
    "url": [
        ("", "not blank"),
        ("http://example.com/\x00", "without control characters"),
        ("http://example.com/\ud800", "without control characters"),
        ("http://example.com/" + "a" * 8192, "at most 8192 characters"),
        ("http://example.com/" + "đ" * 2000, "once encoded"),
        ("ftp://example.com/a", "http or https URL"),
        ("foo.example://example.com/a", "http or https URL"),
        ("javascript:alert(1)", "http or https URL"),
        ("mailto:name@example.com", "http or https URL"),
        ("name@example.com", "http or https URL"),
        ("http://localhost/", "http or https URL"),
        ("http://exa mple.com/", "http or https URL"),
        ("http://a..example/", "http or https URL"),
        ("http://192.0.2.256/", "http or https URL"),
        ("http://example.com:99999/", "http or https URL"),
    ],
    "domain": [
        (" \u200b ", "not blank"),
        ("localhost", "at least two labels"),
        ("a..example", "at least two labels"),
        ("a b.example", "at least two labels"),
        ("*.example.com", "at least two labels"),
        (f"{'a' * 64}.example", "at least two labels"),
        (".".join(["a" * 50] * 6) + ".example", "at least two labels"),
        ("a" * 513, "at most 512 characters"),
        ("192.0.2.1", "as kind ip"),
        ("example.com/a", "as kind url"),
        ("https://example.com", "as kind url"),
        ("example.com:8080", "as kind url"),
    ],
    "ip": [
        ("192.0.2.256", "one IPv4 or IPv6 address"),
        ("192.0.2.01", "one IPv4 or IPv6 address"),
        ("192.0.2.0/24", "without port or prefix"),
        ("192.0.2.1:80", "without port or prefix"),
        ("fe80::1%eth0", "without a zone"),
    ],
    "email": [
        ("mail.example", "an email address"),
        ("@mail.example", "an email address"),
        ("a b@example.com", "an email address"),
        ('"a"@example.com', "an email address"),
        ("a\u200bb@example.com", "an email address"),
        ("Name <name@example.com>", "an email address"),
        ("name@example", "at least two labels"),
        (f"{'a' * 65}@example.com", "an email address"),
        (f"{'a' * 64}@{'.'.join(['a' * 60] * 3)}.example", "at most 254 characters"),
    ],
    "phone": [
        ("12", "a phone number in digits"),
        ("EXAMPLE-BRAND", "a phone number in digits"),
        ("0950 000 001 ext. 5", "a phone number in digits"),
        ("+99950000001", "a phone number in digits"),
        ("095000000000", "of the length its country uses"),
        ("+55 00 5026 7837", "of the length its country uses"),
        ("3800 0000", "with its area code"),
        ("9" * 500, "a phone number in digits"),
    ],
    "bank_account": [
        ("0001234567", "BANK:ACCOUNT"),
        ("9704360001234567", "BANK:ACCOUNT"),
        ("VCB0001234567", "BANK:ACCOUNT"),
        ("Example Bank:0001234567", "short name or six-digit BIN"),
        ("BVB:0001234567", "short name or six-digit BIN"),
        ("VCB:12", "3 to 19 letters and digits"),
        ("VCB:" + "1" * 20, "3 to 19 letters and digits"),
        ("VCB:0001234567 NAME OF HOLDER", "without the name of its holder"),
        ("VCB:NAME OF HOLDER", "without the name of its holder"),
        ("VCB 0001234567 NAME OF HOLDER", "BANK:ACCOUNT"),
    ],
    "social_account": [
        ("@example", "http or https URL"),
        ("https://example.com/account", "platform:handle"),
        ("myspace:example", "http or https URL"),
        ("https://www.facebook.com/groups/100000000000001", "send other pages as kind url"),
        ("https://www.facebook.com/marketplace", "send other pages as kind url"),
        ("https://www.facebook.com/story.php?id=1", "send other pages as kind url"),
        ("https://www.tiktok.com/@example/video/1", "send other pages as kind url"),
        ("https://www.youtube.com/watch?v=example", "send other pages as kind url"),
        ("https://t.me/+example", "a handle or id of an account on telegram"),
        ("https://t.me/joinchat/example", "send other pages as kind url"),
        ("https://instagram.com/p/example", "send other pages as kind url"),
        ("https://x.com/home", "send other pages as kind url"),
        ("x:a_handle_that_is_too_long", "a handle or id of an account on x"),
        ("zalo:12", "a phone number"),
        ("zalo:111", "a handle or id of an account on zalo"),
        ("discord:Name#0001", "a handle or id of an account on discord"),
    ],
    "md5": [("ab" * 15, "32 hexadecimal digits"), ("d41d8cd98f00b204e9800998ecf8427e", "a file that is not empty")],
    "sha1": [("xy" * 20, "40 hexadecimal digits"), ("0" * 40, "a file that is not empty")],
    "sha256": [("ab" * 20, "64 hexadecimal digits"), ("٠" * 64, "64 hexadecimal digits")],
    "pdq": [("ab" * 31, "64 hexadecimal digits"), ("0" * 64, "not blank"), ("f" * 64, "not blank")],
}

# kind: pairs that look alike and are two observables
APART: dict[str, list[tuple[str, str]]] = {
    "url": [
        ("http://example.com/a", "http://example.com/A"),
        ("http://example.com/a", "http://example.com/a/"),
        ("http://example.com/a", "http://www.example.com/a"),
        ("http://example.com/", "http://example.com:8080/"),
        ("http://example.com/?a=1&b=2", "http://example.com/?b=2&a=1"),
        ("http://example.com/a%2Fb", "http://example.com/a/b"),
        ("http://example.com/%2541", "http://example.com/%41"),
    ],
    "domain": [
        ("shopmobạviet.example", "shọpmobaviet.example"),
        ("example.com", "www.example.com"),
        ("exаmple.com", "example.com"),  # the first a is Cyrillic
        ("faß.example", "fass.example"),
    ],
    "ip": [("192.0.2.1", "192.0.2.10"), ("2001:db8::1", "2001:db8::1:0")],
    "email": [
        ("a.b@example.com", "ab@example.com"),
        ("a@example.com", "a+b@example.com"),
        ("tên@example.com", "ten@example.com"),
    ],
    "phone": [
        ("0162 000 0000", "0163 000 0000"),
        ("0950000001", "+1 950 000 0001"),
        ("111", "1111"),
    ],
    "bank_account": [
        ("VCB:0001234567", "VCB:1234567"),
        ("VCB:0001234567", "TCB:0001234567"),
        ("BVBank:0001234567", "BAOVIET Bank:0001234567"),
        ("VietBank:0001234567", "VietABank:0001234567"),
    ],
    "social_account": [
        ("instagram:example.account", "instagram:exampleaccount"),
        ("telegram:example_account", "instagram:example_account"),
        (f"youtube:{CHANNEL}", f"youtube:{CHANNEL[:2] + CHANNEL[2:].upper()}"),
        ("youtube:@example", "youtube:c/example"),
        ("facebook:100000000000001", "facebook:100000000000002"),
    ],
    "pdq": [(PDQ, PDQ[:-1] + "3")],
}


@pytest.mark.parametrize(
    ("kind", "sent", "identity", "display"),
    [(kind, *row) for kind, rows in ACCEPTED.items() for row in rows],
)
def test_spelling_has_one_canonical_form(kind: str, sent: str, identity: str, display: str | None) -> None:
    canonical = KINDS.parse(kind, sent)
    assert (canonical.identity, canonical.display) == (identity, display or identity)
    assert KINDS.parse(kind, canonical.display) == canonical


@pytest.mark.parametrize(("kind", "sent", "told"), [(kind, *row) for kind, rows in REFUSED.items() for row in rows])
def test_refusal_says_what_is_expected_without_the_value(kind: str, sent: str, told: str) -> None:
    with pytest.raises(ValueError, match="Expected") as refusal:
        KINDS.parse(kind, sent)
    message = str(refusal.value)
    assert told in message
    assert not sent.strip() or sent not in message


@pytest.mark.parametrize(("kind", "one", "other"), [(kind, *pair) for kind, pairs in APART.items() for pair in pairs])
def test_look_alikes_stay_two(kind: str, one: str, other: str) -> None:
    assert KINDS.parse(kind, one).identity != KINDS.parse(kind, other).identity
