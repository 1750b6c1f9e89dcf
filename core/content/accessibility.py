"""What an asset needs in words before it is approved, for those who cannot see or hear it."""

from collections.abc import Iterable, Sequence

from core.content.models import Asset
from core.wire.common import FieldError
from core.wire.content import AssetText, MaterialIn

_TEXT = frozenset({"application/x-subrip"})
"""Types that are text, though they are not called so."""


def faults(words: MaterialIn, assets: Sequence[Asset]) -> list[FieldError]:
    """What is missing, asset by asset: `alt` for a picture, `transcript` for whatever else is not text itself."""
    names = {asset.name for asset in assets}
    said_nothing = {words.title.vi.casefold(), (words.title.en or words.title.vi).casefold()}
    found = [
        FieldError(f"/asset_texts/{at}/asset", "unknown_asset", f"There is no asset {text.asset}.")
        for at, text in enumerate(words.asset_texts)
        if text.asset not in names
    ]
    for asset in assets:
        of_it = [text for text in words.asset_texts if text.asset == asset.name]
        found += _of(asset, of_it, said_nothing | {asset.name.casefold(), asset.name.rpartition(".")[0].casefold()})
    return found


def _of(asset: Asset, texts: Iterable[AssetText], said_nothing: set[str]) -> list[FieldError]:
    if asset.media_type.startswith("text/") or asset.media_type in _TEXT:
        return []
    field = "alt" if asset.media_type.startswith("image/") else "transcript"
    said = [getattr(text, field).strip().casefold() for text in texts]
    if any(one and one not in said_nothing for one in said):
        return []
    detail = f"{asset.name} needs {field}: more than its name or the title."
    return [FieldError("/asset_texts", f"{field}_missing", detail)]
