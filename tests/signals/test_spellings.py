"""One list, sent by two partners in different spellings: one signal for each thing on it.

A bare host is a `domain`, and so it is behind a scheme, before the port of one or a slash; of it case, the root dot,
punycode and defanging do not count, `www.` does. With a path or a query a line is a `url`, of which moreover http and
https are one.
"""

import os
import re
from collections.abc import Callable, Iterable
from functools import reduce
from pathlib import Path

import ada_url
import httpx
import pytest

from core.cli.importing import Defaults, Import
from core.wire.signals import Tlp

ROOT = Path(__file__).parents[2]
REAL = Path(os.environ.get("KMM_REAL_LIST", ROOT.parent / "shared/data/chongluadao-urls.txt"))
SAMPLE = (
    *(
        "bait.example",
        "www.bait.example",
        "bait.example:8080",
        "BAIT.example",
        "lừađảo.example",
        "www.lừađảo.example",
        "bait2.example",
    ),
    *("xn--ngn-hng-8ta3a.example", "bait.example/win", "bait.example/Win", "lừađảo.example/quà?mã=Ab", "qùa.example/"),
)

ClientAs = Callable[..., httpx.AsyncClient]

_HOST = re.compile("[^/?#:]+")


def by_bits(number: int, host: str, changes: Iterable[Callable[[str], str]]) -> str:
    """Some of the changes, another choice for each number."""
    chosen = (change for bit, change in enumerate(changes) if number >> bit & 1)
    return reduce(lambda text, change: change(text), chosen, host)


def in_other_script(host: str) -> str:
    """Punycode for Unicode and the other way around; most hosts have but one form."""
    return ada_url.idna_to_ascii(host).decode() if not host.isascii() else ada_url.idna_to_unicode(host)


def with_root_dot(host: str) -> str:
    return f"{host}."


def defanged(host: str) -> str:
    return host.replace(".", "[.]")


HOST_CHANGES = (in_other_script, str.upper, with_root_dot, defanged)
SCHEMES = ("https://", "HTTP://", "hxxp://", "hxxps[:]//", "hXXps://")
PORTS = ("", ":80", ":443")


def respelled(number: int, line: str) -> str:
    """The line with its host in another spelling, and perhaps a scheme and the port of one."""
    found = _HOST.match(line)
    assert found, line
    host, rest = by_bits(number % 15 + 1, found[0], HOST_CHANGES), line[found.end() :]
    if rest.startswith(":"):
        return host + rest
    # The path of an address stays as it is; behind a bare host a slash says nothing.
    return ("", *SCHEMES)[number % 6] + host + PORTS[number % 3] + (rest or ("", "/")[number % 2])


@pytest.fixture
def lines(engine_name: str) -> list[str]:
    """The ChongLuaDao list where it is at hand (KMM_REAL_LIST), else a few lines of our own.

    What folds is the kinds, whatever the engine: PostgreSQL takes every tenth line.
    """
    if not REAL.exists():
        return list(SAMPLE)
    found = REAL.read_text("utf-8").split()
    assert len(found) == 34_468
    return found if engine_name == "sqlite" else found[::10]


async def test_two_partners_spellings_make_one_signal_each(
    client_as: ClientAs, tmp_path: Path, lines: list[str]
) -> None:
    one = await imported(client_as, tmp_path, "chongluadao", lines)
    before = await walk(client_as("chongluadao"))
    # A fold of our own, to hold the hub's against.
    distinct = {in_ascii(line) for line in lines}
    assert len(before) == len(distinct)

    spelled = [respelled(n, line) for n, line in enumerate(lines)]
    assert sum(a == b for a, b in zip(spelled, lines, strict=True)) < len(lines) / 10
    two = await imported(client_as, tmp_path, "child-protection-network", spelled)
    after = await walk(client_as("chongluadao"))
    # A spelling that makes another kind of the line would show here, and so would one that makes another value.
    assert after.keys() == before.keys()
    held = one.get("quarantined", 0)
    assert two.get("quarantined", 0) == held
    both = sum(claims == 2 for claims in after.values())
    assert both == len(distinct) - held

    pairs = sum(f"www.{line}" in distinct for line in distinct)
    print(  # noqa: T201
        f"\n{len(lines):,} lines, {len(distinct):,} identities, {len(after):,} signals after the second import, "
        f"{both:,} with both claims, {held:,} quarantined, {pairs:,} pairs with and without www."
    )
    assert pairs > 0


async def imported(client_as: ClientAs, folder: Path, partner: str, lines: Iterable[str]) -> dict[str, int]:
    """Items by status; none is rejected."""
    path = folder / f"{partner}.txt"
    path.write_text("\n".join(lines), "utf-8")
    sending = Import(path, partner, Defaults(tlp=Tlp.GREEN), folder)
    await sending.run(client_as(partner), lambda _: None)
    assert "rejected" not in sending.progress.counts, sending.rejected_file.read_text()
    return sending.progress.counts


async def walk(client: httpx.AsyncClient) -> dict[tuple[str, str], int]:
    """How many claims each signal has, by kind and value without scheme: the first that was sent is shown."""
    found: dict[tuple[str, str], int] = {}
    after = "0"
    while True:
        page = (await client.get("/v1/signals", params={"after": after, "limit": 10_000})).json()
        for one in page["signals"]:
            found[one["kind"], one["value"].partition("://")[2] or one["value"]] = one["claims"]
        if not page["more"]:
            return found
        after = page["next"]


def in_ascii(line: str) -> str:
    """Host in lower case and punycode; the rest as it is."""
    host = _HOST.match(line)
    assert host, line
    return ada_url.idna_to_ascii(host[0].lower()).decode() + line[host.end() :]
