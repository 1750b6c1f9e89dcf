"""The strands of the campaign, by which its reports are divided."""

from importlib.resources import files

import msgspec

from core.wire.campaigns import Strand

_FILE = files("core.campaigns").joinpath("data/strands.json")
ALL = {one.slug: one for one in msgspec.json.decode(_FILE.read_bytes(), type=tuple[Strand, ...])}
"""By slug."""
