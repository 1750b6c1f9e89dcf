"""Receivers that do what receivers should not, and a desk without a hub's lane to try them with."""

import asyncio
import itertools
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from core.auth.viewers import viewer
from core.plugin.hooks import Context, News
from core.sealing import Sealer
from core.testing import TestedHub
from plugins.webhooks import Settings
from plugins.webhooks.courier import Courier
from plugins.webhooks.ledger import Ledger
from plugins.webhooks.live import Live
from plugins.webhooks.models import Endpoint
from plugins.webhooks.signing import new_secret
from plugins.webhooks.transport import Limits, Transport
from tests.plugins.webhooks.receivers import Behaviour, Delivery, Receiver, answering

STALLING = {"hang", "slow bytes", "slow head"}
IMPATIENT = Limits(connect=0.5, total=0.25)
"""For those: each takes all the time that it is given."""
_numbers = itertools.count(1)


async def hang(_: Delivery, __: asyncio.StreamWriter) -> None:
    await asyncio.sleep(60)


async def endless(_: Delivery, writer: asyncio.StreamWriter) -> None:
    """1 GB, as fast as it is taken."""
    writer.write(b"HTTP/1.1 200 So\r\nContent-Length: 1073741824\r\n\r\n")
    with suppress(ConnectionError):
        for _piece in range(16_384):
            writer.write(b"x" * 65_536)
            await writer.drain()
    writer.close()


async def slow(_: Delivery, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 So\r\nContent-Length: 1000\r\n\r\n")
    with suppress(ConnectionError):
        while not writer.is_closing():
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.05)


async def slow_head(_: Delivery, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        for byte in b"HTTP/1.1 200 So\r\nContent-Length: 0\r\n\r\n":
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(0.05)


async def close(_: Delivery, writer: asyncio.StreamWriter) -> None:
    writer.close()


def self_signed(folder: Path) -> ssl.SSLContext:
    """TLS by a certificate that nobody vouches for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    at = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), at, at + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = folder / "receiver.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(private + certificate.public_bytes(Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


async def garbage(_: Delivery, writer: asyncio.StreamWriter) -> None:
    writer.write(b"\x16\x03\x01 this is no HTTP\r\n\r\n")
    writer.close()


BEHAVIOURS: dict[str, Behaviour] = {
    "500": answering(500),
    "hang": hang,
    "429": answering(429, Retry_After="7200"),
    "410": answering(410),
    "301": answering(301, Location="http://127.0.0.1:1/"),
    "tls": answering(200),
    "1 GB": endless,
    "slow bytes": slow,
    "slow head": slow_head,
    "hangs up": close,
    "garbage": garbage,
}


class Clock:
    """Stands still until it is moved on."""

    def __init__(self) -> None:
        self.at = 1_800_000_000_000_000


clock: ContextVar[Clock] = ContextVar("clock")
"""Each task's own, so that many endpoints live through three days at the same time."""


def by_its_clock() -> int:
    """For `plugins.webhooks.live.now`."""
    return clock.get().at


def context(hub: TestedHub, *receivers: Receiver) -> Context:
    """What the plugin would be handed, on the loop of the test."""
    db = hub.parts.db

    async def look(partner: int) -> object:
        async with db.snapshot(partner) as session:
            return await viewer(session, partner)

    async def news(_: object) -> News:
        return News(0, {})

    sealer = Sealer("s" * 32, b"plugin")
    settings = Settings(allow=tuple(receiver.place for receiver in receivers))
    return Context(
        settings,
        lambda caller: db.snapshot(caller.partner),
        lambda: db.edge(0),
        look,
        news,
        sealer.seal,
        sealer.open,
        "https://hub.example",
    )


@asynccontextmanager
async def endpoint(
    hub: TestedHub, ctx: Context, partner: int, url: str, cursor: int, limits: Limits
) -> AsyncIterator[Live]:
    """One, in the database and at hand; nobody but the test moves it."""
    name = f"whk_{next(_numbers)}"
    values = {
        "id": name,
        "partner": partner,
        "url": url,
        "types": "report.frozen",
        "description": None,
        "state": "enabled",
        "reason": None,
        "secret": ctx.seal(new_secret().encode(), name),
        "old_secret": None,
        "old_until": None,
        "cursor": cursor,
        "told": cursor,
        "failures": 0,
        "due": 0,
        "epoch": 1,
        "version": 1,
        "created": 0,
    }
    async with ctx.store() as session:
        session.add(Endpoint(**values))
    transport = Transport(ctx.settings.allow, limits)
    yield Live(Endpoint(**values), Courier(ctx, transport, Ledger(ctx)))


async def exhaust(live: Live) -> list[float]:
    """Step until it is disabled, each time when it is due; returns the seconds that it waited in between."""
    waits, its = [], Clock()
    clock.set(its)
    async with live._courier.transport.line() as line:
        while live.enabled:
            await live.step(line)
            if live.enabled:
                waits.append((live.row.due - its.at) / 1_000_000)
                its.at = live.row.due
    return waits
