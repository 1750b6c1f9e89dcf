"""Digests of files (md5, sha1, sha256) and the perceptual hash of images (pdq), as lower-case hexadecimal."""

import re
from collections.abc import Callable

from core.signals.kinds.text import clean
from core.wire.kinds import Canonical


def _hexadecimal(digits: int, refused: frozenset[str], reason: str) -> Callable[[str], Canonical]:
    pattern = re.compile(f"[0-9a-f]{{{digits}}}")

    def parse(value: str) -> Canonical:
        digest = clean(value).lower()
        if not pattern.fullmatch(digest):
            raise ValueError(f"Expected {digits} hexadecimal digits.")
        if digest in refused:
            raise ValueError(reason)
        return Canonical(digest, digest)

    return parse


def _file_digest(digits: int, of_empty_file: str) -> Callable[[str], Canonical]:
    # A feed that carries the digest of nothing makes every reader block every empty file.
    refused = frozenset({of_empty_file, "0" * digits})
    return _hexadecimal(digits, refused, "Expected the digest of a file that is not empty.")


parse_md5 = _file_digest(32, "d41d8cd98f00b204e9800998ecf8427e")
parse_sha1 = _file_digest(40, "da39a3ee5e6b4b0d3255bfef95601890afd80709")
parse_sha256 = _file_digest(64, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
# An image without structure hashes to all zeros, whatever it shows; its matches mean nothing.
parse_pdq = _hexadecimal(64, frozenset({"0" * 64, "f" * 64}), "Expected the PDQ hash of an image that is not blank.")
