"""Addresses on the internet: url, domain, ip and email.

Host names are shown in their ASCII form (punycode): resolvers, filters and registrars act on that form, and it
is the one spelling in which look-alike letters cannot hide.
"""

import ipaddress
import re
import unicodedata

import ada_url

from core.signals.kinds.hosts import facts_of_host, notes_on_host
from core.signals.kinds.text import MAX_URL_CHARACTERS, clean, refang
from core.signals.kinds.tracking import notes_on_query, tracking_parameters
from core.wire.kinds import Canonical, Fact

_NOT_A_DOMAIN = "Expected a host name with at least two labels, such as example.com."
_NOT_A_URL = "Expected an http or https URL with a host name or an IP address."

# Wider than a registrable name: underscores and outer hyphens do resolve, and are in use on abusive hosts.
_DOMAIN = re.compile(r"(?=.{1,253}\Z)(?:[a-z0-9_-]{1,63}\.)+(?:[a-z]{2,63}|xn--[a-z0-9-]{1,59})")
_IPV4 = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}")
_SCHEME = re.compile(r"(?P<name>h(?:tt|xx)p(?P<tls>s?))(?:://|\[://\]|\[:\]//|:[/\\]*)", re.IGNORECASE)
# What is spelled as it will be shown: nothing to decode, no dot segment, no punycode that could be wrong.
_PLAIN = re.compile(
    r"https?://((?!(?:[^/]*\.)?xn--)(?=[^/]{1,253}(?:/|\Z))(?:[a-z0-9-]{1,63}\.)+[a-z]{2,63})((?:/(?!\.)[A-Za-z0-9_~.-]*)*)"
)
_ROOT = re.compile(rf"(?:{_SCHEME.pattern})?(?P<host>\[[^\]]*\]|[^/\\?#@:\[\]]+)(?::(?:80|443))?/?", re.IGNORECASE)
_AUTHORITY = re.compile(r"[^/\\?#]*")
_TRIPLET = re.compile("%[0-9A-Fa-f]{2}")
_STRAY_PERCENT = re.compile("%(?![0-9A-Fa-f]{2})")
_AT = re.compile(r"[\[({](?:@|at)[\])}]", re.IGNORECASE)
_DIGESTS = {32: "md5", 40: "sha1", 64: "sha256"}
_DIGEST = re.compile("[0-9A-Fa-f]{32}(?:[0-9A-Fa-f]{8}|[0-9A-Fa-f]{32})?")
_LOCAL_PART = re.compile(r"""[^\s"(),:;<>@\[\\\]]{1,64}""")


def parse_domain(value: str) -> Canonical:
    """A host name in lower case and punycode, without the root dot."""
    name = _ascii_domain(refang(clean(value)))
    return Canonical(name, name, notes_on_host(name))


def parse_ip(value: str) -> Canonical:
    """One IPv4 or IPv6 address in its shortest spelling (RFC 5952); an IPv4-mapped IPv6 address is its IPv4 one."""
    text = refang(clean(value)).removeprefix("[").removesuffix("]")
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        raise ValueError("Expected one IPv4 or IPv6 address without port or prefix length.") from None
    if isinstance(address, ipaddress.IPv6Address):
        if address.scope_id is not None:
            raise ValueError("Expected an IPv6 address without a zone.")
        address = address.ipv4_mapped or address
    return Canonical(str(address), str(address))


def parse_email(value: str) -> Canonical:
    """A mailbox. The part before the @ is shown as sent and compared without case; tags and dots in it count."""
    local, at, domain = _AT.sub("@", refang(clean(value))).rpartition("@")
    local = unicodedata.normalize("NFC", local)
    if not at or not local.isprintable() or not _LOCAL_PART.fullmatch(local):
        raise ValueError("Expected an email address, such as name@example.com.")
    domain = _ascii_domain(domain)
    if len(local) + len(domain) > 253:  # with the @, the longest path of RFC 5321
        raise ValueError("Expected an email address of at most 254 characters.")
    return Canonical(f"{local.casefold()}@{domain}", f"{local}@{domain}", notes_on_host(domain))


def parse_url(value: str) -> Canonical:
    """An http or https URL in WHATWG form with the percent-encoding of RFC 3986 §6.2.2.

    Shown with its scheme and compared without it and without ports 80 and 443. Credentials and fragment are
    dropped: neither decides what is served, and both may carry the name of a person who was lured there.
    A value without a scheme is taken as http.
    """
    if len(value) <= MAX_URL_CHARACTERS and (plain := _PLAIN.fullmatch(value)):
        host, path = plain.groups()
        # Most of a feed is like this, and the URL parser alone takes longer than all else that is done to an item.
        return Canonical(f"{host}{path or '/'}", value if path else f"{value}/")
    scheme, rest = _split_scheme(clean(value, MAX_URL_CHARACTERS))
    try:
        href = ada_url.URL(f"{scheme}://{rest}").href
    except ValueError:
        raise ValueError(_NOT_A_URL) from None
    authority, _, tail = href.partition("#")[0][len(scheme) + 3 :].partition("/")
    host, port = _split_port(authority.rpartition("@")[2])
    path = _canonical_path("/" + tail)
    display = f"{scheme}://{host}{port}{path}"
    if len(display) > MAX_URL_CHARACTERS:
        raise ValueError(f"Expected a URL of at most {MAX_URL_CHARACTERS} characters once encoded.")
    notes = notes_on_host(host) + notes_on_query(path)
    return Canonical(f"{host}{'' if port in (':80', ':443') else port}{path}", display, notes)


def facts_of_email(display: str) -> dict[str, Fact]:
    return facts_of_host(display.rpartition("@")[2])


def facts_of_url(display: str) -> dict[str, Fact]:
    """Those of its host, and the `tracking_parameters` in its query."""
    host = _split_port(display.split("/", 3)[2])[0]
    facts = {} if host.startswith("[") or _IPV4.fullmatch(host) else facts_of_host(host)
    if names := tracking_parameters(display):
        facts["tracking_parameters"] = names
    return facts


def guess(line: str) -> tuple[str, str]:
    """(kind, value) of a line from a bare list.

    A host is a domain or ip, also behind a scheme, before the port of one or a bare slash: lists differ in these and
    mean the host. With another port, a path or a query it is a url. Hexadecimal digits are the digest of a file by
    their number; a PDQ hash is as long as a sha256, so it needs its kind said.
    """
    value = line.strip()
    if _DIGEST.fullmatch(value):
        return _DIGESTS[len(value)], value
    bare = refang(value)
    root = _ROOT.fullmatch(bare)
    host = root["host"] if root else bare
    spelled = value if host == bare else host
    if root and host[0] != "[" and not host[-1].isdigit():
        return "domain", spelled
    try:
        parse_ip(host)
    except ValueError:
        return ("url", value) if value and not root else ("domain", spelled)
    return "ip", spelled


def _ascii_domain(name: str) -> str:
    if name.isascii() and "xn--" not in (lowered := name.lower()):
        ascii_name = lowered
    else:
        ascii_name = ada_url.idna_to_ascii(name).decode()
    ascii_name = ascii_name.removesuffix(".")
    if _DOMAIN.fullmatch(ascii_name):
        return ascii_name
    if _IPV4.fullmatch(ascii_name):
        raise ValueError("Expected a host name; send an IP address as kind ip.")
    if any(mark in name for mark in "/?:"):
        raise ValueError("Expected a host name alone; send an address with scheme, port or path as kind url.")
    raise ValueError(_NOT_A_DOMAIN)


def _split_scheme(text: str) -> tuple[str, str]:
    """("http" or "https", the rest of the URL) with defanged spellings undone."""
    found = _SCHEME.match(text)
    rest = text[found.end() :] if found else text
    authority = _AUTHORITY.match(rest)
    host = authority[0] if authority else ""
    if not found and ("@" in host or host.endswith(":")):
        raise ValueError(_NOT_A_URL)  # an email address or another scheme, not a host to put http:// before
    # Brackets in a path may be part of it; they are marks of defanging only where scheme or host carry them too.
    if refang(host) != host or (found and found[0].lower() not in ("http://", "https://")):
        rest = refang(rest)
    return ("https" if found and found["tls"] else "http"), rest


def _split_port(authority: str) -> tuple[str, str]:
    """Host and ":port" ("" when the scheme's own) of an authority in WHATWG form, with the root dot dropped."""
    if authority.endswith("]"):
        return authority, ""
    host, colon, port = authority.rpartition(":")
    if not colon:
        host, port = authority, ""
    if not host.startswith("["):
        host = host.removesuffix(".")
        if not _DOMAIN.fullmatch(host) and not _IPV4.fullmatch(host):
            raise ValueError(_NOT_A_URL)
    return host, colon + port


def _canonical_path(path: str) -> str:
    """Path and query with upper-case triplets, unreserved characters decoded and no empty query."""
    if path.endswith("?") and path.count("?") == 1:
        path = path[:-1]
    # Beside a stray % decoding could form a triplet that was never there, so such a path stays as it is.
    if "%" in path and not _STRAY_PERCENT.search(path):
        path = _TRIPLET.sub(_canonical_triplet, path)
    return path


def _canonical_triplet(match: re.Match[str]) -> str:
    character = chr(int(match[0][1:], 16))
    if character.isascii() and (character.isalnum() or character in "-._~"):
        return character
    return match[0].upper()
