"""ThreatExchange as its Graph API serves it: threat updates of a privacy group, descriptors, reactions.

The clients that decide how it looks are those of `threatexchange` 1.2.17 (Meta, open source). Its library takes the
address of another server (`ThreatExchangeAPI(token, endpoint_override=…)`); its command does not, so that a partner
adds a subclass of some twenty lines, or reads the exchange of StopNCII. In Hasher-Matcher-Actioner one of four lines in
its configuration is enough (`tests/drills/test_hma.py`), and it drops what is taken back.

A partner that reads us so has to know:

- What is taken back arrives, as an update with `should_delete`: drop by `type` and `indicator`.
- A privacy group is the whole community, number 1, or one of your sharing groups. Its number is in the list
  `threat_privacy_groups_member`; nobody owns one.
- A page ends with an update of type DEBUG_STRING that says how far it goes and drops nothing. Begin next time at the
  newest `last_updated`, which is asked for inclusively: some updates come again.
- 410 says that the hub cannot name any more what you have to drop, since you left a group or did not ask for long:
  clear your copy, and fetch anew without `start_time`. Fetch at least every 85 days.
- Whatever `fields` names, you are sent the same. Descriptors are one for an indicator and owned by the hub, and their
  reactions are as many as there are opinions, by numbers that name nobody.
- The command looks at digests of videos only: those of other files are HASH_MD5 and HASH_SHA256 without such a tag.
- The token stands in addresses: keep those out of your logs, as the hub does.
- Descriptors and indicators are not to be read one by one: an update carries all that there is.
- What is submitted is visible as `share_level` says: WHITE and GREEN to the community or to the group of
  `privacy_members`, AMBER and RED to that group only.
"""

from collections.abc import Collection
from typing import Annotated, Any
from urllib.parse import parse_qs, urlencode

import msgspec
from litestar import Request, get, post
from litestar.di import Provide
from litestar.types import Scope as Connection
from msgspec import Meta
from sqlalchemy.ext.asyncio import AsyncSession

from core.auth.logins import Login
from core.log import clock
from core.sdk import (
    SECOND,
    Context,
    FeedFormat,
    FieldError,
    Invalid,
    NotFound,
    OpinionIn,
    Principal,
    Scope,
    Selection,
    scoped,
)
from core.signals import feed
from core.signals.cursors import Place, Resync
from core.signals.keys import Keys
from core.signals.kinds import Kinds
from core.signals.pages import Pages
from plugins.compat import feedback, graph_groups, graph_updates, words
from plugins.compat.feedback import SENDS, Sender, signals_of
from plugins.compat.graph_groups import ThreatPrivacyGroup, ThreatPrivacyGroups
from plugins.compat.graph_submissions import Submission, meaning, reaction, submission
from plugins.compat.graph_updates import KINDS, ThreatPaging, ThreatUpdates, mark, signal_id, updates

Seconds = Annotated[int, Meta(ge=0, lt=2**40)]


def tokened(scope: Connection) -> Login | None:
    """The token of the query: `<number>|<secret>`."""
    found = parse_qs(scope["query_string"].decode("latin-1")).get("access_token", [])
    return Login("", found[0]) if len(found) == 1 else None


def _open(scope: Scope) -> dict[str, Any]:
    # Addresses and pages hold the token: no cache keeps them.
    own = {"response_headers": {"Cache-Control": "no-store"}, "status_code": 200}
    return scoped(scope, logins=(tokened,), feed_format=FeedFormat.GRAPH) | own


@get("/graph/v1/{number:str}/threat_updates", operation_id="ReadThreatUpdates", **_open(Scope.SIGNALS_READ))
async def read_threat_updates(
    request: Request[Any, Any, Any],
    number: str,
    principal: Principal,
    snapshot: AsyncSession,
    kinds: Kinds,
    keys: Keys,
    pages: Pages,
    selection: Selection,
    ctx: Context,
    start_time: Seconds = 0,
    stop_time: Seconds | None = None,
    limit: Annotated[int, Meta(ge=1, le=1_000)] = 100,
    types: Annotated[str, Meta(max_length=1_000)] = "",
    after: Annotated[str, Meta(max_length=200, pattern="^[A-Za-z0-9_-]*$")] = "",
) -> ThreatUpdates:
    """Read what has changed in a privacy group since `start_time`, as ThreatExchange tells it.

    Times are seconds since 1970; what changed in the second of `start_time` is part of it, that of `stop_time` is not.
    Go on at `paging.next`. `types`, separated by commas, leaves out the others. 410 asks for a new copy.
    """
    chosen = await _chosen(snapshot, principal, keys, selection, number, types)
    place = await _place(snapshot, principal, keys, chosen, start_time, after)
    page = await feed.changes(snapshot, principal, kinds, keys, chosen, place.cursor, limit)
    last = page.reached if stop_time is None else await _before(snapshot, stop_time)
    changes = [change for change in page.changes if change.position <= last]
    reached = min(page.reached, last)
    pages.note(chosen, place, reached)
    seconds = await _seconds(snapshot, {*(change.position for change in changes), reached})
    data = [update for change in changes for update in updates(change, seconds[change.position])]
    found = ThreatUpdates((*data, mark(seconds[reached])))
    if not page.more or page.reached > last:
        return found
    asked = request.query_params.dict() | {"after": feed.token(place, reached, principal, keys, chosen)}
    address = f"{ctx.base_url}{request.url.path}?{urlencode(asked, doseq=True)}"
    return msgspec.structs.replace(found, paging=ThreatPaging(address))


async def _chosen(
    session: AsyncSession, principal: Principal, keys: Keys, selection: Selection, number: str, types: str
) -> Selection:
    """The part of a selection that is for one privacy group and of these types."""
    wanted = types.split(",") if types else KINDS.values()
    if not set(wanted) & set(KINDS.values()):
        detail = f"Expected some of {', '.join(KINDS.values())}, separated by commas."
        raise Invalid("The hub has nothing of these types.", errors=[FieldError("/types", "unknown", detail)])
    carried = words.carried(selection, [kind for kind, word in KINDS.items() if word in wanted])
    group = next(iter((await graph_groups.find(session, principal, keys, [number])).values()), None)
    return msgspec.structs.replace(carried, community=group is None, group=group)


async def _before(session: AsyncSession, second: int) -> int:
    """The last position before a second."""
    return await clock.at(session, second * SECOND - 1)


async def _seconds(session: AsyncSession, positions: Collection[int]) -> dict[int, int]:
    ordered = sorted(positions)
    micros = await clock.times(session, ordered)
    # Before the first tick there is no time.
    return {position: max(0, at // SECOND) for position, at in zip(ordered, micros, strict=True)}


async def _place(
    session: AsyncSession, principal: Principal, keys: Keys, chosen: Selection, start_time: int, after: str
) -> Place:
    """Where to go on; from zero where sight has grown. Raises `Resync` where some of it was taken."""
    if after or not start_time:
        found = await feed.place(session, principal, keys, chosen, token=after)
    else:
        # At the first position of all, who begins is not one that goes on.
        found = await feed.place(session, principal, keys, chosen, position=await _before(session, start_time) or 1)
        # It was sent a part of that second, and nobody knows which.
        found = found.holding(await _before(session, start_time + 1))
    if found.lost:
        raise Resync("What you may see has changed, or you did not ask for long. Clear your copy and fetch it anew.")
    return found.renewed()


@get("/graph/v1/{number:str}", operation_id="ReadThreatPrivacyGroup", **_open(Scope.SIGNALS_READ))
async def read_group(number: str, principal: Principal, snapshot: AsyncSession, keys: Keys) -> ThreatPrivacyGroup:
    """Read a privacy group: 1, the community, or a sharing group that you are a member of."""
    for group in await graph_groups.listing(snapshot, principal, keys):
        if group.id == number:
            return group
    raise NotFound


@get(
    "/graph/v1/{number:str}/threat_privacy_groups_member",
    operation_id="ListThreatPrivacyGroups",
    **_open(Scope.SIGNALS_READ),
)
async def list_groups(number: str, principal: Principal, snapshot: AsyncSession, keys: Keys) -> ThreatPrivacyGroups:
    """List the privacy groups that you read, whatever number of an application you give."""
    return ThreatPrivacyGroups(await graph_groups.listing(snapshot, principal, keys))


@get(
    "/graph/v1/{number:str}/threat_privacy_groups_owner",
    operation_id="ListOwnThreatPrivacyGroups",
    **_open(Scope.SIGNALS_READ),
)
async def list_own_groups(number: str) -> ThreatPrivacyGroups:
    """List the privacy groups that you own: none, for sharing groups belong to their members."""
    return ThreatPrivacyGroups(())


class GraphDone(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """It holds."""

    success: bool = True
    id: str = ""
    """Of the descriptor."""


@post("/graph/v1/{number:str}", operation_id="ReactToThreatDescriptor", **_open(Scope.OPINIONS_WRITE), **SENDS)
async def react(
    number: str,
    sender: Sender,
    reactions: Annotated[str, Meta(max_length=300)] = "",
    reactions_to_remove: Annotated[str, Meta(max_length=300)] = "",
) -> GraphDone:
    """React to a descriptor, by words of ThreatExchange, separated by commas.

    `SAW_THIS_TOO` and `HELPFUL` agree, `NOT_HELPFUL` and `DISAGREE_WITH_TAGS` doubt, `NON_MALICIOUS` says that you know
    better; the others tell nobody anything. Of several the last counts. To remove one takes your opinion back.
    """
    named = signal_id(number)
    if named is None:
        raise NotFound
    opinions = [one for word in reactions.split(",") if word and (one := reaction(named, word))]
    removed = [OpinionIn(named, None) for word in reactions_to_remove.split(",") if word and reaction(named, word)]
    if said := opinions or removed:
        await feedback.say_one(sender, said[-1], "/reactions")
    return GraphDone(id=number)


@post(
    "/graph/v1/threat_descriptors",
    operation_id="SubmitThreatDescriptor",
    **_open(Scope.SIGNALS_WRITE),
    dependencies={**SENDS["dependencies"], "submission": Provide(submission, sync_to_thread=False)},
)
async def submit_descriptor(
    submission: Submission, principal: Principal, snapshot: AsyncSession, keys: Keys, sender: Sender
) -> GraphDone:
    """Submit a threat descriptor, in the query as ThreatExchange has it.

    It is for those of `share_level`, in the group of `privacy_members`; the first of `tags` that is one of our
    categories is its own. `NON_MALICIOUS` takes back what you submitted of the same type and indicator.
    """
    groups = await graph_groups.find(snapshot, principal, keys, submission.groups)
    taken = await feedback.take(sender, [meaning(submission, [*groups])], "/descriptors")
    if taken.errors:
        raise Invalid("The descriptor was not taken.", errors=taken.errors)
    signal = submission.signal
    (named,) = signals_of(signal.value, [signal.kind], sender)
    return GraphDone(id=graph_updates.number(named))


handlers = [read_threat_updates, read_group, list_groups, list_own_groups, react, submit_descriptor]
