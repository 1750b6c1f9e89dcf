"""The one doorway for plugins and partner modules: what is named here stays, the rest of core may move.

A plugin that reads or writes shared data imports noun modules beside it (`core.signals.feed`, …).
"""

from core.auth.access import Principal, public, scoped
from core.edge import JSON, NDJSON
from core.errors import Conflict, Fault, Forbidden, Gone, Invalid, NotFound, Unavailable
from core.openapi import answers, takes, takes_bulk
from core.plugin.channel import Channel
from core.plugin.connector import BadSignature, Connector, Example, Refused, Translated, Withdrawal, translate_items
from core.plugin.contract import run_connector_contract
from core.plugin.formats import may_leave
from core.plugin.hooks import Context, Format, NoSettings, PluginInfo, hookimpl
from core.wire.common import ExternalId, Line, Prose, Time, Title
from core.wire.kinds import Canonical, Fact, Note, SignalKind
from core.wire.notices import Detail, Notice
from core.wire.reports import Column, Period, Report, Section
from core.wire.scopes import PartnerKind, Scope
from core.wire.signals import Category, Feed, Severity, SignalIn, SignalOut, State, Tlp

__all__ = [
    "JSON",
    "NDJSON",
    "BadSignature",
    "Canonical",
    "Category",
    "Channel",
    "Column",
    "Conflict",
    "Connector",
    "Context",
    "Detail",
    "Example",
    "ExternalId",
    "Fact",
    "Fault",
    "Feed",
    "Forbidden",
    "Format",
    "Gone",
    "Invalid",
    "Line",
    "NoSettings",
    "NotFound",
    "Note",
    "Notice",
    "PartnerKind",
    "Period",
    "PluginInfo",
    "Principal",
    "Prose",
    "Refused",
    "Report",
    "Scope",
    "Section",
    "Severity",
    "SignalIn",
    "SignalKind",
    "SignalOut",
    "State",
    "Time",
    "Title",
    "Tlp",
    "Translated",
    "Unavailable",
    "Withdrawal",
    "answers",
    "hookimpl",
    "may_leave",
    "public",
    "run_connector_contract",
    "scoped",
    "takes",
    "takes_bulk",
    "translate_items",
]
