"""The channel: one message to one address through the operator's own mail server, encrypted on the way (RFC 3207)."""

import re
import ssl
from email.message import EmailMessage
from email.utils import formatdate

import aiosmtplib
import msgspec

from core.sdk import Channel, Notice

_ADDRESS = re.compile(r"[^\s@,;<>\"]+@([^\s@,;<>\"]+)")
_TIMEOUT = 10.0


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[plugins.mail]` in the settings."""

    host: str = ""
    """The mail server, by the name that its certificate is for; empty: the hub sends no mail."""
    port: int = 587
    user: str = ""
    password: str = ""
    sender: str = ""
    """Address that messages come from."""
    ca: str = ""
    """File of certificates to trust instead of the system's, for a server of one's own."""

    def __post_init__(self) -> None:
        if self.host and not _ADDRESS.fullmatch(self.sender):
            raise ValueError("`sender` has to be a mail address")


class Mail(Channel):
    """Raises `aiosmtplib.SMTPException`, `OSError`, or `ValueError` for what is no address.

    Never sends in the clear: a server without STARTTLS, or with another's certificate, is an error.
    """

    name = "mail"

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    async def send(self, partner: int, address: str, notice: Notice) -> None:
        own = self._settings
        if not _ADDRESS.fullmatch(address):
            raise ValueError("this is no mail address")
        await aiosmtplib.send(
            message(notice, own.sender, address),
            sender=own.sender,
            recipients=[address],
            hostname=own.host,
            port=own.port,
            username=own.user or None,
            password=own.password or None,
            start_tls=True,
            tls_context=ssl.create_default_context(cafile=own.ca or None),
            timeout=_TIMEOUT,
        )


def message(notice: Notice, sender: str, address: str) -> EmailMessage:
    """Vietnamese first, English below. Sent again, it has the same Message-ID, by which mail programs fold it."""
    domain = sender.rpartition("@")[2]
    made = EmailMessage()
    made["From"], made["To"] = sender, address
    made["Subject"] = " / ".join(filter(None, (notice.title.vi, notice.title.en)))
    made["Date"] = formatdate()
    made["Message-ID"] = f"<{notice.id}@{domain}>"
    made["Content-Language"] = "vi, en"
    # No machine answers it (RFC 3834).
    made["Auto-Submitted"] = "auto-generated"
    texts = [
        (notice.title.vi, notice.detail.vi),
        (notice.title.en or notice.title.vi, notice.detail.en or notice.detail.vi),
    ]
    made.set_content("\n\n".join(f"{title}\n\n{detail}\n{notice.url}" for title, detail in texts) + "\n")
    return made
