"""Payloads in formats other than the hub's own: translated by the partner's connector, then taken like any others.

A partner without a connector for what it sends is read by the format of that media type, where a plugin brings one.
"""

import logging
from asyncio import to_thread
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeVar

import msgspec

from core.auth.access import Principal
from core.db import Database
from core.edge import AT_ONCE, JSON, field_error
from core.errors import (
    Conflict,
    Fault,
    Invalid,
    NotFound,
    TooLarge,
    Unauthorized,
    Unavailable,
    UnsupportedMediaType,
)
from core.log import head
from core.plugin.connector import BadSignature, Connector, Refused, Translated, Withdrawal
from core.plugin.host import PluginHost
from core.signals import lookup, signals
from core.signals.guard import Guard
from core.signals.keys import Keys
from core.signals.kinds import Kinds
from core.signals.writer import SignalWriter
from core.takedowns import answers
from core.wire.answers import AnswerIn, AnswerResult, AnswersTaken
from core.wire.common import FieldError
from core.wire.connect import Connected, ConnectResult, ConnectStatus
from core.wire.scopes import Scope
from core.wire.signals import Retraction, RetractResult, SignalIn, SubmitResult

log = logging.getLogger("kmm.plugins")

T = TypeVar("T")

# With the caller's token a connector could do all that its partner may.
_WITHHELD = frozenset({"authorization", "cookie", "proxy-authorization"})

WHOLE = 100_000
"""Items of a partner's whole list."""

_NOT_UNDERSTOOD = "The payload is not what is agreed upon for it."


class NotUnderstood(Conflict):
    """The payload is not what the partner's connector reads."""

    code = "not_understood"


class _Common(Connector):
    """Stands where a connector does, for a format that every partner may send."""

    def __init__(self, name: str, read: Callable[[bytes], Sequence[Translated]]) -> None:
        self._name = name
        self._read = read

    def translate(self, body: bytes) -> Sequence[Translated]:
        return self._read(body)

    def __repr__(self) -> str:
        return f"the format {self._name}"


def connector(plugins: PluginHost, principal: Principal, media_type: str) -> Connector:
    """The one that reads this media type of the caller's partner, else the format that has it.

    Raises `UnsupportedMediaType`, `NotFound` when nothing reads the partner's own JSON, or `Unavailable` when what
    does is shut away: no other checks the partner's signature and knows its words.
    """
    own = plugins.connectors(principal.kind, principal.slug)
    _require_heard(plugins, principal, media_type)
    if media_type in own:
        return own[media_type]
    common = {name: _Common(form.name, form.read) for name, form in plugins.feed_formats().items() if form.read}
    if media_type in common:
        return common[media_type]
    if media_type == JSON or media_type.endswith("+json"):
        _require_heard(plugins, principal, JSON)
        if JSON in own:
            return own[JSON]
        raise NotFound("No connector reads your partner's own format; send /v1/signals.")
    raise UnsupportedMediaType(f"Send {' or '.join(sorted({*own, *common})) or JSON}.")


def _require_heard(plugins: PluginHost, principal: Principal, media_type: str) -> None:
    """To be called once the connectors are in hand: another thread may shut theirs away at any moment."""
    if plugins.is_silenced(principal.kind, principal.slug, media_type):
        raise Unavailable("Your connector is shut away; send again later.")


def verify(connector: Connector, headers: Mapping[str, str], payload: bytes) -> None:
    """Raises `Unauthorized` when the partner signs its payloads and did not sign this one.

    The connector sees every header but those that prove who the caller is.
    """
    shown = {name: value for name, value in headers.items() if name.lower() not in _WITHHELD}
    try:
        connector.verify(shown, payload)
    except BadSignature as exc:
        raise Unauthorized(str(exc), headers={"WWW-Authenticate": "Bearer"}) from None
    except Unavailable:
        raise
    except Exception as exc:
        raise _broken(connector, exc) from exc


async def take(
    principal: Principal,
    connector: Connector,
    db: Database,
    writer: SignalWriter,
    kinds: Kinds,
    keys: Keys,
    guard: Guard,
    payload: bytes,
    request: str,
) -> Connected:
    """Take what the partner reports, what it takes back, how it answers takedowns; a bad item costs only itself.

    Raises `Invalid` or `NotUnderstood` for a payload that cannot be read; nothing is stored then.
    """
    # Tables of thousands of rows take a second, during which others want their turn.
    given = await to_thread(_translate, connector, payload)
    translated = [_checked(principal, one, f"{connector.items}/{index}") for index, one in enumerate(given)]
    left_out = await _left_out(principal, connector, db, translated)
    results = [_refused(index, one) for index, one in _of(Refused, translated)]
    for said in _slices(_of(SignalIn, translated)):
        items = [msgspec.Raw(msgspec.json.encode(one)) for _, one in said]
        submitted = await signals.submit(principal, writer, kinds, keys, guard, items, request)
        results += _results(connector, said, submitted.results)
    for taken_back in _slices(_of(Withdrawal, translated)):
        asked = Retraction(external_ids=tuple(one.external_id for _, one in taken_back))
        retracted = await signals.retract(principal, writer, asked, request)
        results += _results(connector, taken_back, retracted.results)
    position = retracted.position
    for names in _slices(left_out):
        position = (await signals.retract(principal, writer, Retraction(tuple(names)), request)).position
    if answered := _of(AnswerIn, translated):
        taken = await _answer(principal, db, writer, kinds, [one for _, one in answered], request)
        results += _results(connector, answered, taken.results)
        position = taken.position
    return Connected(
        position=position,
        rejected=sum(result.status is ConnectStatus.REJECTED for result in results),
        results=tuple(sorted(results, key=lambda result: result.index)),
        left_out=len(left_out),
    )


def _of(kind: type[T], translated: Sequence[Translated]) -> list[tuple[int, T]]:
    """Those of one kind, with their places in the payload."""
    return [(index, one) for index, one in enumerate(translated) if isinstance(one, kind)]


def _slices(items: Sequence[T]) -> Iterator[Sequence[T]]:
    """At least one, so that there is a position to tell; no more at once than one caller may hold others up with."""
    for start in range(0, max(len(items), 1), AT_ONCE):
        yield items[start : start + AT_ONCE]


async def _left_out(
    principal: Principal, connector: Connector, db: Database, translated: Sequence[Translated]
) -> list[str]:
    """What the caller's whole list named before and names no more."""
    if connector.whole is None or any(isinstance(one, Refused) for one in translated):
        return []
    named = {one.external_id for one in translated if isinstance(one, SignalIn | Withdrawal)}
    async with db.snapshot(principal.partner) as snapshot:
        return [name for name in await lookup.names(snapshot, principal, connector.whole) if name not in named]


async def _answer(
    principal: Principal,
    db: Database,
    writer: SignalWriter,
    kinds: Kinds,
    said: Sequence[AnswerIn],
    request: str,
) -> AnswersTaken:
    # Structs made by a plugin are unchecked: they are decoded again, like any other.
    read = await answers.read([msgspec.Raw(msgspec.json.encode(one)) for one in said])
    async with head.edge(db, principal.partner, principal.client, request) as session:
        taken, told = await answers.take(session, principal, read)
    await answers.opine(principal, writer, kinds, told, request)
    return taken


def _translate(connector: Connector, payload: bytes) -> Sequence[Translated]:
    try:
        translated = connector.translate(payload)
    except Refused as refusal:
        raise NotUnderstood(_NOT_UNDERSTOOD, errors=[_fault(refusal)]) from None
    except msgspec.ValidationError as exc:
        raise NotUnderstood(_NOT_UNDERSTOOD, errors=[field_error(exc)]) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as exc:
        raise Invalid("The payload is not JSON.", errors=[field_error(exc)]) from None
    except Fault:
        raise
    except Exception as exc:
        raise _broken(connector, exc) from exc
    most = AT_ONCE if connector.whole is None else WHOLE
    if len(translated) > most:
        raise TooLarge(f"A payload may have {most} items; send several.")
    return translated


def _checked(principal: Principal, one: Translated, pointer: str) -> Translated:
    """Structs made by a plugin are unchecked. Signals and answers are decoded again where they are taken, names are
    held here. To answer takes a scope of its own."""
    if isinstance(one, AnswerIn) and Scope.TAKEDOWNS_ANSWER not in principal.scopes:
        return Refused(f"The token lacks {Scope.TAKEDOWNS_ANSWER}.", pointer, "insufficient_scope")
    if isinstance(one, Withdrawal):
        try:
            return msgspec.convert(msgspec.to_builtins(one), Withdrawal)
        except msgspec.ValidationError as exc:
            return Refused(str(exc), pointer, "invalid")
    return one


def _broken(connector: Connector, exc: Exception) -> Unavailable:
    log.error("%r failed", connector, exc_info=exc)
    return Unavailable("The connector failed; the operator was told. Nothing was stored.")


def _fault(refusal: Refused) -> FieldError:
    return FieldError(refusal.pointer, refusal.code, refusal.reason)


def _refused(index: int, refusal: Refused) -> ConnectResult:
    return ConnectResult(index, None, ConnectStatus.REJECTED, (_fault(refusal),))


def _results(
    connector: Connector,
    sent: Sequence[tuple[int, object]],
    done: Sequence[SubmitResult | RetractResult | AnswerResult],
) -> list[ConnectResult]:
    return [_result(connector, index, one) for (index, _), one in zip(sent, done, strict=True)]


def _result(connector: Connector, index: int, done: SubmitResult | RetractResult | AnswerResult) -> ConnectResult:
    """The result in terms of the payload. The hub's fields are not the partner's, so the pointer ends at the item."""
    errors = () if isinstance(done, RetractResult) else done.errors
    pointer = f"{connector.items}/{index}"
    named = tuple(FieldError(pointer, error.code, f"{_field(error)}: {error.detail}") for error in errors)
    status = ConnectStatus(done.status.value)
    if isinstance(done, AnswerResult):
        return ConnectResult(index, None, status, named, done.takedown)
    return ConnectResult(index, done.id, status, named)


def _field(error: FieldError) -> str:
    return error.pointer.rpartition("/")[2]
