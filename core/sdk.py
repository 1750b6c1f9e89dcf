"""The one doorway for plugins and partner modules: what is named here stays, the rest of core may move.

A plugin that reads or writes shared data imports noun modules beside it (`core.signals.feed`, …).
"""

from core.auth.access import Principal, public, scoped
from core.errors import Conflict, Fault, Forbidden, Gone, Invalid, NotFound, Unavailable, Unprocessable
from core.plugin.connector import BadSignature, Connector, Example, Refused, Translated, Withdrawal, translate_items
from core.plugin.formats import may_leave
from core.plugin.hooks import Context, Format, NoSettings, PluginInfo, hookimpl
from core.wire.kinds import Canonical, SignalKind
from core.wire.reports import Column, Period, Report, Section
from core.wire.scopes import PartnerKind, Scope
from core.wire.signals import Category, Feed, Severity, SignalIn, SignalOut, State, Tlp

__all__ = [
    "BadSignature",
    "Canonical",
    "Category",
    "Column",
    "Conflict",
    "Connector",
    "Context",
    "Example",
    "Fault",
    "Feed",
    "Forbidden",
    "Format",
    "Gone",
    "Invalid",
    "NoSettings",
    "NotFound",
    "PartnerKind",
    "Period",
    "PluginInfo",
    "Principal",
    "Refused",
    "Report",
    "Scope",
    "Section",
    "Severity",
    "SignalIn",
    "SignalKind",
    "SignalOut",
    "State",
    "Tlp",
    "Translated",
    "Unavailable",
    "Unprocessable",
    "Withdrawal",
    "hookimpl",
    "may_leave",
    "public",
    "scoped",
    "translate_items",
]
