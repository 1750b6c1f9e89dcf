"""Secrets and signatures, as Standard Webhooks has them: `whsec_…`, HMAC-SHA256 over id, time and body."""

import base64
import secrets
from collections.abc import Sequence
from datetime import datetime

from standardwebhooks.webhooks import Webhook

_PREFIX = "whsec_"


def new_secret() -> str:
    """256 random bits, in the form in which receivers' libraries take them."""
    return _PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def signed(webhook_id: str, at: datetime, body: bytes, keys: Sequence[str]) -> dict[str, str]:
    """The headers of a delivery. While a secret is being replaced there are two `keys`, and a signature by each."""
    text = body.decode()
    return {
        "webhook-id": webhook_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(Webhook(key).sign(webhook_id, at, text) for key in keys),
    }
