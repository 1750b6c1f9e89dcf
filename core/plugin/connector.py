"""Connector: a partner's own payload, read into the hub's words."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import ClassVar, TypeVar

import msgspec

from core.edge import JSON, field_error
from core.errors import Fault
from core.wire.answers import AnswerIn
from core.wire.common import ExternalId
from core.wire.feed_keys import Addressed
from core.wire.scopes import PartnerKind
from core.wire.signals import SignalIn

N = TypeVar("N")


class Refused(Exception):
    """The payload, or one item of it, says something that the connector does not know. `reason` reaches the partner."""

    def __init__(self, reason: str, pointer: str = "", code: str = "refused") -> None:
        super().__init__(reason)
        self.reason = reason
        self.pointer = pointer
        """JSON pointer (RFC 6901) into the payload."""
        self.code = code

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Refused) and vars(self) == vars(other)

    def __hash__(self) -> int:
        return hash((self.reason, self.pointer, self.code))


class BadSignature(Exception):
    """The payload is not signed as the partner signs."""


UNREADABLE = (Refused, Fault, msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""What says that a body is not of this form, by no fault of whoever reads it: a `Fault` as of `translate_table`."""


class Withdrawal(msgspec.Struct, frozen=True):
    """The partner takes back what it said under this name of its own."""

    external_id: ExternalId


Said = SignalIn | Withdrawal | AnswerIn
"""What an item may mean: a signal, that one is taken back, what becomes of a takedown request."""
Translated = Said | Refused


class Sharing(Addressed, frozen=True, forbid_unknown_fields=True):
    """Settings of a connector whose partner does not say who may read what it sends."""


class Example(msgspec.Struct, frozen=True):
    """A recorded payload and what it means."""

    status: str
    """The partner's status word that it shows."""
    payload: bytes
    """In the first of the connector's media types."""
    becomes: Sequence[Said]

    def saying(self, word: str) -> bytes:
        """The payload with another word in place of its own; unchanged where it does not carry its own."""
        quoted = msgspec.json.encode(self.status)
        if quoted in self.payload:
            return self.payload.replace(quoted, msgspec.json.encode(word))
        return self.payload.replace(self.status.encode(), word.encode())


class Connector(ABC):
    """One partner's way of speaking, or that of a kind of partner. Objects hold settings and no state.

    A subclass names `kind` (and `partner`, when it speaks for one), declares `statuses` and writes `translate`.
    """

    kind: ClassVar[PartnerKind]
    partner: ClassVar[str | None] = None
    """Slug of the one partner that speaks so; None for every partner of the kind without a connector of its own."""
    media_types: ClassVar[tuple[str, ...]] = (JSON,)
    """Of its payloads. Several connectors may speak for one partner, each for media types of its own."""
    items: ClassVar[str] = ""
    """JSON pointer (RFC 6901) to the list of items in the payload; where that is no JSON, what stands before their
    numbers."""
    statuses: ClassVar[frozenset[str]]
    """Every status word that the partner may send; any other refuses the item. Each has an example. Empty where the
    partner sends lists without such words; the examples are then named by what they show."""
    whole: ClassVar[str | None] = None
    """What all names of the connector begin with, where each payload is the partner's whole list: what it said under
    such a name and leaves out now is taken back, unless an item of the payload cannot be read."""
    recorded: ClassVar[Path]
    """Folder of recorded payloads, `<status>.json`: `{"payload": …, "becomes": [signal, {"external_id"}, answer]}`.

    A payload that is not JSON lies beside it, named by `"payload_file"`; `"status"` is the word where no file can be
    called so.
    """

    def verify(self, headers: Mapping[str, str], body: bytes) -> None:  # noqa: B027 - signing nothing is a way to speak
        """Raise `BadSignature` unless the partner signed `body`. Header names are in lower case.

        The caller's token was checked before, and is not among the headers; a partner that signs nothing needs no more.
        """

    @abstractmethod
    def translate(self, body: bytes) -> Sequence[Translated]:
        """One answer for each item of the payload, in its order. Pure.

        Raises one of `UNREADABLE`: `msgspec.MsgspecError` when the body is not the partner's envelope, `Refused` to
        refuse it whole.
        """

    def examples(self) -> Sequence[Example]:
        """The recorded payloads; `core.plugin.sheet` holds the connector to them."""
        return [_example(path) for path in sorted(self.recorded.glob("*.json"))]


def signs(connector: Connector) -> bool:
    """Whether its partner signs what it sends."""
    return getattr(connector.verify, "__func__", None) is not Connector.verify


def translate_items(
    items: Iterable[msgspec.Raw],
    decoder: msgspec.json.Decoder[N],
    translate: Callable[[N], Said],
    pointer: str,
) -> list[Translated]:
    """Decode and translate item by item, so that a bad one costs only itself. `pointer` is `Connector.items`."""
    return [_item(raw, decoder, translate, f"{pointer}/{index}") for index, raw in enumerate(items)]


def _item(
    raw: msgspec.Raw, decoder: msgspec.json.Decoder[N], translate: Callable[[N], Said], pointer: str
) -> Translated:
    try:
        return translate(decoder.decode(raw))
    except Refused as refusal:
        return Refused(refusal.reason, pointer + refusal.pointer, refusal.code)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as exc:
        fault = field_error(exc, pointer, decoder.type)
        return Refused(fault.detail, fault.pointer, fault.code)


class _Recorded(msgspec.Struct, forbid_unknown_fields=True):
    becomes: list[msgspec.Raw]
    payload: msgspec.Raw = msgspec.Raw()
    payload_file: str = ""
    status: str = ""


def _example(path: Path) -> Example:
    recorded = msgspec.json.decode(path.read_bytes(), type=_Recorded)
    beside = recorded.payload_file and path.with_name(recorded.payload_file).read_bytes()
    becomes = [_meaning(raw) for raw in recorded.becomes]
    return Example(recorded.status or path.stem, beside or bytes(recorded.payload), becomes)


def _meaning(raw: msgspec.Raw) -> Said:
    names = msgspec.json.decode(raw, type=dict[str, msgspec.Raw])
    if "takedown" in names:
        return msgspec.json.decode(raw, type=AnswerIn)
    if "kind" in names:
        return msgspec.json.decode(raw, type=SignalIn)
    return msgspec.json.decode(raw, type=Withdrawal)
