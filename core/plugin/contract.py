"""What every connector must hold, run over its recorded payloads."""

import msgspec

from core.errors import Fault
from core.plugin.connector import BadSignature, Connector, Example, Refused

_NOT_DECLARED = "a status that nobody declared"
_NOT_A_PAYLOAD = (b"", b"null", b"[]", b'{"', b'{"a":1}', b'"\\ud800"', b"\xff\xfe", b"[" * 100_000)


def run_connector_contract(connector: Connector) -> None:
    """Raise `AssertionError` saying where `connector` breaks its promises; any other exception is a bug in it."""
    examples = connector.examples()
    shown = {example.status for example in examples}
    assert shown, "no recorded payloads"
    if connector.statuses:
        assert shown == connector.statuses, f"words without an example, or the reverse: {shown ^ connector.statuses}"
    for example in examples:
        _holds(connector, example)
    for body in _NOT_A_PAYLOAD:
        assert _is_refused(connector, body), f"takes {body[:20]!r} for a payload"
    _signature_is_asked_for(connector, examples[0].payload)


def _holds(connector: Connector, example: Example) -> None:
    becomes = list(connector.translate(example.payload))
    assert becomes == list(example.becomes), f"{example.status}: {becomes}"
    assert becomes == list(connector.translate(example.payload)), f"{example.status}: translated twice, it differs"
    assert becomes, f"{example.status}: an empty payload shows nothing"
    for one in becomes:
        if not isinstance(one, Refused):
            # Structs made in Python are not checked; what is sent on is.
            msgspec.json.decode(msgspec.json.encode(one), type=type(one))
    if not connector.statuses:
        return
    other = example.saying(_NOT_DECLARED)
    assert other != example.payload, f"{example.status}: the payload does not carry its word"
    changed = connector.translate(other)
    assert any(isinstance(one, Refused) for one in changed), f"{example.status}: any other word passes, too"


def _is_refused(connector: Connector, body: bytes) -> bool:
    try:
        connector.translate(body)
    except (Refused, Fault, msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return True
    return False


def _signature_is_asked_for(connector: Connector, body: bytes) -> None:
    """A connector that verifies at all refuses a body without signature, and has no exception but `BadSignature`."""
    if type(connector).verify is Connector.verify:
        return
    try:
        connector.verify({}, body)
    except BadSignature:
        return
    raise AssertionError("takes an unsigned payload; give the contract a connector with its secret set")
