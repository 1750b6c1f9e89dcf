"""Every word that a partner may send, the examples of its connector apart: it has a meaning, in words of the hub."""

from collections.abc import Collection, Mapping

import msgspec
import pytest
from msgspec.inspect import EnumType, LiteralType, StructType, type_info

from core.signals.kinds import BUILTIN
from partners.agency import plugin as agency
from partners.agency import spreadsheet
from partners.alliance import plugin as alliance
from partners.platform import google, meta, tiktok
from partners.platform import plugin as platform
from partners.protection import hotline, ncmec, stopncii
from partners.protection import plugin as protection
from plugins.compat import graph_updates, gse_reports, ncmec_entries, stopncii_records

KINDS: tuple[Collection[str], ...] = (
    *(one.KINDS.values() for one in (agency, spreadsheet, platform, meta, hotline, stopncii)),
    *(one.KINDS for one in (graph_updates, gse_reports, ncmec_entries, stopncii_records)),
    *ncmec.FINGERPRINTS.values(),
    [kind for kind, _ in alliance.MEANINGS.values()],
)


def words(struct: type[msgspec.Struct], field: str) -> set[object]:
    """Those that the decoder lets through."""
    known = type_info(struct)
    assert isinstance(known, StructType)
    found = next(one.type for one in known.fields if one.name == field)
    if isinstance(found, EnumType):
        return set(found.cls)
    assert isinstance(found, LiteralType)
    return set(found.values)


@pytest.mark.parametrize(
    ("struct", "field", "meanings"),
    [
        (agency.Entry, "subject", agency.KINDS),
        (alliance.Sighting, "what", alliance.MEANINGS),
        (google.Threat, "threat_type", google.MEANINGS),
        (meta.Descriptor, "type", meta.KINDS),
        (meta.Descriptor, "severity", meta.SEVERITIES),
        (meta.Descriptor, "share_level", meta.SHARING),
        (platform.Case, "target", platform.KINDS),
        (protection.Entry, "concern", protection.CATEGORIES),
        (stopncii.Record, "signal_type", stopncii.KINDS),
        (tiktok.Notice, "verdict", tiktok.STATES),
        (tiktok.Notice, "policy", tiktok.CATEGORIES),
        (tiktok.Notice, "policy", tiktok.STATEMENTS),
    ],
)
def test_every_word_that_is_let_through_has_a_meaning(
    struct: type[msgspec.Struct], field: str, meanings: Mapping[str, object]
) -> None:
    assert words(struct, field) == set(meanings)


def test_every_kind_that_is_named_is_one_of_the_hub() -> None:
    named = {kind for kinds in KINDS for kind in kinds} | words(protection.Entry, "form")
    assert named <= {kind.name for kind in BUILTIN}
    assert {kind.name for kind in BUILTIN if kind.is_hash} == protection.HASHES
