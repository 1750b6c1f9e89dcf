"""Payloads in a partner's own format: verified and translated by its connector, then taken like any others."""

import logging
from collections.abc import Mapping, Sequence

import msgspec

from core.auth.access import Principal
from core.db import Database
from core.edge import AT_ONCE, field_error
from core.errors import Conflict, Invalid, NotFound, TooLarge, Unauthorized, Unavailable
from core.log import head
from core.plugin.connector import BadSignature, Connector, Refused, Translated, Withdrawal
from core.plugin.host import PluginHost
from core.signals import signals
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

# With the caller's token a connector could do all that its partner may.
_WITHHELD = frozenset({"authorization", "cookie", "proxy-authorization"})

_NOT_UNDERSTOOD = "The payload is JSON, but not what your connector reads."


class NotUnderstood(Conflict):
    """The payload is JSON, but not what the partner's connector reads."""

    code = "not_understood"


def connector(plugins: PluginHost, principal: Principal) -> Connector:
    """The one that speaks for the caller's partner. Raises `NotFound` when there is none."""
    found = plugins.connector(principal.kind, principal.slug)
    if found is None:
        raise NotFound("No connector reads your partner's own format; send /v1/signals.")
    return found


def verify(connector: Connector, headers: Mapping[str, str], payload: bytes) -> None:
    """Raises `Unauthorized` when the partner signs its payloads and did not sign this one.

    The connector sees every header but those that prove who the caller is.
    """
    shown = {name: value for name, value in headers.items() if name.lower() not in _WITHHELD}
    try:
        connector.verify(shown, payload)
    except BadSignature as exc:
        raise Unauthorized(str(exc), headers={"WWW-Authenticate": "Bearer"}) from None
    except Exception as exc:
        raise _broken(connector, exc) from None


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
    pointers = f"{connector.items}/{{}}"
    translated = [
        _checked(principal, one, pointers.format(index)) for index, one in enumerate(_translate(connector, payload))
    ]
    said = [(index, one) for index, one in enumerate(translated) if isinstance(one, SignalIn)]
    taken_back = [(index, one) for index, one in enumerate(translated) if isinstance(one, Withdrawal)]
    answered = [(index, one) for index, one in enumerate(translated) if isinstance(one, AnswerIn)]
    items = [msgspec.Raw(msgspec.json.encode(one)) for _, one in said]
    submitted = await signals.submit(principal, writer, kinds, keys, guard, items, request)
    asked = Retraction(external_ids=tuple(one.external_id for _, one in taken_back))
    retracted = await signals.retract(principal, writer, asked, request)
    taken = AnswersTaken(retracted.position, ())
    if answered:
        taken = await _answer(principal, db, writer, kinds, [one for _, one in answered], request)
    results = [
        *(_refused(index, one) for index, one in enumerate(translated) if isinstance(one, Refused)),
        *(_result(connector, index, done) for (index, _), done in zip(said, submitted.results, strict=True)),
        *(_result(connector, index, done) for (index, _), done in zip(taken_back, retracted.results, strict=True)),
        *(_result(connector, index, done) for (index, _), done in zip(answered, taken.results, strict=True)),
    ]
    return Connected(
        position=taken.position,
        rejected=sum(result.status is ConnectStatus.REJECTED for result in results),
        results=tuple(sorted(results, key=lambda result: result.index)),
    )


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
    except Exception as exc:
        raise _broken(connector, exc) from None
    if len(translated) > AT_ONCE:
        raise TooLarge(f"A payload may have {AT_ONCE} items; send several.")
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
    log.error("the connector of %s failed", connector.partner or connector.kind, exc_info=exc)
    return Unavailable("The connector failed; the operator was told. Nothing was stored.")


def _fault(refusal: Refused) -> FieldError:
    return FieldError(refusal.pointer, refusal.code, refusal.reason)


def _refused(index: int, refusal: Refused) -> ConnectResult:
    return ConnectResult(index, None, ConnectStatus.REJECTED, (_fault(refusal),))


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
