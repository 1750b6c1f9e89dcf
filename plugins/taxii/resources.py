"""Resources of TAXII 2.1 as readers are given them."""

from collections.abc import Sequence
from typing import Any

import msgspec

from core.sdk import Time


class TaxiiDiscovery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is here (TAXII 2.1 §4.1.1). Addresses are relative, for whatever stands in front of the hub."""

    title: str
    description: str
    default: str
    api_roots: tuple[str, ...]


class TaxiiRoot(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """TAXII 2.1 §4.2.1."""

    title: str
    description: str
    versions: tuple[str, ...]
    max_content_length: int


class TaxiiCollection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A collection as this caller may use it (TAXII 2.1 §5.2.1)."""

    id: str
    title: str
    alias: str
    can_read: bool
    can_write: bool
    media_types: tuple[str, ...] = ("application/stix+json;version=2.1",)


class TaxiiCollections(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """TAXII 2.1 §5.1.1."""

    collections: Sequence[TaxiiCollection]


class TaxiiObjects(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A page of objects, an envelope (TAXII 2.1 §3.7). Without any of its fields when there are none."""

    more: bool = False
    next: str = ""
    """Where to go on; good for as long and as often as one likes, under the same filters."""
    objects: Sequence[dict[str, Any]] = ()


class TaxiiRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: str
    date_added: Time
    version: str
    media_type: str


class TaxiiManifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """TAXII 2.1 §5.3.1, and `next` as in an envelope."""

    more: bool = False
    next: str = ""
    objects: Sequence[TaxiiRecord] = ()


class TaxiiVersions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """TAXII 2.1 §5.8.1, and `next` as in an envelope."""

    more: bool = False
    next: str = ""
    versions: Sequence[str] = ()
