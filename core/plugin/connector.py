"""Connector: a partner's own payload, read into the hub's words."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import ClassVar, TypeVar

import msgspec

from core.edge import field_error
from core.wire.answers import AnswerIn
from core.wire.common import ExternalId
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


class Withdrawal(msgspec.Struct, frozen=True):
    """The partner takes back what it said under this name of its own."""

    external_id: ExternalId


Said = SignalIn | Withdrawal | AnswerIn
"""What an item may mean: a signal, that one is taken back, what becomes of a takedown request."""
Translated = Said | Refused


class Example(msgspec.Struct, frozen=True):
    """A recorded payload and what it means."""

    status: str
    """The partner's status word that it shows."""
    payload: bytes
    becomes: Sequence[Said]


class Connector(ABC):
    """One partner's way of speaking, or that of a kind of partner. Objects hold settings and no state.

    A subclass names `kind` (and `partner`, when it speaks for one), declares `statuses` and writes `translate`.
    """

    kind: ClassVar[PartnerKind]
    partner: ClassVar[str | None] = None
    """Slug of the one partner that speaks so; None for every partner of the kind without a connector of its own."""
    items: ClassVar[str]
    """JSON pointer (RFC 6901) to the list of items in the payload."""
    statuses: ClassVar[frozenset[str]]
    """Every status word that the partner may send; any other refuses the item. Each has an example."""
    recorded: ClassVar[Path]
    """Folder of recorded payloads, `<status>.json`: `{"payload": …, "becomes": [signal, {"external_id"}, answer]}`."""

    def verify(self, headers: Mapping[str, str], body: bytes) -> None:  # noqa: B027 - signing nothing is a way to speak
        """Raise `BadSignature` unless the partner signed `body`. Header names are in lower case.

        The caller's token was checked before, and is not among the headers; a partner that signs nothing needs no more.
        """

    @abstractmethod
    def translate(self, body: bytes) -> Sequence[Translated]:
        """One answer for each item of the payload, in its order. Pure.

        Raises `msgspec.MsgspecError` when the body is not the partner's envelope, `Refused` to refuse it whole.
        """

    def examples(self) -> Sequence[Example]:
        """The recorded payloads; `core.plugin.contract` holds the connector to them."""
        return [_example(path) for path in sorted(self.recorded.glob("*.json"))]


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
        fault = field_error(exc, pointer)
        return Refused(fault.detail, fault.pointer, fault.code)


class _Recorded(msgspec.Struct, forbid_unknown_fields=True):
    payload: msgspec.Raw
    becomes: list[msgspec.Raw]


def _example(path: Path) -> Example:
    recorded = msgspec.json.decode(path.read_bytes(), type=_Recorded)
    return Example(path.stem, bytes(recorded.payload), [_meaning(raw) for raw in recorded.becomes])


def _meaning(raw: msgspec.Raw) -> Said:
    names = msgspec.json.decode(raw, type=dict[str, msgspec.Raw])
    if "takedown" in names:
        return msgspec.json.decode(raw, type=AnswerIn)
    if "kind" in names:
        return msgspec.json.decode(raw, type=SignalIn)
    return msgspec.json.decode(raw, type=Withdrawal)
