"""What plugins may make files of, and what happens when they cannot."""

import logging
from collections.abc import Mapping

import msgspec

from core.errors import Unavailable
from core.plugin.hooks import Format
from core.wire.kinds import Canonical, Fact, SignalKind
from core.wire.signals import Feed, SignalOut, State, Tlp

log = logging.getLogger("kmm.plugins")

_RE_EXPORTED = {Tlp.CLEAR, Tlp.GREEN, Tlp.AMBER}


def may_leave(signal: SignalOut) -> bool:
    """Whether a plugin may re-export this signal: AMBER+STRICT and RED stay here, and so does what carries no TLP.

    Tombstones may leave: they say nothing but that a copy has to go.
    """
    return signal.tlp in _RE_EXPORTED or signal.kind is msgspec.UNSET


def of_feed(plugin: str, form: Format) -> Format:
    """The format as the hub uses it: fed with what may leave, and tombstones for the rest; its bugs contained."""

    def render_page(page: Feed) -> bytes:
        # A reader may hold it from when it could leave: without a word its copy would stand for good.
        leaving = tuple(
            signal if may_leave(signal) else SignalOut(signal.id, State.GONE, signal.position)
            for signal in page.signals
        )
        try:
            return form.render(msgspec.structs.replace(page, signals=leaving))
        except Exception:
            log.exception("plugin %s could not render %s", plugin, form.media_type)
            raise Unavailable(f"{form.media_type} cannot be made at the moment; ask for application/json.") from None

    return msgspec.structs.replace(form, render=render_page)


def of_kind(plugin: str, kind: SignalKind) -> SignalKind:
    """The kind as the hub uses it: any failure to parse is the item's error, as a ValueError is; facts are left out."""

    def parse(value: str) -> Canonical:
        try:
            return kind.parse(value)
        except ValueError:
            raise
        except Exception:
            log.exception("plugin %s could not parse a %s", plugin, kind.name)
            raise ValueError("The hub could not read this value.") from None

    def facts(display: str) -> Mapping[str, Fact]:
        try:
            return kind.facts(display)
        except Exception:
            log.exception("plugin %s could not say more of a %s", plugin, kind.name)
            return {}

    return msgspec.structs.replace(kind, parse=parse, facts=facts)
