"""Hashes in the words of StopNCII.org, out and in.

Shapes: `threatexchange/exchanges/clients/stopncii/api.py` of threatexchange 1.2.17, whose dataclasses take no other
types, no word beside those here and null in no place.
"""

from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta

from core.sdk import (
    AT_ONCE,
    Category,
    Count,
    Feed,
    Format,
    Refused,
    SignalIn,
    SignalOut,
    State,
    Translated,
    Withdrawal,
    translate_items,
)
from core.signals.feed import Change
from plugins.compat import words

KINDS = {"pdq": "ImagePDQ", "url": "URL", "md5": "VideoMD5"}
_KIND_OF = {word: kind for kind, word in KINDS.items()}
_HUB = "hub"
"""Who gives the opinions on a record: whose they are is not told."""


class CaseStatus(StrEnum):
    """What has become of a hash. The hub says `Active` and `Withdrawn`."""

    UNKNOWN = "Unknown"
    RECEIVED = "Received"
    ACTIVE = "Active"
    WITHDRAWN = "Withdrawn"
    DELETED = "Deleted"


class FeedbackValue(StrEnum):
    """What a platform found out about a hash."""

    UNKNOWN = "Unknown"
    NONE = "None"
    """Nothing; tags may go with it."""
    QUALITY_UNKNOWN = "QualityUnknown"
    PENDING_REVIEW = "PendingReview"
    BLOCKED = "Blocked"
    """Looked into, and found to be so."""
    NOT_BLOCKED = "NotBlocked"
    """Looked into, and doubtful."""
    WITHDRAWN = "Withdrawn"
    DELETED = "Deleted"


class CspFeedback(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """An opinion on a hash."""

    source: str
    feedback_value: FeedbackValue
    tags: tuple[str, ...] = ()


class HashRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """A hash as it is now; replaces what was read of it before."""

    last_modtimestamp: int
    """Its place in the log."""
    signal_type: str
    hash_value: str
    hash_status: CaseStatus
    case_numbers: dict[str, CaseStatus]
    feedbacks: tuple[CspFeedback, ...] = msgspec.field(name="CSPFeedbacks")


class HashPage(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """What has changed since a place in the log, a page of it."""

    count: Count
    next_page_token: str
    """Empty on the last page."""
    next_set_timestamp: Count
    """To begin at next time."""
    has_more_records: bool
    hash_records: tuple[HashRecord, ...]


class FeedbackGiven(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """What a client says of a hash."""

    feedback_value: str
    """A `FeedbackValue`, or as Python writes the client's own: `StopNCIICSPFeedbackValue.Blocked`."""
    tags: tuple[str, ...] = ()
    hash_value: str = ""
    """What `SubmitFeedback` is about; nothing in `SubmitHashes`."""
    source: str = ""

    @property
    def value(self) -> FeedbackValue:
        """Raises `Refused` for a word of others."""
        return FeedbackValue(_word(self.feedback_value, FeedbackValue, "/feedbackValue"))


class HashGiven(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """A hash as a client submits it. Status, time and case numbers are the exchange's own and are not read."""

    signal_type: str
    """`ImagePDQ`, `URL` or `VideoMD5`, or as Python writes the client's own: `StopNCIISignalType.ImagePDQ`."""
    hash_value: str
    feedbacks: tuple[FeedbackGiven, ...] = msgspec.field(name="CSPFeedbacks", default=())
    last_modtimestamp: int = 0
    hash_status: str = ""
    case_numbers: dict[str, str] = {}


class HashesIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """Hashes to take."""

    hash_records: Annotated[list[msgspec.Raw], Meta(max_length=AT_ONCE)]
    """Each a `HashGiven`; a bad one costs only itself."""
    count: int = 0


class FeedbacksIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """Opinions to take."""

    hash_feedbacks: Annotated[list[msgspec.Raw], Meta(max_length=AT_ONCE)]
    """Each a `FeedbackGiven`; a bad one costs only itself."""
    count: int = 0


_hashes = msgspec.json.Decoder(HashesIn)
_hash = msgspec.json.Decoder(HashGiven)


def active(signal: SignalOut, position: int) -> HashRecord:
    """An item. `tags` carry its category; an opinion on it, whoever's, is the hub's."""
    given = [CspFeedback(_HUB, FeedbackValue.NONE, (str(signal.category),))]
    if signal.state is State.DISPUTED:
        given.append(CspFeedback(_HUB, FeedbackValue.NOT_BLOCKED))
    elif signal.opinions and signal.opinions.agree:
        given.append(CspFeedback(_HUB, FeedbackValue.BLOCKED))
    return _record(signal.id, str(signal.kind), str(signal.value), position, CaseStatus.ACTIVE, given)


def records(change: Change) -> Iterator[HashRecord]:
    """A change. What a copy may hold and is to drop comes as it was shown: withdrawn, and doubted."""
    for value in change.dropped:
        doubt = CspFeedback(_HUB, FeedbackValue.NOT_BLOCKED)
        yield _record(change.signal.id, change.kind, value, change.position, CaseStatus.WITHDRAWN, [doubt])
    if not change.gone:
        yield active(change.signal, change.position)


def _record(
    id: str, kind: str, value: str, position: int, status: CaseStatus, given: Sequence[CspFeedback]
) -> HashRecord:
    # A case has to have a number that is the same the next time.
    cases = {f"KMM-{id[4:12].upper()}": status}
    return HashRecord(position, KINDS[kind], value, status, cases, tuple(given))


def read(body: bytes) -> Sequence[Translated]:
    """What a body of `SubmitHashes` says."""
    return meanings(_hashes.decode(body))


def meanings(sent: HashesIn) -> Sequence[Translated]:
    """Each hash, or that it is taken back: by `Withdrawn` or `Deleted` among its feedback."""
    return translate_items(sent.hash_records, _hash, _meaning, "/hashRecords")


def _meaning(given: HashGiven) -> SignalIn | Withdrawal:
    kind = _KIND_OF[_word(given.signal_type, _KIND_OF, "/signalType")]
    name = words.external_id("stopncii", given.hash_value)
    if any(one.value in (FeedbackValue.WITHDRAWN, FeedbackValue.DELETED) for one in given.feedbacks):
        return Withdrawal(name)
    tags = [tag for one in given.feedbacks for tag in one.tags]
    return SignalIn(kind=kind, value=given.hash_value, category=Category.tagged(tags), external_id=name)


def _word(text: str, known: Iterable[str], pointer: str) -> str:
    """The word as the format has it: the client sends `str()` of its own enumeration, `Signal.ImagePDQ` or `None_`."""
    word = text.rpartition(".")[2].removesuffix("_")
    if word not in set(known):
        raise Refused(f"Expected one of {', '.join(known)}.", pointer)
    return word


def _render(page: Feed) -> bytes:
    records = tuple(active(one, one.position) for one in page.signals if one.kind in KINDS)
    return msgspec.json.encode(
        HashPage(
            count=len(records),
            next_page_token=page.next if page.more else "",
            next_set_timestamp=max((one.position for one in page.signals), default=0),
            has_more_records=page.more,
            hash_records=records,
        )
    )


FORMAT = Format(
    "stopncii",
    "application/vnd.stopncii+json",
    "json",
    render=_render,
    read=read,
    kinds=KINDS,
    loses=frozenset(SignalIn.__struct_fields__) - {"kind", "value", "category"},
)
