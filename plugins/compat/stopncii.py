"""The exchange of StopNCII.org: what its clients fetch, submit and say of hashes, in its words.

The client that decides how it looks is `threatexchange` 1.2.17 (Meta, open source: its command and its library), which
takes the address of another server as the third part of its credential. Hasher-Matcher-Actioner (1.1.7) uses the same
library, and takes the address as `base_url_override` in the credential of its exchange type `stop_ncii`.

A partner that reads us so has to know:

- **A hash that is taken back goes on matching** in the command and in Hasher-Matcher-Actioner: their client looks for
  the word Withdrawn in the wrong field. The record comes again with `hashStatus` Withdrawn and `NotBlocked` from
  `hub`, which the command shows as DISPUTED. Hasher-Matcher-Actioner is rid of it once its exchange is deleted and
  opened anew. Who has to drop what is taken back at once reads the Graph exchange, or /v1/signals.
- Where times are asked for, the hub gives places in its log: whole numbers that only rise. When what you may see has
  changed, it sends everything once more.
- Fetch at least every 30 days: else the client clears its copy and begins anew, by itself.
- Records are leads, not verdicts: without an opinion they say INVESTIGATION_SEED. `Blocked` from `hub` says that a
  partner of the hub agrees, `NotBlocked` that one doubts it. Who said what is not told.
- Hasher-Matcher-Actioner looks at neither opinions nor tags: ask for a key with a lowest score.
- URLs are compared letter by letter: look for the canonical form, which `POST /v1/signals/lookup` answers with. Host
  names and texts are left out: one would match nothing, the other stops the client at the first "đ".
- A single PDQ hash matches nothing once the client has loaded its index again: keep two that differ.
- The digest of any file comes as `VideoMD5`, for there is no other word; one that is of no video matches none.
- What is submitted is your partner's alone, unless its key names a TLP or groups.
"""

from typing import Annotated, Any

import msgspec
from litestar import get, post
from litestar.params import JSONBody, QueryParameter
from msgspec import Meta
from sqlalchemy.ext.asyncio import AsyncSession

from core.auth.logins import paired
from core.sdk import (
    FeedFormat,
    OpinionIn,
    Outcome,
    Principal,
    Scope,
    Selection,
    Stance,
    scoped,
)
from core.signals import feed
from core.signals.keys import Keys
from core.signals.kinds import Kinds
from core.signals.pages import Pages
from plugins.compat import feedback, words
from plugins.compat.feedback import SENDS, Sender, Taken, signals_of
from plugins.compat.stopncii_records import (
    KINDS,
    FeedbackGiven,
    FeedbacksIn,
    FeedbackValue,
    HashesIn,
    HashPage,
    meanings,
    records,
)

_FIRST = 10
"""What a client asks for that has fetched nothing yet."""
_SAYS = {
    FeedbackValue.BLOCKED: (Stance.AGREE, "", Outcome.REMOVED),
    FeedbackValue.NOT_BLOCKED: (Stance.DISAGREE, "NotBlocked, in the words of StopNCII.org.", Outcome.NO_ACTION),
    FeedbackValue.WITHDRAWN: (None, "", None),
    FeedbackValue.DELETED: (None, "", None),
}
"""Stance, reason and outcome. Their NotBlocked means inconclusive, so it is no false positive; other words say nothing
that others could use."""

_feedback = msgspec.json.Decoder(FeedbackGiven)
_keys = paired(b"x-functions-key", b"ocp-apim-subscription-key")


def _open(scope: Scope) -> dict[str, Any]:
    return scoped(scope, logins=(_keys,), feed_format=FeedFormat.STOPNCII) | {"status_code": 200}


@get("/stopncii/v1/FetchHashes", operation_id="FetchHashes", **_open(Scope.SIGNALS_READ))
async def fetch_hashes(
    principal: Principal,
    snapshot: AsyncSession,
    kinds: Kinds,
    keys: Keys,
    pages: Pages,
    selection: Selection,
    start: Annotated[int, Meta(ge=0, lt=10**15), QueryParameter(name="startTimestamp")] = _FIRST,
    size: Annotated[int, Meta(ge=1, le=1_000), QueryParameter(name="pageSize")] = 800,
    token: Annotated[str, Meta(max_length=200, pattern="^[A-Za-z0-9_-]*$"), QueryParameter(name="nextPageToken")] = "",
) -> HashPage:
    """Fetch what has changed since `startTimestamp`, in the words of StopNCII.org.

    The timestamps are places in the log. A page goes on with its `nextPageToken`, the next fetch begins at the last
    `nextSetTimestamp`. A record replaces the one of the same type and value. What is gone comes as Withdrawn.
    """
    chosen = words.carried(selection, KINDS)
    begins = start if start > _FIRST else 0
    place = await feed.place(snapshot, principal, keys, chosen, token=token, position=None if token else begins)
    # A client cannot be told to begin anew.
    place = place.renewed()
    page = await feed.changes(snapshot, principal, kinds, keys, chosen, place.cursor, size)
    pages.note(chosen, place, page.reached)
    found = tuple(record for change in page.changes for record in records(change))
    return HashPage(
        count=len(found),
        next_page_token=feed.token(place, page.reached, principal, keys, chosen) if page.more else "",
        # In a walk that begins anew, the client is shown no earlier place than it has.
        next_set_timestamp=max(start, page.reached),
        has_more_records=page.more,
        hash_records=found,
    )


@post("/stopncii/v1/SubmitHashes", operation_id="SubmitHashes", **_open(Scope.SIGNALS_WRITE), **SENDS)
async def submit_hashes(data: JSONBody[HashesIn], sender: Sender) -> Taken:
    """Submit hashes in the words of StopNCII.org; the first tag that is one of our categories is theirs.

    They are for those whom your key names. `Withdrawn` or `Deleted` among its feedback takes a hash back.
    """
    return await feedback.take(sender, meanings(data), "/hashRecords")


@post("/stopncii/v1/SubmitFeedback", operation_id="SubmitFeedback", **_open(Scope.OPINIONS_WRITE), **SENDS)
async def submit_feedback(data: JSONBody[FeedbacksIn], sender: Sender) -> Taken:
    """Say what you found out about hashes, in the words of StopNCII.org.

    `Blocked` agrees and says that you removed it, `NotBlocked` doubts it, `Withdrawn` and `Deleted` take back what you
    said; other words, and tags, are for yourself. A value is looked for in every kind that your key reads.
    """
    names = words.carried(sender.selection, KINDS).kinds

    def meaning(given: FeedbackGiven) -> list[OpinionIn] | None:
        if given.value not in _SAYS:
            return None
        return [OpinionIn(one, *_SAYS[given.value]) for one in signals_of(given.hash_value, names, sender)]

    return await feedback.hear(sender, data.hash_feedbacks, _feedback, meaning, "/hashFeedbacks")


handlers = [fetch_hashes, submit_hashes, submit_feedback]
