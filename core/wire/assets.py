"""What is known of an asset besides its bytes: what was made of them, and what scanners say."""

from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta

from core.wire.common import Count, Sha256


class Recipe(StrEnum):
    """What the hub makes of an asset. Nothing but pixels goes over: no place, no camera, no comment."""

    THUMBNAIL = "thumbnail"
    """Of an image, at most 320 pixels either way."""
    WEB = "web"
    """Of an image, at most 1,600 pixels either way."""
    PRINT = "print"
    """Of an image, in its full size."""
    POSTER = "poster"
    """A frame of a video, at most 1,600 pixels either way."""


class RenditionOut(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    recipe: Recipe
    media_type: str
    width: Count
    height: Count
    size: Count
    sha256: Sha256
    """Also its ETag."""
    href: str
    """Where its bytes are. They leave when those of the asset do."""


class ScanState(StrEnum):
    """What is known about malware in an asset. What a scanner finds some in does not come in at all."""

    CLEAN = "clean"
    """Every scanner of the hub looked through it and found nothing."""
    NOT_SCANNED = "not_scanned"
    """There is no scanner, or one of them did not answer: look twice."""


class Verdict(StrEnum):
    CLEAN = "clean"
    INFECTED = "infected"


class Scan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a scanner says of a file. One that cannot tell raises."""

    verdict: Verdict
    detail: Annotated[str, Meta(max_length=300)] = ""
    """What it found, for the sender."""
