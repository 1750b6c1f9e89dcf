"""NCMEC: entries of its hash-sharing interface, version 2, as a page of them stands in XML.

Format: https://report.cybertip.org/hashsharing/v2/documentation.pdf
An entry is one signal, of the fingerprint that finds most: an entry that is deleted names none of them.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from xml.etree.ElementTree import Element

from core.sdk import (
    Category,
    Connector,
    Context,
    PartnerKind,
    PluginInfo,
    Refused,
    Severity,
    Sharing,
    SignalIn,
    Translated,
    Withdrawal,
    hookimpl,
    read_xml,
)

FINGERPRINTS: Mapping[str, Sequence[str]] = {"image": ("pdq", "sha1", "md5"), "video": ("md5", "sha1")}
"""Of each kind of entry, best first. What only other methods find is refused: the hub has no kinds for them."""
SEVERITIES = {"A1": Severity.CRITICAL, "A2": Severity.CRITICAL, "B1": Severity.CRITICAL, "B2": Severity.HIGH}
"""By its classification of the material."""


class Ncmec(Connector):
    kind = PartnerKind.PROTECTION
    partner = "ncmec"
    media_types = ("application/xml", "text/xml")
    statuses = frozenset({"image", "video", "deletedImage", "deletedVideo"})
    recorded = Path(__file__).with_name("recorded") / "ncmec"

    def __init__(self, sharing: Sharing) -> None:
        self._sharing = sharing

    def translate(self, body: bytes) -> Sequence[Translated]:
        root = read_xml(body)
        if root.tag != "queryResult":
            raise Refused("Expected a queryResult.", code="not_understood")
        entries = (entry for part in root if part.tag in ("images", "videos") for entry in part)
        return [self._item(entry, f"/{index}") for index, entry in enumerate(entries)]

    def _item(self, entry: Element, pointer: str) -> Translated:
        try:
            return self._to_signal(entry)
        except Refused as refusal:
            return Refused(refusal.reason, pointer + refusal.pointer, refusal.code)

    def _to_signal(self, entry: Element) -> SignalIn | Withdrawal:
        if entry.tag not in self.statuses:
            raise Refused(f"Expected one of: {', '.join(sorted(self.statuses))}.", code="unknown_entry")
        name = _name(entry)
        if entry.tag.startswith("deleted"):
            return Withdrawal(name)
        kind, value = _fingerprint(entry)
        classification = entry.findtext("classification") or ""
        if classification not in SEVERITIES:
            raise Refused(f"Expected one of: {', '.join(SEVERITIES)}.", "/classification", "unknown_word")
        return SignalIn(
            kind=kind,
            value=value,
            category=Category.CSAM_HASH,
            confidence=90,
            severity=SEVERITIES[classification],
            tlp=self._sharing.tlp,
            groups=self._sharing.groups or None,
            external_id=name,
        )


def _name(entry: Element) -> str:
    """As its own clients tell entries apart: by member and id."""
    member, name = entry.find("member"), entry.findtext("id")
    if member is None or not member.get("id") or not name:
        raise Refused("An entry has a member and an id.", code="missing")
    return f"{member.get('id')}-{name}"


def _fingerprint(entry: Element) -> tuple[str, str]:
    wanted = FINGERPRINTS[entry.tag]
    for kind in wanted:
        value = entry.findtext(f"fingerprints/{kind}")
        if value:
            return kind, value
    raise Refused(f"Expected one of: {', '.join(wanted)}.", "/fingerprints", "no_fingerprint")


@hookimpl
def plugin_info() -> PluginInfo:
    return PluginInfo(name="ncmec", title="NCMEC hash sharing", settings=Sharing)


@hookimpl
def connectors(ctx: Context) -> Sequence[Connector]:
    return [Ncmec(ctx.settings)]
