"""NCMEC's hash sharing, version 2: hashes as entries in XML, for the clients of its members.

The client that decides how it looks is the library of `threatexchange` 1.2.17 (Meta, open source). It takes another
server (`NCMECHashAPI(user, password, SimpleNamespace(value=base_url))`); its command knows NCMEC's own only.
The page that describes submitting could not be found: entries are taken as they are given out.

A partner that reads us so has to know:

- What is taken back arrives, as `deletedImage` or `deletedVideo`: drop by the numbers of member and entry.
- Entries carry no classification: those of NCMEC are for child sexual abuse material, and these hashes need not be.
  Whether an entry is of such material, the feed of /v1/signals says.
- **Run the client with `TZ=UTC`**: it writes local times and marks them as UTC, so that in Viet Nam each window lies
  seven hours too late and what changed in the last seven hours is missed.
- `from` is part of the window and `to` is not. Entries come in the order of the log; go on at `paging/next`.
- Fetch at least every 90 days: entries that are gone are named that long.
- 410 says that the hub cannot name any more what you have to drop, since you left a group: clear your copy, and fetch
  one window from a time before there was a hub.
- The digest of any file comes as the MD5 of a video, since clients look for none among images.
- What is submitted is your partner's alone, unless its key names a TLP or groups.
"""

from asyncio import to_thread
from typing import Annotated, Any
from urllib.parse import urlencode
from xml.etree.ElementTree import Element, SubElement

import msgspec
from litestar import Request, Response, get, post, put
from litestar.params import QueryParameter
from msgspec import Meta
from sqlalchemy.ext.asyncio import AsyncSession

from core.auth.logins import basic
from core.log import clock
from core.sdk import (
    AT_ONCE,
    SECOND,
    FeedFormat,
    FieldError,
    Invalid,
    NotFound,
    OpinionIn,
    Principal,
    Refused,
    Scope,
    Selection,
    Stance,
    Time,
    TooLarge,
    answers,
    body,
    read_xml,
    scoped,
    takes,
    to_micros,
)
from core.signals import feed
from core.signals.cursors import Place, Resync
from core.signals.keys import Keys, parse_id
from core.signals.kinds import Kinds
from core.signals.pages import Pages
from plugins.compat import feedback, ncmec_entries, words
from plugins.compat.feedback import SENDS, Sender, Taken
from plugins.compat.ncmec_entries import HUB, KINDS, NAME, XML, add_member, document, entry, envelope

_YOU = 2
"""The number of whoever asks, to itself."""
_PAGE = 1_000
_FEEDBACK = 64 * 1024
"""Bytes of what is said of an entry."""
_REASONS = {
    "8a0c5d0e-6f0b-4c1c-9d4e-2b7f3a1c0001": ("Doubtful", Stance.DISAGREE),
    "8a0c5d0e-6f0b-4c1c-9d4e-2b7f3a1c0002": ("Harmless", Stance.FALSE_POSITIVE),
}
"""Why feedback is negative: names of ours, by numbers of ours, as each exchange has its own."""
Moment = Annotated[str, Meta(max_length=30, pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}(\.[0-9]{1,6})?Z$")]
_ANSWERS = answers({200: {XML: bytes}})


def _open(scope: Scope) -> dict[str, Any]:
    return scoped(scope, logins=(basic,), feed_format=FeedFormat.NCMEC) | {"status_code": 200}


def _xml(root: Element) -> Response[bytes]:
    return Response(document(root), media_type=XML)


@get("/ncmec/v2/status", operation_id="ReadNcmecStatus", **_open(Scope.SIGNALS_READ), **_ANSWERS)
async def read_status(principal: Principal) -> Response[bytes]:
    """Read who you are, as a member of the exchange."""
    root = envelope("status")
    add_member(root, _YOU, principal.slug)
    return _xml(root)


@get("/ncmec/v2/members", operation_id="ListNcmecMembers", **_open(Scope.SIGNALS_READ), **_ANSWERS)
async def list_members(principal: Principal) -> Response[bytes]:
    """List the members of the exchange: the hub, which owns every entry, and you."""
    root = envelope("members")
    add_member(root, HUB, NAME)
    add_member(root, _YOU, principal.slug)
    return _xml(root)


@get("/ncmec/v2/entries", operation_id="ListNcmecEntries", **_open(Scope.SIGNALS_READ), **_ANSWERS)
async def list_entries(
    principal: Principal,
    snapshot: AsyncSession,
    kinds: Kinds,
    keys: Keys,
    pages: Pages,
    selection: Selection,
    since: Annotated[Moment, QueryParameter(name="from")] = "",
    until: Annotated[Moment, QueryParameter(name="to")] = "",
    after: Annotated[str, Meta(max_length=200, pattern="^[A-Za-z0-9_-]*$")] = "",
) -> Response[bytes]:
    """List what has changed from one time to another, as entries of NCMEC's hash sharing.

    Go on at `paging/next`, an address behind that of the exchange. 410 asks for a new copy.
    """
    chosen = words.carried(selection, KINDS)
    place = await _place(snapshot, principal, keys, chosen, since, after)
    page = await feed.changes(snapshot, principal, kinds, keys, chosen, place.cursor, _PAGE)
    last = await clock.at(snapshot, _micros(until) - 1) if until else page.top
    pages.note(chosen, place, min(page.reached, last))
    changes = [change for change in page.changes if change.position <= last]
    micros = await clock.times(snapshot, [change.position for change in changes])
    entries = [entry(change, at // SECOND) for change, at in zip(changes, micros, strict=True)]
    following = ""
    if page.more and page.reached < last:
        asked = {"from": since, "to": until, "after": feed.token(place, page.reached, principal, keys, chosen)}
        following = f"/v2/entries?{urlencode({name: said for name, said in asked.items() if said})}"
    return Response(ncmec_entries.page(entries, following), media_type=XML)


async def _place(
    session: AsyncSession, principal: Principal, keys: Keys, chosen: Selection, since: str, after: str
) -> Place:
    """Where to go on. From zero where sight has only grown, for to be sent a thing twice does no harm.

    Clients begin anew by windows as they go on by them, so that age alone is no reason to refuse. Raises `Resync` where
    some of what was seen was taken: what a copy then holds in vain cannot be named.
    """
    if after:
        found = await feed.place(session, principal, keys, chosen, token=after)
        taken = found.lost
    else:
        position = await clock.at(session, _micros(since) - 1) if since else 0
        found = await feed.place(session, principal, keys, chosen, position=position)
        taken = 0 < position < found.now.lost
    if taken:
        raise Resync("What you may see has changed. Clear your copy and fetch it anew, in one window.")
    if not after and found.cursor.position >= found.now.view:
        return found
    return found.renewed()


def _micros(moment: str) -> int:
    try:
        return max(1, to_micros(msgspec.convert(moment, Time)))
    except msgspec.ValidationError:
        raise Invalid("Expected a day of the calendar and a time of it, as YYYY-MM-DDTHH:MM:SSZ.") from None


@post(
    "/ncmec/v2/entries",
    operation_id="SubmitNcmecEntries",
    **_open(Scope.SIGNALS_WRITE),
    **SENDS,
    **takes({XML: bytes}),
)
async def submit_entries(request: Request[Any, Any, Any], sender: Sender) -> Taken:
    """Submit entries of NCMEC's hash sharing, or take them back as `deletedImage` and `deletedVideo`.

    They are for those whom your key names. A classification says that it is child sexual abuse material.
    """
    try:
        # Thousands of entries take a while, during which others want their turn.
        said = await to_thread(ncmec_entries.read, await body(request))
    except Refused as refusal:
        raise _invalid(refusal) from None
    if len(said) > AT_ONCE:
        raise TooLarge(f"A body may have {AT_ONCE} entries; send several.")
    return await feedback.take(sender, said, "")


@get(
    "/ncmec/v2/feedback/{fingerprint:str}/reasons",
    operation_id="ListNcmecReasons",
    **_open(Scope.SIGNALS_READ),
    **_ANSWERS,
)
async def list_reasons(fingerprint: str) -> Response[bytes]:
    """List why feedback on fingerprints of a kind (`PDQ`, `SHA1`, `MD5`) may be negative."""
    if fingerprint not in KINDS.values():
        raise NotFound
    root = envelope("feedbackReasons")
    reasons = SubElement(root, "availableFeedbackReasons")
    for guid, (name, _) in _REASONS.items():
        SubElement(reasons, "reason", guid=guid, name=name, type=fingerprint)
    return _xml(root)


@put(
    "/ncmec/v2/entries/{member:str}/{id:str}/{fingerprint:str}/feedback",
    operation_id="GiveNcmecFeedback",
    **_open(Scope.OPINIONS_WRITE),
    **SENDS,
    **takes({XML: bytes}),
    **_ANSWERS,
)
async def give_feedback(
    request: Request[Any, Any, Any], member: str, id: str, fingerprint: str, sender: Sender
) -> Response[bytes]:
    """Say of an entry that you see the same (`affirmative`) or not (`negative`, with a reason of the list)."""
    if member != str(HUB) or fingerprint not in KINDS.values() or parse_id(id) is None:
        raise NotFound
    try:
        stance, reason = _stance(await body(request, _FEEDBACK))
    except Refused as refusal:
        raise _invalid(refusal) from None
    await feedback.say_one(sender, OpinionIn(id, stance, reason), "")
    return _xml(envelope("feedbackResult"))


def _stance(sent: bytes) -> tuple[Stance, str]:
    root = read_xml(sent)
    if root.find("affirmative") is not None:
        return Stance.AGREE, ""
    guid = root.findtext("negative/reasonIds/guid") or ""
    if guid not in _REASONS:
        raise Refused("Expected `affirmative`, or `negative` with the guid of a reason.", "", "unknown_reason")
    name, stance = _REASONS[guid]
    return stance, f"{name}, in the words of the hub's hash sharing."


def _invalid(refusal: Refused) -> Invalid:
    return Invalid(refusal.reason, errors=[FieldError(refusal.pointer, refusal.code, refusal.reason)])


handlers = [read_status, list_members, list_entries, submit_entries, list_reasons, give_feedback]
