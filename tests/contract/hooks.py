"""What schemathesis cannot guess: bodies of media types that are no JSON."""

import base64
from typing import Any

import schemathesis
from hypothesis import strategies as st

LINES = [
    b'{"kind":"domain","value":"gift.example"}',
    b'{"kind":"url","value":"https://gift.example/a","category":"phishing","confidence":70,"external_id":"1"}',
    b'{"kind":"domain"}',
    b"{}",
    b"[]",
    b"not JSON",
    b"",
]
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)

# Each line with its end: a last one without may be one that was cut, and ends the stream with 400.
ENDED = st.sampled_from([line + b"\n" for line in LINES])

schemathesis.openapi.media_type("application/x-ndjson", st.lists(ENDED, max_size=5).map(b"".join))
schemathesis.openapi.media_type("image/png", st.just(PIXEL))
schemathesis.openapi.media_type("application/offset+octet-stream", st.binary(max_size=100))
SHEETS = [b"url\n", b"material,url,platform,date\nmat_x,https://video.example/1,tiktok,2026-10-20\n"]
schemathesis.openapi.media_type("text/csv", st.sampled_from(SHEETS))
ENTRIES = [
    b'<a><image><member id="1"/><id>1</id><fingerprints><pdq>%s</pdq></fingerprints></image></a>' % (b"f8" * 32),
    b'<a><deletedVideo><member id="1"/><id>1</id></deletedVideo><affirmative/></a>',
    b"<a>",
]
schemathesis.openapi.media_type("application/xml", st.sampled_from(ENTRIES))


@schemathesis.deserializer("application/x-ndjson", "application/xml")
def lines(_: schemathesis.DeserializationContext, response: schemathesis.Response) -> str:
    """The contract says that it is text; what a line looks like is held by tests of the signal room."""
    return response.content.decode()


@schemathesis.hook
def map_body(_: schemathesis.HookContext, body: Any) -> Any:
    """JSON Schema takes 13.0 for an integer, as JSON does not tell them apart; the hub's decoder does, and says so."""
    return _whole(body)


def _whole(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _whole(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_whole(one) for one in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


@schemathesis.hook
def before_call(_: schemathesis.HookContext, case: "schemathesis.Case[Any]", __: dict[str, Any]) -> None:
    """A long poll may hold its answer for as long as it is asked to; nobody has the time for every example of it."""
    query = case.query or {}
    if str(query.get("wait")) in map(str, range(2, 31)):
        query["wait"] = 1
