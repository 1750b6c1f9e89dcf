"""The channel `mail`, against a real SMTP server with STARTTLS."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import aiosmtplib
import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

import plugins.mail
from core.errors import Unavailable
from core.plugin.host import PluginHost
from core.wire.common import Title
from core.wire.notices import Detail, Notice
from tests.plugin.fakes import settings

NOTICE = Notice(
    id="psh_" + "a" * 26,
    type="emergency.declared",
    subject="emg_" + "b" * 26,
    title=Title("KHẨN CẤP: một người trẻ đang gặp nguy hiểm", "EMERGENCY: a young person is at risk now"),
    detail=Detail("Mã: emg_b. Hãy đăng nhập để xem.", "Id: emg_b. Sign in to read it."),
    url="https://hub.example/v1/emergencies/emg_b",
)
DESK = "duty@desk.example"


class Desk:
    """What the mail server took."""

    def __init__(self) -> None:
        self.taken: list[Envelope] = []
        self.full = False

    async def handle_DATA(self, _: Any, __: Any, envelope: Envelope) -> str:  # noqa: N802  (aiosmtpd's name)
        if self.full:
            return "452 4.2.2 the mailbox is full"
        self.taken.append(envelope)
        return "250 taken"

    def messages(self) -> list[EmailMessage]:
        return [message_from_bytes(one.content or b"", policy=policy.default) for one in self.taken]  # type: ignore[arg-type]


class Server(NamedTuple):
    desk: Desk
    port: int
    certificate: Path


def certificate(folder: Path) -> tuple[Path, Path]:
    """A key and a certificate of its own for `localhost`."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    paths = folder / "key.pem", folder / "certificate.pem"
    private = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    paths[0].write_bytes(key.private_bytes(*private))
    paths[1].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    return paths


@asynccontextmanager
async def serving(folder: Path, *, tls: bool = True) -> AsyncIterator[Server]:
    """A mail server; without `tls` it cannot encrypt."""
    key, public = certificate(folder)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(public, key)
    desk = Desk()
    safe: dict[str, Any] = {"tls_context": context, "require_starttls": True, "auth_required": True} if tls else {}
    make = partial(SMTP, desk, authenticator=check, **safe)
    server = await asyncio.get_running_loop().create_server(make, "localhost", 0, family=socket.AF_INET)
    async with server:
        yield Server(desk, server.sockets[0].getsockname()[1], public)


def check(*said: Any) -> AuthResult:
    login: LoginPassword = said[4]
    return AuthResult(success=(login.login, login.password) == (b"hub", b"secret"), handled=False)


@asynccontextmanager
async def sending(server: Server, **more: Any) -> AsyncIterator[PluginHost]:
    own = {"host": "localhost", "port": server.port, "user": "hub", "password": "secret", "sender": "hub@hub.example"}
    table = own | {"ca": str(server.certificate)} | more
    host = PluginHost(settings(plugins={"mail": table}), [plugins.mail], strict=True)
    async with host.keeper.running():
        yield host


async def test_a_notice_arrives_in_both_languages(tmp_path: Path) -> None:
    async with serving(tmp_path) as server, sending(server) as host:
        await host.send("mail", 1, DESK, NOTICE)
        await host.send("mail", 1, DESK, NOTICE)
    first, again = server.desk.messages()
    assert first["Subject"] == f"{NOTICE.title.vi} / {NOTICE.title.en}"
    body = first.get_content()
    assert body.index("Hãy đăng nhập") < body.index("Sign in")
    assert body.count(NOTICE.url) == 2
    assert server.desk.taken[0].rcpt_tos == [DESK]
    # What folds the two into one for who reads them.
    assert first["Message-ID"] == again["Message-ID"] == f"<{NOTICE.id}@hub.example>"


async def test_nothing_is_sent_in_the_clear_or_to_a_stranger(tmp_path: Path) -> None:
    async with serving(tmp_path, tls=False) as server, sending(server) as host:
        with pytest.raises(aiosmtplib.SMTPException):
            await host.send("mail", 1, DESK, NOTICE)
    async with serving(tmp_path) as server, sending(server, ca="") as host:
        with pytest.raises((aiosmtplib.SMTPException, OSError)):
            await host.send("mail", 1, DESK, NOTICE)
    assert not server.desk.taken


async def test_what_the_server_refuses_is_an_error(tmp_path: Path) -> None:
    async with serving(tmp_path) as server:
        server.desk.full = True
        async with sending(server) as host:
            with pytest.raises(aiosmtplib.SMTPResponseException, match="full"):
                await host.send("mail", 1, DESK, NOTICE)
        async with sending(server, password="wrong") as host:
            with pytest.raises(aiosmtplib.SMTPAuthenticationError):
                await host.send("mail", 1, DESK, NOTICE)
    assert not server.desk.taken


@pytest.mark.parametrize("address", ["no address", "a@b.example, c@d.example", "a@b.example\r\nBcc: c@d.example"])
async def test_an_address_is_one_address(address: str, tmp_path: Path) -> None:
    async with serving(tmp_path) as server, sending(server) as host:
        with pytest.raises(ValueError, match="no mail address"):
            await host.send("mail", 1, address, NOTICE)
    assert not server.desk.taken


async def test_without_a_server_there_is_no_such_channel() -> None:
    host = PluginHost(settings(), [plugins.mail], strict=True)
    assert host.channel_names() == []
    with pytest.raises(Unavailable):
        await host.send("mail", 1, DESK, NOTICE)


def test_a_sender_is_asked_for() -> None:
    host = PluginHost(settings(plugins={"mail": {"host": "localhost"}}), [plugins.mail])
    assert "sender" in host.quarantined["mail"].error
