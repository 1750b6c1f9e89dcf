"""Digests of files (md5, sha1, sha256) and the perceptual hash of images (pdq), as lower-case hexadecimal."""

import re
import tomllib
from collections.abc import Callable
from pathlib import Path

from core.signals.kinds.text import clean
from core.wire.kinds import Canonical

_PDQ = tomllib.loads((Path(__file__).parent / "data" / "pdq.toml").read_text("utf-8"))
_LOWEST_QUALITY: int = _PDQ["lowest_quality"]
_BITS = 256
# Hashes with so few bits set, or so few clear, all match each other: they show that an image is blank, not which.
_BLANK_WITHIN: int = _PDQ["match_distance"] // 2
# As the reference tools print it: hash, quality and perhaps the name of the file, which is dropped.
_PRINTED = re.compile(r"(?P<hash>[0-9a-f]{64})(?:[,;\t ]\s*(?P<quality>[0-9]{1,3})(?:[,;\t ].*)?)?", re.IGNORECASE)


def parse_pdq(value: str) -> Canonical:
    """The hash alone, or with the quality that its tool gave it: `hash,quality[,file]`. Low quality is refused."""
    found = _PRINTED.fullmatch(clean(value.replace("\t", " ")))
    if not found or int(found["quality"] or 0) > 100:
        raise ValueError("Expected 64 hexadecimal digits, perhaps with a comma and a quality of 0 to 100.")
    if found["quality"] and int(found["quality"]) < _LOWEST_QUALITY:
        raise ValueError(f"Expected the PDQ hash of an image of quality {_LOWEST_QUALITY} or better.")
    digest = found["hash"].lower()
    if not _BLANK_WITHIN < int(digest, 16).bit_count() < _BITS - _BLANK_WITHIN:
        raise ValueError("Expected the PDQ hash of an image that is not blank.")
    return Canonical(digest, digest)


def _file_digest(digits: int, of_empty_file: str) -> Callable[[str], Canonical]:
    pattern = re.compile(f"[0-9a-f]{{{digits}}}")
    # A feed that carries the digest of nothing makes every reader block every empty file.
    refused = {of_empty_file, "0" * digits}

    def parse(value: str) -> Canonical:
        digest = clean(value).lower()
        if not pattern.fullmatch(digest):
            raise ValueError(f"Expected {digits} hexadecimal digits.")
        if digest in refused:
            raise ValueError("Expected the digest of a file that is not empty.")
        return Canonical(digest, digest)

    return parse


parse_md5 = _file_digest(32, "d41d8cd98f00b204e9800998ecf8427e")
parse_sha1 = _file_digest(40, "da39a3ee5e6b4b0d3255bfef95601890afd80709")
parse_sha256 = _file_digest(64, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
