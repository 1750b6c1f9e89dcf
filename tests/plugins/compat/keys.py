"""Feed keys for tests, issued as the operator's command does."""

from typing import Any

import msgspec

from core.auth import feed_keys
from core.auth.access import HUB
from core.log import head
from core.testing import TestedHub
from core.wire.feed_keys import FeedFormat, FeedKeyIn, IssuedFeedKey


async def issue(hub: TestedHub, slug: str, form: FeedFormat, **asked: Any) -> IssuedFeedKey:
    """A key of this partner, good at once; `asked` as in `FeedKeyIn`."""
    parts = hub.parts
    async with head.writing(parts.db, "tests", "IssueFeedKey") as session:
        wanted = msgspec.convert({"format": form, **asked}, FeedKeyIn)
        issued = await feed_keys.issue(session, HUB, slug, wanted, parts.settings)
    await parts.tokens.refresh()
    return issued
