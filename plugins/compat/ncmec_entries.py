"""Hashes as entries of NCMEC's hash sharing, version 2, out and in.

Words: https://report.cybertip.org/hashsharing/v2/documentation.pdf. Shapes: as `threatexchange` 1.2.17 reads them
(`exchanges/clients/ncmec/hash_api.py`).
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import NamedTuple
from xml.etree.ElementTree import Element, SubElement, tostring

from core.sdk import Category, Feed, Format, Refused, SignalIn, SignalOut, State, Translated, Withdrawal, read_xml
from core.signals.feed import Change

XML = "application/xml"
KINDS = {"pdq": "PDQ", "sha1": "SHA1", "md5": "MD5"}
HUB = 1
"""The number of the hub, who owns every entry: whose claims it is made of is not told."""
NAME = "Không Một Mình"

_NAMESPACE = "https://hashsharing.ncmec.org/hashsharing/v2"
_ENTRIES = {"pdq": "image", "sha1": "image", "md5": "video"}
"""Clients look for digests by MD5 among videos only."""
_FINGERPRINTS = {"image": ("pdq", "sha1", "md5"), "video": ("md5", "sha1")}
"""Of each kind of entry, those first by which clients find most: of videos they compare MD5 alone."""
_GONE = {"image": "deletedImage", "video": "deletedVideo"}


class Entry(NamedTuple):
    """A hash, or one to drop: then without a value."""

    id: str
    form: str
    """`image` or `video`."""
    seconds: int
    """Since 1970, rounded down."""
    kind: str = ""
    value: str = ""


def entry(change: Change, seconds: int) -> Entry:
    """A change that was made at this time. A copy is keyed by member and id, whatever the value was."""
    form = _ENTRIES[change.kind]
    if change.gone:
        return Entry(change.signal.id, form, seconds)
    return Entry(change.signal.id, form, seconds, change.kind, change.value)


def page(entries: Sequence[Entry], following: str = "") -> bytes:
    """A query result; `following` is the address of the next page, behind that of the exchange."""
    root = envelope("queryResult")
    for form in _GONE:
        found = [one for one in entries if one.form == form]
        newest = max((one.seconds for one in found), default=0)
        part = SubElement(root, f"{form}s", count=str(len(found)), maxTimestamp=_time(newest))
        for one in found:
            _add(part, one)
    if following:
        SubElement(SubElement(root, "paging"), "next").text = following
    return document(root)


def envelope(name: str) -> Element:
    return Element(name, xmlns=_NAMESPACE)


def add_member(parent: Element, number: int, name: str) -> None:
    SubElement(parent, "member", id=str(number)).text = name


def document(root: Element) -> bytes:
    written: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return written


def read(body: bytes) -> list[Translated]:
    """One answer for each entry of a body, at any depth: a page of them as it is given out, or some below a root of
    another name. Of several fingerprints the one that finds most is taken, since one that is deleted names none."""
    entries = (one for one in read_xml(body).iter() if one.tag in _WORDS)
    return [_translated(one, f"/{at}") for at, one in enumerate(entries)]


_WORDS = {*_GONE, *_GONE.values()}


def _add(part: Element, one: Entry) -> None:
    added = SubElement(part, one.form if one.value else _GONE[one.form])
    add_member(added, HUB, NAME)
    SubElement(added, "timestamp").text = _time(one.seconds)
    SubElement(added, "id").text = one.id
    if one.value:
        SubElement(SubElement(added, "fingerprints"), one.kind).text = one.value


def _time(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"


def _translated(one: Element, pointer: str) -> Translated:
    member, name = one.find("member"), one.findtext("id")
    if member is None or not member.get("id") or not name:
        return Refused("An entry has a member and an id.", pointer, "missing")
    external_id = f"ncmec:{member.get('id')}-{name}"
    if one.tag in _GONE.values():
        return Withdrawal(external_id)
    wanted = _FINGERPRINTS[one.tag]
    fingerprints = ((kind, one.findtext(f"fingerprints/{kind}")) for kind in wanted)
    kind, value = next(((kind, value) for kind, value in fingerprints if value), ("", ""))
    if not value:
        return Refused(f"Expected one of: {', '.join(wanted)}.", f"{pointer}/fingerprints", "no_fingerprint")
    # Its classifications, A1 to B2, are of child sexual abuse material and of nothing else.
    category = Category.CSAM_HASH if one.findtext("classification") else Category.OTHER
    return SignalIn(kind=kind, value=value, category=category, external_id=external_id)


def _of_feed(signals: Iterable[SignalOut]) -> Iterator[Entry]:
    """The feed tells no times; of a tombstone it does not tell either what it was."""
    for signal in signals:
        if signal.kind in KINDS:
            kind = str(signal.kind)
            yield Entry(signal.id, _ENTRIES[kind], 0, kind, str(signal.value))
        elif signal.state not in (State.ACTIVE, State.DISPUTED):
            yield from (Entry(signal.id, form, 0) for form in _GONE)


def _render(found: Feed) -> bytes:
    return page([*_of_feed(found.signals)])


FORMAT = Format(
    "ncmec",
    "application/vnd.ncmec.hashsharing+xml",
    "xml",
    render=_render,
    read=read,
    kinds=KINDS,
    loses=frozenset(SignalIn.__struct_fields__) - {"kind", "value"},
)
"""NCMEC has no media type of its own for this; the name is ours."""
