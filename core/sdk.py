"""The one doorway for plugins and partner modules: what is named here stays, the rest of core may move.

A plugin that reads or writes shared data imports noun modules beside it (`core.signals.feed`, …).
"""

from core.answers import page, require_match, versioned
from core.auth.access import Principal, public, scoped
from core.campaigns.sheets.opening import XLSX
from core.connect.tables import meanings, translate_table
from core.connect.trees import read_xml
from core.db import insert_rows
from core.edge import AT_ONCE, CSV, JSON, JSON_LIMIT, NDJSON, body, decode, field_error, in_turns
from core.errors import (
    HANDLERS,
    Conflict,
    Fault,
    Forbidden,
    Gone,
    Invalid,
    NotFound,
    TooLarge,
    TooManyRequests,
    Unavailable,
    UnsupportedMediaType,
)
from core.ids import named as is_id
from core.ids import new as new_id
from core.openapi import answers, refuses, takes, takes_bulk
from core.parameters import STRICT
from core.plugin.channel import Channel
from core.plugin.connector import (
    BadSignature,
    Connector,
    Example,
    Refused,
    Sharing,
    Translated,
    Withdrawal,
    translate_items,
)
from core.plugin.hooks import Context, Format, NoSettings, PluginInfo, ReportFormat, hookimpl
from core.plugin.sheet import run_connector_contract
from core.query import AMONG, Query
from core.reports.asked import by_day, time_dimension
from core.times import DAY, HUB_ZONE, SECOND, from_micros, now, to_micros
from core.wire.answers import AnswerIn
from core.wire.assets import Scan, Verdict
from core.wire.common import Count, ExternalId, FieldError, Line, PageSize, Problem, Prose, Time, Title
from core.wire.delivery import EventName, EventOut
from core.wire.documents import (
    Cell,
    Chart,
    ChartKind,
    Dimension,
    Document,
    Frozen,
    Language,
    Measure,
    Member,
    Period,
    ReaderClass,
    Row,
    Section,
    SectionStatus,
    Table,
    Unit,
    Words,
)
from core.wire.events import WebhookDisabled, WebhookLapsed, WebhookPing
from core.wire.feed_keys import Addressed, FeedFormat, Selection
from core.wire.health import Reading
from core.wire.kinds import Canonical, Fact, Note, SignalKind
from core.wire.notices import Detail, Notice
from core.wire.opinions import OpinionIn, OpinionStatus, Outcome, Stance
from core.wire.outcomes import (
    AutomatedDecision,
    AutomatedDetection,
    DecisionAccount,
    DecisionGround,
    DecisionIdentifier,
    DecisionVisibility,
    NonAction,
    OutcomeIn,
    StatementCategory,
)
from core.wire.scopes import PartnerKind, Scope
from core.wire.screening import Candidate, Screening
from core.wire.sections import Asked, Cube, Draft, Quantile, Share, Wanted
from core.wire.sections import Count as CountOf
from core.wire.signals import (
    COMMUNITY,
    RE_EXPORTED,
    Category,
    Feed,
    Retraction,
    RetractStatus,
    Severity,
    SignalIn,
    SignalOut,
    State,
    SubmitResult,
    SubmitStatus,
    Tlp,
)
from core.wire.takedowns import TakedownState

__all__ = [
    "AMONG",
    "AT_ONCE",
    "COMMUNITY",
    "CSV",
    "DAY",
    "HANDLERS",
    "HUB_ZONE",
    "JSON",
    "JSON_LIMIT",
    "NDJSON",
    "RE_EXPORTED",
    "SECOND",
    "STRICT",
    "XLSX",
    "Addressed",
    "AnswerIn",
    "Asked",
    "AutomatedDecision",
    "AutomatedDetection",
    "BadSignature",
    "Candidate",
    "Canonical",
    "Category",
    "Cell",
    "Channel",
    "Chart",
    "ChartKind",
    "Conflict",
    "Connector",
    "Context",
    "Count",
    "CountOf",
    "Cube",
    "DecisionAccount",
    "DecisionGround",
    "DecisionIdentifier",
    "DecisionVisibility",
    "Detail",
    "Dimension",
    "Document",
    "Draft",
    "EventName",
    "EventOut",
    "Example",
    "ExternalId",
    "Fact",
    "Fault",
    "Feed",
    "FeedFormat",
    "FieldError",
    "Forbidden",
    "Format",
    "Frozen",
    "Gone",
    "Invalid",
    "Language",
    "Line",
    "Measure",
    "Member",
    "NoSettings",
    "NonAction",
    "NotFound",
    "Note",
    "Notice",
    "OpinionIn",
    "OpinionStatus",
    "Outcome",
    "OutcomeIn",
    "PageSize",
    "PartnerKind",
    "Period",
    "PluginInfo",
    "Principal",
    "Problem",
    "Prose",
    "Quantile",
    "Query",
    "ReaderClass",
    "Reading",
    "Refused",
    "ReportFormat",
    "RetractStatus",
    "Retraction",
    "Row",
    "Scan",
    "Scope",
    "Screening",
    "Section",
    "SectionStatus",
    "Selection",
    "Severity",
    "Share",
    "Sharing",
    "SignalIn",
    "SignalKind",
    "SignalOut",
    "Stance",
    "State",
    "StatementCategory",
    "SubmitResult",
    "SubmitStatus",
    "Table",
    "TakedownState",
    "Time",
    "Title",
    "Tlp",
    "TooLarge",
    "TooManyRequests",
    "Translated",
    "Unavailable",
    "Unit",
    "UnsupportedMediaType",
    "Verdict",
    "Wanted",
    "WebhookDisabled",
    "WebhookLapsed",
    "WebhookPing",
    "Withdrawal",
    "Words",
    "answers",
    "body",
    "by_day",
    "decode",
    "field_error",
    "from_micros",
    "hookimpl",
    "in_turns",
    "insert_rows",
    "is_id",
    "meanings",
    "new_id",
    "now",
    "page",
    "public",
    "read_xml",
    "refuses",
    "require_match",
    "run_connector_contract",
    "scoped",
    "takes",
    "takes_bulk",
    "time_dimension",
    "to_micros",
    "translate_items",
    "translate_table",
    "versioned",
]
