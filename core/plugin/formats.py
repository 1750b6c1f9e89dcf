"""What plugins add, as the hub uses it: each call through the plugin's ward, each failure its own."""

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, TypeVar, get_type_hints

import msgspec

from core.errors import Unavailable
from core.plugin.connector import UNREADABLE, BadSignature, Connector, Example, Refused, Translated, Withdrawal, signs
from core.plugin.hooks import Format
from core.plugin.ward import Answers
from core.wire.answers import AnswerIn
from core.wire.kinds import Canonical, Fact, SignalKind
from core.wire.signals import RE_EXPORTED, Feed, SignalIn, SignalOut, State

log = logging.getLogger("kmm.plugins")

R = TypeVar("R")
T = TypeVar("T")


class Call(Protocol):
    """`Ward.call`, or `at_once` for plugins that come with the hub."""

    def __call__(self, work: Callable[[], R], budget: float, answers: Answers = ()) -> R: ...


_VALUE = 0.05
"""Seconds for one value: the server waits."""
_PAYLOAD = 2.0
"""Seconds for one payload or page: a thread of its caller waits."""


def at_once(work: Callable[[], R], budget: float, answers: Answers = ()) -> R:
    """How the hub calls what comes with it: reviewed code, for which no thread is changed."""
    return work()


def may_leave(signal: SignalOut) -> bool:
    """Whether a plugin may re-export this signal: AMBER+STRICT and RED stay here, and so does what carries no TLP.

    Tombstones may leave: they say nothing but that a copy has to go.
    """
    return signal.tlp in RE_EXPORTED or signal.kind is msgspec.UNSET


def of_feed(plugin: str, form: Format, call: Call) -> Format:
    """The format as the hub uses it: fed with what may leave, and tombstones for the rest; its bugs contained."""

    def render_page(page: Feed) -> bytes:
        # A reader may hold it from when it could leave: without a word its copy would stand for good.
        leaving = tuple(
            signal if may_leave(signal) else SignalOut(signal.id, State.GONE, signal.position)
            for signal in page.signals
        )
        shown = msgspec.structs.replace(page, signals=leaving)
        try:
            return call(lambda: _bytes(form.render(shown)), _PAYLOAD, ())
        except Unavailable:
            raise
        except Exception:
            log.exception("plugin %s could not render %s", plugin, form.media_type)
            raise Unavailable(f"{form.media_type} cannot be made at the moment; ask for application/json.") from None

    read = form.read
    if read is None:
        return msgspec.structs.replace(form, render=render_page)
    return msgspec.structs.replace(form, render=render_page, read=_reading(read, call))


def _reading(read: Callable[[bytes], Sequence[Translated]], call: Call) -> Callable[[bytes], Sequence[Translated]]:
    return lambda body: call(lambda: [_meant(one) for one in read(body)], _PAYLOAD, UNREADABLE)


def of_connector(connector: Connector, call: Call) -> Connector:
    """The connector as the hub uses it."""
    return (_Signed if signs(connector) else _Contained)(connector, call)


class _Contained(Connector):
    """Says of itself what the one inside says, which is asked within budgets."""

    def __init__(self, inside: Connector, call: Call) -> None:
        vars(self).update({name: getattr(inside, name) for name in _DECLARED if hasattr(inside, name)})
        self._inside = inside
        self._call = call
        self._read = _reading(inside.translate, call)
        self._recorded: Sequence[Example] = ()

    def translate(self, body: bytes) -> Sequence[Translated]:
        return self._read(body)

    def examples(self) -> Sequence[Example]:
        """Asked for once: whoever has had them does not wait for them again."""
        if not self._recorded:
            self._recorded = self._call(lambda: list(self._inside.examples()), _PAYLOAD, ())
        return self._recorded


class _Signed(_Contained):
    """Of a partner that signs."""

    def verify(self, headers: Mapping[str, str], body: bytes) -> None:
        self._call(lambda: self._inside.verify(dict(headers), body), _PAYLOAD, (BadSignature,))


_DECLARED = tuple(get_type_hints(Connector))


def of_kind(plugin: str, kind: SignalKind, call: Call) -> SignalKind:
    """The kind as the hub uses it: any failure to parse is the item's error, as a ValueError is; facts are left out."""

    def parse(value: str) -> Canonical:
        try:
            return call(lambda: _read_again(kind.parse(value), Canonical), _VALUE, (ValueError,))
        except ValueError:
            raise
        except Unavailable as exc:
            raise ValueError(exc.detail) from None
        except Exception:
            log.exception("plugin %s could not parse a %s", plugin, kind.name)
            raise ValueError("The hub could not read this value.") from None

    def facts(display: str) -> Mapping[str, Fact]:
        try:
            return call(lambda: _read_again(kind.facts(display), dict[str, Fact]), _VALUE, ())
        except Unavailable:
            return {}
        except Exception:
            log.exception("plugin %s could not say more of a %s", plugin, kind.name)
            return {}

    return msgspec.structs.replace(kind, parse=parse, facts=facts)


def _read_again(given: Any, kind: type[T]) -> T:
    """Things that Python made are not checked; this is, as if it came over the wire."""
    return msgspec.convert(msgspec.to_builtins(given), kind)


def _bytes(given: object) -> bytes:
    if not isinstance(given, bytes):
        raise TypeError(f"it gives a {type(given).__name__} where bytes are due")
    return given


def _meant(given: object) -> Translated:
    if not isinstance(given, SignalIn | Withdrawal | AnswerIn | Refused):
        raise TypeError(f"an item becomes a {type(given).__name__}")
    return given
