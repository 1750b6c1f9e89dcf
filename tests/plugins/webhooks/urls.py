"""URLs that a partner might try, to have the hub call what only the hub can reach. Generated, each with a name."""

from collections.abc import Iterator
from ipaddress import IPv4Address

PRIVATE = {
    "loopback": "127.0.0.1",
    "loopback high": "127.255.255.254",
    "this host": "0.0.0.0",
    "ten": "10.0.0.5",
    "172": "172.16.0.9",
    "192": "192.168.1.1",
    "link-local metadata": "169.254.169.254",
    "container metadata": "169.254.170.2",
    "carrier grade": "100.64.0.1",
    "alibaba metadata": "100.100.100.200",
    "oracle metadata": "192.0.0.192",
    "azure wire server": "168.63.129.16",
}
IPV4_ONLY_LISTS = {
    "6to4 relay": "192.88.99.1",
    "benchmark": "198.18.0.1",
    "documentation": "203.0.113.7",
    "multicast": "224.0.0.1",
    "reserved": "240.0.0.1",
    "broadcast": "255.255.255.255",
}
IPV6 = {
    "loopback": "::1",
    "unspecified": "::",
    "unique local": "fc00::1",
    "aws metadata": "fd00:ec2::254",
    "link local": "fe80::1",
    "site local": "fec0::1",
    "multicast": "ff02::1",
    "documentation": "2001:db8::1",
    "new documentation": "3fff::1",
    "discard": "100::1",
    "orchid": "2001:20::1",
    "nat64 local": "64:ff9b:1::1",
    "segment routing": "5f00::1",
}
METADATA_NAMES = (
    "metadata.google.internal",
    "metadata.goog.internal",
    "instance-data.ec2.internal",
    "localhost.localdomain.local",
    "kubernetes.default.svc.cluster.local",
    "hub.localhost",
    "printer.local",
    "router.home.arpa",
    "example.onion",
)
ODD_HOSTS = {
    "bare name": "localhost",
    "upper bare name": "LOCALHOST",
    "one label": "intranet",
    "ending dot": "hook.partner.example.",
    "two ending dots": "hook.partner.example..",
    "leading dot": ".partner.example",
    "empty label": "hook..partner.example",
    "numeric end": "hook.partner.123",
    "hex end": "hook.partner.0x7f",
    "underscore": "hook_1.partner.example",
    "leading hyphen": "-hook.partner.example",
    "trailing hyphen": "hook-.partner.example",
    "space": "hook partner.example",
    "percent": "%6c%6f%63%61%6c%68%6f%73%74",
    "percent dot": "hook%2epartner.example",
    "null": "hook.partner.example%00.evil.example",
    "tab": "hook.part\tner.example",
    "newline": "hook.partner.example\r\nhost: evil",
    "ideographic dot": "hook。partner。example",
    "halfwidth dot": "hook｡partner｡example",
    "fullwidth digits": "１２７.０.０.１",
    "circled digits": "①②⑦.⓪.⓪.①",
    "fullwidth letters": "ｌｏｃａｌｈｏｓｔ",
    "soft hyphen": "local\u00adhost.example",
    "zero width": "hook\u200b.partner.example",
    "vietnamese": "xin-chào.example",
    "cyrillic": "раypal.example",
    "long label": "a" * 64 + ".example",
    "long name": ".".join(["a" * 60] * 5) + ".example",
    "empty": "",
    "brackets": "[hook.partner.example]",
    "comma": "hook.partner.example,evil.example",
}
NOT_HTTPS = ("http", "HTTP", "ftp", "file", "gopher", "dict", "ldap", "ws", "wss", "data", "javascript", "unix", "")
PORTS = (0, 1, 22, 25, 80, 3306, 5432, 6379, 8080, 8443, 11211, 27017, 65535, 65536, 99999999)


def spellings(address: str) -> Iterator[tuple[str, str]]:
    """Forms in which some parser takes this IPv4 address for a host."""
    number = int(IPv4Address(address))
    a, b, c, d = IPv4Address(address).packed
    yield "dotted", address
    yield "decimal", str(number)
    yield "hex", hex(number)
    yield "octal", f"0{number:o}"
    yield "dotted hex", ".".join(map(hex, (a, b, c, d)))
    yield "dotted octal", ".".join(f"0{part:o}" for part in (a, b, c, d))
    yield "mixed", f"{hex(a)}.{b}.0{c:o}.{d}"
    yield "three parts", f"{a}.{b}.{c * 256 + d}"
    yield "two parts", f"{a}.{(b << 16) + (c << 8) + d}"
    yield "ending dot", f"{address}."
    yield "mapped", f"[::ffff:{address}]"
    yield "mapped hex", f"[::ffff:{a:02x}{b:02x}:{c:02x}{d:02x}]"
    yield "compatible", f"[::{address}]"
    yield "6to4", f"[2002:{a:02x}{b:02x}:{c:02x}{d:02x}::1]"
    yield "nat64", f"[64:ff9b::{address}]"
    yield "teredo", f"[2001:0:0:0:0:0:{a ^ 255:02x}{b ^ 255:02x}:{c ^ 255:02x}{d ^ 255:02x}]"


def refused() -> dict[str, str]:
    """By name of the case; each is refused by its text alone."""
    found = {f"{name} {form}": f"https://{host}/" for name, at in PRIVATE.items() for form, host in spellings(at)}
    found |= {f"{name} dotted": f"https://{address}/" for name, address in IPV4_ONLY_LISTS.items()}
    found |= {f"v6 {name}": f"https://[{address}]/" for name, address in IPV6.items()}
    found |= {f"v6 zone {zone}": f"https://[fe80::1%25{zone}]/" for zone in ("lo", "eth0")}
    found |= {f"name {name}": f"https://{name}/" for name in METADATA_NAMES}
    found |= {f"host {name}": f"https://{host}/" for name, host in ODD_HOSTS.items()}
    found |= {f"scheme {name or 'none'}": f"{name}://hook.partner.example/" for name in NOT_HTTPS}
    found |= {f"port {port}": f"https://hook.partner.example:{port}/" for port in PORTS}
    found |= {
        "user": "https://user@hook.partner.example/",
        "user and password": "https://user:word@hook.partner.example/",
        "name as user": "https://hook.partner.example@127.0.0.1/",
        "name as user, encoded": "https://hook.partner.example%40127.0.0.1/",
        "at in the path side": "https://127.0.0.1\\@hook.partner.example/",
        "backslash": "https://hook.partner.example\\.evil.example/",
        "backslashes": "https:\\\\127.0.0.1\\",
        "one slash": "https:/hook.partner.example/",
        "no slashes": "https:hook.partner.example",
        "three slashes": "https:///127.0.0.1/",
        "fragment": "https://hook.partner.example/#@127.0.0.1",
        "query as path": "https://hook.partner.example?@127.0.0.1/",
        "port empty": "https://hook.partner.example:/",
        "port signed": "https://hook.partner.example:+443/",
        "port in words": "https://hook.partner.example:https/",
        "leading space": " https://hook.partner.example/",
        "line break in path": "https://hook.partner.example/\r\nX-Evil: 1",
        "space in path": "https://hook.partner.example/a b",
        "too long": "https://hook.partner.example/" + "a" * 2_000,
        "empty": "",
    }
    return found


def hostile_answers() -> dict[str, list[str]]:
    """What a public name may resolve to: every private address, also in company, and in its IPv6 disguises."""
    found = {f"{name} {at}": [at] for name, at in {**PRIVATE, **IPV4_ONLY_LISTS}.items()}
    found |= {f"v6 {name}": [at] for name, at in IPV6.items()}
    for name, at in PRIVATE.items():
        for form, host in spellings(at):
            if host.startswith("["):
                found[f"{name} {form}"] = [host.strip("[]")]
    found |= {
        "public first": ["8.8.8.8", "127.0.0.1"],
        "public last": ["127.0.0.1", "8.8.8.8"],
        "v6 among v4": ["8.8.8.8", "::1"],
        "zone": ["fe80::1%lo"],
        "zone on a global": ["2600::1%lo"],
        "no address at all": ["localhost"],
    }
    return found
