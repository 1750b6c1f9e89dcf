"""Materials as feeds: the newest that may be used, as JSON Feed 1.1 and Atom (RFC 4287)."""

import re
from collections.abc import Mapping
from xml.etree import ElementTree as ET

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core import times
from core.auth.access import Principal
from core.content import decide, links, materials, search
from core.content.models import Material, SearchText, Version
from core.wire.content import AssetOut, MaterialOut, Post
from core.wire.feeds import FeedAttachment, FeedAuthor, FeedDetails, FeedItem, JsonFeed

NEWEST = 100
"""Items of a feed."""
_TITLE = "Không Một Mình"
_ATOM = "http://www.w3.org/2005/Atom"


async def read(session: AsyncSession, principal: Principal, wanted: search.Filter, base_url: str) -> JsonFeed:
    """What was published last and may leave for the principal, drafts of its own left out."""
    now = times.now()
    query = (
        select(Material, Version)
        .join(Version, Version.material == Material.number)
        .join(SearchText, SearchText.version == Version.number)
        .where(search.fits(wanted), decide.may_leave(principal, now), decide.released(now))
        .order_by(Version.published.desc(), Version.number.desc())
        .limit(NEWEST)
    )
    rows = [(material, version) for material, version in await session.execute(query)]
    shown = await materials.shown(session, principal, rows)
    codes = await links.codes(session, [material.number for material, _ in rows])
    return JsonFeed(
        version="https://jsonfeed.org/version/1.1",
        title=_TITLE,
        home_page_url=base_url,
        feed_url=f"{base_url}/v1/materials/feed",
        language="vi",
        items=tuple(_item(one, base_url, codes) for one in shown),
    )


def _item(material: MaterialOut, base_url: str, codes: Mapping[str, str]) -> FeedItem:
    (version,) = material.versions
    assert version.published is not None
    words = version.words
    post = words.posts[0] if words.posts else None
    at = f"{base_url}/v1/materials/{material.id}"
    return FeedItem(
        id=f"{at}/versions/{version.version}",
        url=links.url(base_url, codes[material.id]),
        title=words.title.vi,
        content_text=_copied(post) if post else words.summary,
        date_published=version.published,
        authors=(FeedAuthor(material.author),),
        language=post.language if post else words.languages[0],
        kmm=FeedDetails(
            material=material.id,
            version=version.version,
            kind=words.kind,
            audiences=words.audiences,
            categories=words.categories,
            campaign=words.campaign,
            licence=words.licence,
            kit=f"{at}/versions/{version.version}/kit",
            link=links.url(base_url, codes[material.id]),
            digest=version.digest,
        ),
        summary=words.summary or None,
        tags=post.hashtags if post else (),
        attachments=tuple(_attachment(one, base_url) for one in version.assets),
    )


def _copied(post: Post) -> str:
    return "\n\n".join(filter(None, (post.caption, " ".join(f"#{word}" for word in post.hashtags))))


def _attachment(asset: AssetOut, base_url: str) -> FeedAttachment:
    return FeedAttachment(base_url + asset.href, asset.media_type, asset.name, asset.size)


def atom(feed: JsonFeed) -> bytes:
    """The same items as Atom."""
    ET.register_namespace("", _ATOM)
    root = ET.Element(f"{{{_ATOM}}}feed", {"xml:lang": feed.language})
    newest = max((item.date_published for item in feed.items), default=times.from_micros(0))
    _texts(root, id=feed.feed_url, title=feed.title, updated=newest.isoformat())
    _link(root, "self", feed.feed_url, "application/atom+xml")
    for item in feed.items:
        entry = ET.SubElement(root, f"{{{_ATOM}}}entry", {"xml:lang": item.language})
        at = item.date_published.isoformat()
        _texts(entry, id=item.id, title=item.title, updated=at, published=at, content=item.content_text)
        _texts(ET.SubElement(entry, f"{{{_ATOM}}}author"), name=item.authors[0].name)
        _texts(entry, rights=item.kmm.licence, **({"summary": item.summary} if item.summary else {}))
        for tag in (*item.tags, *item.kmm.categories):
            ET.SubElement(entry, f"{{{_ATOM}}}category", {"term": tag})
        _link(entry, "alternate", item.url, "application/json")
        for one in item.attachments:
            _link(entry, "enclosure", one.url, one.mime_type, length=str(one.size_in_bytes), title=one.title)
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True))


def _texts(parent: ET.Element, **texts: str) -> None:
    for name, text in texts.items():
        # The two code points that JSON takes and XML 1.0 does not.
        ET.SubElement(parent, f"{{{_ATOM}}}{name}").text = re.sub("[\ufffe\uffff]", "", text)


def _link(parent: ET.Element, rel: str, href: str, media_type: str, **more: str) -> None:
    ET.SubElement(parent, f"{{{_ATOM}}}link", {"rel": rel, "href": href, "type": media_type, **more})
