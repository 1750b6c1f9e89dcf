"""What a refusal says, in whichever shape it comes."""

from typing import Any

import httpx
import msgspec

from core.errors import PROBLEM_JSON

_TAXII = "application/taxii+json;version=2.1"


def read(answer: httpx.Response, where: str) -> dict[str, Any]:
    """The problem (RFC 9457), or below /taxii2 what TAXII's error says (TAXII 2.1 §3.6.1) in the words of one.

    What has no route is refused by the router, as a problem everywhere.
    """
    told: dict[str, Any] = msgspec.json.decode(answer.content)
    if answer.request.url.path.startswith("/taxii2") and answer.headers["content-type"] == _TAXII:
        return {"title": told["title"], "status": int(told["http_status"]), "detail": told.get("description", "")}
    assert answer.headers["content-type"] == PROBLEM_JSON, where
    return told
