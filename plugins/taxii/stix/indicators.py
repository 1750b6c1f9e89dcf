"""Signals as STIX 2.1: indicators as we write them, and a bundle of them as a form of the feed."""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from hashlib import sha1
from json.encoder import encode_basestring as quoted
from typing import Any
from uuid import UUID, uuid5

import msgspec
from msgspec import UNSET

from core.sdk import SECOND, Feed, Format, Refused, SignalOut, Tlp, Translated, Withdrawal, from_micros, to_micros
from plugins.taxii.stix import patterns
from plugins.taxii.stix.markings import EXTENSION, IDENTITY, MARKINGS, NAMESPACE, PREFACE
from plugins.taxii.stix.meaning import meaning


def timestamp(micros: int) -> str:
    """RFC 3339 in UTC with six digits of a second, always: STIX and TAXII compare versions as text."""
    second, rest = divmod(micros, SECOND)
    return f"{_second(second)}.{rest:06d}Z"


@lru_cache(maxsize=4_096)
def _second(second: int) -> str:
    # Not strftime, which writes the year 999 with three digits.
    return from_micros(second * SECOND).isoformat()[:19]


def indicator_id(signal: str, collection: UUID) -> str:
    """UUIDv5 (RFC 4122 §4.3) of a signal's public id in the collection: the standard library's takes twice the time."""
    hashed = _space(collection).copy()
    hashed.update(signal.encode())
    text = hashed.hexdigest()
    variant = "89ab"[int(text[16], 16) & 3]
    return f"indicator--{text[:8]}-{text[8:12]}-5{text[13:16]}-{variant}{text[17:20]}-{text[20:32]}"


@lru_cache(maxsize=256)
def _space(collection: UUID) -> Any:
    return sha1(collection.bytes, usedforsecurity=False)


def indicator(signal: SignalOut, kind: str, value: str, name: str, created: int, modified: int, unmarked: Tlp) -> bytes:
    """The indicator of a signal or, for a tombstone, the version of it that withdraws it; as it goes over the wire.

    `name` is its `indicator_id`, `created` and `modified` are in µs. `unmarked` is the TLP of a tombstone, which is
    not told how its claims were marked: the strictest that the collection holds.

    By hand: an encoder takes three times as long, and a walk of the feed is this function.
    """
    made, changed = timestamp(created), timestamp(modified)
    gone = signal.value is UNSET
    since, until = _validity(signal, created)
    facts = "" if gone else _facts(signal)
    marking = unmarked if gone else signal.tlp or unmarked
    return (
        f'{{"type":"indicator","spec_version":"2.1","id":"{name}"'
        f',"created_by_ref":"{IDENTITY}","created":"{made}","modified":"{changed}"'
        f'{_REVOKED if gone else ""},"indicator_types":["malicious-activity"]'
        f',"pattern":{quoted(patterns.write(kind, value))},"pattern_type":"stix","pattern_version":"2.1"'
        f',"valid_from":"{since}"{until}{_opinion(signal, gone)}'
        f',"object_marking_refs":["{MARKINGS[marking]}"]'
        f',"extensions":{{"{EXTENSION}":{{"extension_type":"property-extension","signal_id":"{signal.id}"'
        f',"state":"{signal.state}","kind":"{kind}","value":{quoted(value)}{facts}}}}}}}'
    ).encode()


_REVOKED = ',"revoked":true'


def _validity(signal: SignalOut, created: int) -> tuple[str, str]:
    """`valid_from`, and `valid_until` if there is one, which STIX wants to be later."""
    since = to_micros(signal.first_seen) if isinstance(signal.first_seen, datetime) else created
    if not isinstance(signal.valid_until, datetime):
        return timestamp(since), ""
    until = to_micros(signal.valid_until)
    return timestamp(min(since, until - 1)), f',"valid_until":"{timestamp(until)}"'


def _opinion(signal: SignalOut, gone: bool) -> str:
    if gone:
        return ""
    confidence = "" if signal.confidence is None else f',"confidence":{signal.confidence}'
    return f'{confidence},"labels":["{signal.category}"]'


def _facts(signal: SignalOut) -> str:
    text = f',"category":"{signal.category}","claims":{signal.claims}'
    if signal.severity:
        text += f',"severity":"{signal.severity}"'
    if signal.campaign:
        text += f',"campaign":"{signal.campaign}"'
    if isinstance(signal.first_seen, datetime):
        text += f',"first_seen":"{timestamp(to_micros(signal.first_seen))}"'
    if isinstance(signal.last_seen, datetime):
        text += f',"last_seen":"{timestamp(to_micros(signal.last_seen))}"'
    return text


def renewed(posted: bytes, modified: int, *, revoked: bool) -> bytes:
    """A posted indicator as a version that its poster did not write: it is withdrawn, or stands again."""
    said = msgspec.json.decode(posted, type=dict[str, msgspec.Raw])
    changes = {"modified": timestamp(modified), "revoked": revoked}
    return msgspec.json.encode(said | {name: msgspec.Raw(msgspec.json.encode(one)) for name, one in changes.items()})


class _Bundle(msgspec.Struct):
    objects: list[msgspec.Raw]


_bundle = msgspec.json.Decoder(_Bundle)
_ASIDE = {"identity", "marking-definition", "extension-definition"}
"""What objects refer to: no items of their own."""


def read(data: bytes) -> Sequence[Translated]:
    """The signals and withdrawals of a bundle or envelope. Raises `msgspec.MsgspecError` for what is neither."""
    answers: list[Translated] = []
    for raw in _bundle.decode(data).objects:
        meant = meaning(raw)
        if isinstance(meant, Refused):
            answers.append(meant)
        elif meant.withdraws:
            answers.append(Withdrawal(meant.id))
        elif meant.signal:
            answers.append(meant.signal)
        elif meant.type not in _ASIDE:
            answers.append(Refused(meant.note or "Only indicators are signals; post this to a collection."))
    return answers


def render(page: Feed) -> bytes:
    """A bundle of the live signals of a page.

    A feed tells no time of its changes, so `modified` is the newest that the signal itself speaks of, and ids are not
    those of a collection: who follows changes reads collections. Their first 32 bits say that they are the hub's, since
    anybody can work the rest out.
    """
    objects = [*PREFACE, *[_of_feed(signal) for signal in page.signals if signal.value is not UNSET]]
    name = uuid5(NAMESPACE, page.next)
    return b'{"type":"bundle","id":"bundle--%b","objects":[%b]}' % (str(name).encode(), b",".join(objects))


def _of_feed(signal: SignalOut) -> bytes:
    assert isinstance(signal.kind, str)
    assert isinstance(signal.value, str)
    assert isinstance(signal.terms, tuple)
    told = [to_micros(term.since) for term in signal.terms if term.since]
    known = indicator_id(signal.id, NAMESPACE)
    name = f"{_BUNDLED}{known[20:25]}8{known[26:]}"
    return indicator(signal, signal.kind, signal.value, name, min(told), max(told), Tlp.AMBER)


_BUNDLED = f"indicator--{str(NAMESPACE)[:8]}-"


def is_bundled(name: str) -> bool:
    """Whether it is the id of an indicator in bundles of the feed: UUIDv8 (RFC 9562 §5.8), of our own make."""
    return name.startswith(_BUNDLED) and name[25] == "8"


FORMAT = Format(
    "stix", "application/stix+json;version=2.1", "json", render, read, loses=frozenset({"groups", "external_id"})
)
