"""Where a webhook may go: first by the text of its URL, then by every address that its name resolves to.

2026-11-22: lists of our own. Python's `ipaddress.is_global` follows the registry of the day it was built with (3.11
calls 192.88.99.0/24 global), and knows nothing of addresses that clouds answer themselves. Held by
tests/plugins/webhooks/test_ssrf.py, at the socket.
"""

import re
from collections.abc import Collection
from ipaddress import IPv6Address, ip_address, ip_network

import ada_url
import httpx
import msgspec

_MOST = 2_000
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
# The last label is alphabetic (or an encoded one), so that no spelling of an IP address is a name.
_NAME = rf"(?:{_LABEL}\.)+(?:[a-z]{{2,63}}|xn--[a-z0-9-]{{1,59}})"
_IN_TEXT = r"(?P<path>/[!-~]*)?"
_URL = re.compile(rf"https://(?P<host>{_NAME})(?::(?P<port>[0-9]{{1,5}}))?{_IN_TEXT}", re.IGNORECASE)
_ALLOWED = re.compile(rf"https?://(?P<host>[a-z0-9.-]+):(?P<port>[0-9]{{1,5}}){_IN_TEXT}")

_LOCAL = ("localhost", "local", "internal", "arpa", "onion", "alt")
"""Top-level names that never name a public host (RFC 6761, 6762, 7686, 8375, 9476)."""

# IANA special-purpose registries for IPv4 and IPv6 (RFC 6890 and its successors).
_IPV4 = [
    ip_network(one)
    for one in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/3",
        # Answered by Azure's hosts to their guests, although it is public.
        "168.63.129.16/32",
    )
]
_GLOBAL_UNICAST = ip_network("2000::/3")
"""Beyond it lie loopback, mapped and translated IPv4, unique-local, link-local and multicast addresses."""
_IPV6 = [
    ip_network(one)
    for one in (
        # Protocol assignments, Teredo among them.
        "2001::/23",
        "2001:db8::/32",
        # 6to4 carries an IPv4 address.
        "2002::/16",
        "3fff::/20",
    )
]


class Refused(ValueError):
    """The hub does not send there. The text reaches the partner, and names no address."""


class Target(msgspec.Struct, frozen=True):
    """A URL that passed, in the pieces that a request is made of: nobody parses it again."""

    scheme: str
    host: str
    port: int
    path: str
    """With the query."""

    @property
    def authority(self) -> str:
        return self.host if (self.scheme, self.port) == ("https", 443) else f"{self.host}:{self.port}"


def check_url(url: str, ports: Collection[int], allow: Collection[str]) -> Target:
    """The target that `url` names, by its text alone.

    `allow` holds `host:port` pairs that may be reached though they are not public, by http as well. Raises `Refused`.
    """
    if len(url) > _MOST:
        raise Refused(f"The URL may have {_MOST} characters.")
    allowed = _ALLOWED.fullmatch(url)
    if allowed and f"{allowed['host']}:{allowed['port']}" in allow:
        scheme = url.partition(":")[0]
        return Target(scheme, allowed["host"], int(allowed["port"]), allowed["path"] or "/")
    found = _URL.fullmatch(url)
    if not found or "#" in url or "\\" in url:
        raise Refused("Expected https://, a host by its full name in ASCII, and no user, fragment or IP address.")
    host, port = found["host"].lower(), int(found["port"] or 443)
    if len(host) > 253 or host.rpartition(".")[2] in _LOCAL:
        raise Refused("This host has no public name.")
    if port not in ports:
        raise Refused(f"Ports to send to: {', '.join(map(str, sorted(ports)))}.")
    _require_agreement(url, host, port)
    return Target("https", host, port, found["path"] or "/")


def _require_agreement(url: str, host: str, port: int) -> None:
    """Two parsers that are not ours read the same host and port; where they differ, a receiver's proxy may, too."""
    try:
        browser, client = ada_url.URL(url), httpx.URL(url)
    except (ValueError, httpx.InvalidURL):
        raise Refused("This is not a URL.") from None
    read = {(browser.hostname, int(browser.port or 443)), (client.raw_host.decode(), client.port or 443)}
    if read != {(host, port)} or browser.protocol != "https:" or browser.username or client.userinfo:
        raise Refused("This URL can be read in two ways.")


def is_public(address: str) -> bool:
    """Whether an address may be connected to: global unicast, and not on one of the lists."""
    try:
        found = ip_address(address)
    except ValueError:
        return False
    if isinstance(found, IPv6Address):
        return not found.scope_id and found in _GLOBAL_UNICAST and not any(found in net for net in _IPV6)
    return not any(found in net for net in _IPV4)
