"""The digest over what is approved: a version's words, its assets and its pack."""

import hashlib
from typing import Any

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core import times
from core.content import renditions
from core.content.models import Asset, Material, PackRow, Version
from core.wire.common import Title
from core.wire.content import AssetText, Audience, Brief, MaterialIn, MaterialKind, Post, Window
from core.wire.signals import Category

_encoder = msgspec.json.Encoder(order="sorted")


async def digest(session: AsyncSession, material: Material, version: Version) -> str:
    """SHA-256, in hex, of the words and of the digests of assets, renditions and pack as they stand now."""
    query = select(Asset).where(Asset.version == version.number).order_by(Asset.name)
    rows = (await session.scalars(query)).all()
    made = await renditions.of(session, [row.sha256 for row in rows])
    assets = [
        [row.name, row.media_type, row.sha256, [[one.recipe, one.sha256] for one in made[row.sha256]]] for row in rows
    ]
    content: dict[str, Any] = {
        "material": material.id,
        "version": version.version,
        "words": words(version),
        "assets": assets,
    }
    pack = await session.get(PackRow, version.number)
    if pack is not None:
        content["pack"] = hashlib.sha256(pack.document.encode()).hexdigest()
    return hashlib.sha256(_encoder.encode(content)).hexdigest()


def words(version: Version) -> MaterialIn:
    return MaterialIn(
        title=Title(vi=version.title_vi, en=version.title_en),
        kind=MaterialKind(version.kind),
        languages=tuple(version.languages),
        summary=version.summary,
        audiences=tuple(map(Audience, version.audiences)),
        categories=tuple(map(Category, version.categories)),
        licence=version.licence,
        campaign=version.campaign,
        window=Window(
            opens=None if version.opens is None else times.from_micros(version.opens),
            closes=None if version.closes is None else times.from_micros(version.closes),
        ),
        territory=tuple(version.territory.split()),
        asset_texts=msgspec.convert(version.asset_texts, tuple[AssetText, ...]),
        posts=msgspec.convert(version.posts, tuple[Post, ...]),
        brief=msgspec.convert(version.brief, Brief),
    )


def write(version: Version, given: MaterialIn) -> None:
    """Give a draft its words."""
    version.title_vi, version.title_en = given.title.vi, given.title.en
    version.kind = given.kind
    version.languages = list(given.languages)
    version.summary = given.summary
    version.audiences = [audience.value for audience in given.audiences]
    version.categories = [category.value for category in given.categories]
    version.licence = given.licence
    version.campaign = given.campaign
    opens, closes = given.window.opens, given.window.closes
    version.opens = None if opens is None else times.to_micros(opens)
    version.closes = None if closes is None else times.to_micros(closes)
    version.territory = " ".join(sorted(set(given.territory)))
    version.asset_texts = msgspec.to_builtins(given.asset_texts)
    version.posts = msgspec.to_builtins(given.posts)
    version.brief = msgspec.to_builtins(given.brief)
