"""The Global Signal Exchange: addresses and hosts as its members send and receive them.

Pages: https://www.globalsignalexchange.org/docs (March 2025). What they do not say is ours: how records stand in a
body, the zone of times (UTC), what the answer to a report counts.

A partner that reads us so has to know:

- `idFrom` is part of the answer: begin next time behind the largest `id`. An empty answer says that there is nothing.
- What is taken back comes as `feedback_noaction` of the source `khong-mot-minh`: drop the signal. The exchange has no
  other word for it.
- Without `idFrom` the last 24 hours are sent. This is news, no copy of what there is: what a group that you join knew
  before is not sent again, and when you leave one, nobody tells you what to drop. Who keeps a copy reads /v1/signals.
- The kinds `url`, `domain` and `ip` only, since the exchange documents no others.
- Our category, marking and times go along in `extra_data`, and are read from there. Whatever else is in it is kept as
  the signal's context.
- What is sent is your partner's alone, unless it or its key names a TLP or groups.
"""

from typing import Annotated, Any

import msgspec
from litestar import Request, get, post
from litestar.params import QueryParameter
from msgspec import Meta
from sqlalchemy.ext.asyncio import AsyncSession

from core.auth.logins import paired
from core.log import clock
from core.sdk import (
    AT_ONCE,
    DAY,
    JSON,
    Count,
    FeedFormat,
    FieldError,
    OpinionIn,
    Outcome,
    PageSize,
    Principal,
    Scope,
    Selection,
    Stance,
    body,
    decode,
    now,
    scoped,
    takes,
)
from core.signals import feed
from core.signals.keys import Keys
from core.signals.kinds import Kinds
from core.signals.pages import Pages
from plugins.compat import feedback, gse_reports, words
from plugins.compat.feedback import SENDS, Sender, Taken, signals_of
from plugins.compat.gse_reports import KINDS, FeedbackType, SignalRecord, records

_SAYS = {
    FeedbackType.ACTIONED: (Stance.AGREE, "", Outcome.REMOVED),
    FeedbackType.NO_ACTION: (Stance.DISAGREE, "feedback_noaction in the Global Signal Exchange.", Outcome.NO_ACTION),
}
"""Stance, reason and outcome; what is `enriched` says nothing that others could use."""


class ReportsTaken(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What became of reports. The hub tells new ones from those that it had to nobody."""

    adds: Count
    rejected: Count
    updates: Count = 0
    replaces: Count = 0
    deletes: Count = 0
    errors: tuple[FieldError, ...] = ()


class SignalFeedback(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a member says of a signal."""

    signal: str
    type: FeedbackType
    role: str
    reason: str
    source: str = ""
    reason_other: str = ""


_many = msgspec.json.Decoder(Annotated[list[msgspec.Raw], Meta(max_length=AT_ONCE)])
_given = msgspec.json.Decoder(SignalFeedback)
_keys = paired(b"api-key", b"api-secret")


def _open(scope: Scope) -> dict[str, Any]:
    return scoped(scope, logins=(_keys,), feed_format=FeedFormat.GSE) | {"status_code": 200}


@get("/gse/feed/24hr", operation_id="ReadSignalReports", **_open(Scope.SIGNALS_READ))
async def read_feed(
    principal: Principal,
    snapshot: AsyncSession,
    kinds: Kinds,
    keys: Keys,
    pages: Pages,
    selection: Selection,
    since: Annotated[int, Meta(ge=0, lt=10**15), QueryParameter(name="idFrom")] = 0,
    limit: PageSize = 1_000,
) -> list[SignalRecord]:
    """Read what was reported since `idFrom`, or in the last 24 hours, as the Global Signal Exchange tells it.

    Sorted by `id`. One change may be several records, of the same `id`.
    """
    chosen = words.carried(selection, KINDS)
    position = since - 1 if since else await clock.at(snapshot, now() - DAY)
    place = await feed.place(snapshot, principal, keys, chosen, position=position)
    # What came at `idFrom` itself was sent before, to who begins where it ended.
    place = place.holding(since)
    page = await feed.changes(snapshot, principal, kinds, keys, chosen, place.cursor, limit)
    while page.more and not page.changes:
        # To its clients an empty answer is the end.
        further = msgspec.structs.replace(place.cursor, position=page.reached)
        page = await feed.changes(snapshot, principal, kinds, keys, chosen, further, limit)
    pages.note(chosen, place, page.reached)
    times = await clock.times(snapshot, [change.position for change in page.changes])
    return [one for change, at in zip(page.changes, times, strict=True) for one in records(change, at)]


@post(
    "/gse/report/signal",
    operation_id="ReportSignals",
    **_open(Scope.SIGNALS_WRITE),
    **SENDS,
    **takes({JSON: list[Any]}),
)
async def report_signals(request: Request[Any, Any, Any], sender: Sender) -> ReportsTaken:
    """Report signals in the words of the Global Signal Exchange; a bad one costs only itself.

    Each has `signal`, `report_date`, `abuse_type`, and may have `signal_type`, `predictive`, `confidence_score` and
    `extra_data`.
    They are for those whom `extra_data.tlp` or your key names.
    """
    taken = await feedback.take(sender, gse_reports.meanings(decode(await body(request), _many)), "")
    return ReportsTaken(adds=taken.accepted, rejected=taken.count - taken.accepted, errors=taken.errors)


@post(
    "/gse/report/feedback",
    operation_id="ReportFeedback",
    **_open(Scope.OPINIONS_WRITE),
    **SENDS,
    **takes({JSON: list[Any]}),
)
async def report_feedback(request: Request[Any, Any, Any], sender: Sender) -> Taken:
    """Say what became of signals, in the words of the Global Signal Exchange: `signal`, `type`, `role`, `reason`.

    `feedback_actioned` agrees and says that you removed it, `feedback_noaction` doubts it, `feedback_enriched` is for
    yourself. A value is looked for in every kind that your key reads.
    """
    names = words.carried(sender.selection, KINDS).kinds

    def meaning(given: SignalFeedback) -> list[OpinionIn] | None:
        if given.type not in _SAYS:
            return None
        return [OpinionIn(one, *_SAYS[given.type]) for one in signals_of(given.signal, names, sender)]

    return await feedback.hear(sender, decode(await body(request), _many), _given, meaning, "")


handlers = [read_feed, report_signals, report_feedback]
