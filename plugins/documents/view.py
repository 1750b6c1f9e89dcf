"""A frozen report in one language, as text and sizes: what the typesetter and the web page both set, word for word."""

from datetime import timedelta

import msgspec
import segno

from core.sdk import Document, Frozen, Language, ReaderClass, SectionStatus
from core.sdk import Section as Given
from core.sdk import Table as GivenTable
from plugins.documents.figures import Figure, day, figure, grouped, moment, told, words
from plugins.documents.lines import Printed, printed
from plugins.documents.marks import Picture
from plugins.documents.pictures import picture


class Fact(msgspec.Struct, frozen=True):
    label: str
    text: str


class KeyFigure(msgspec.Struct, frozen=True):
    label: str
    figure: Figure


class Table(msgspec.Struct, frozen=True):
    name: str
    title: str
    printed: tuple[Printed, ...]
    """Empty: nothing was counted."""
    picture: Picture | None


class Section(msgspec.Struct, frozen=True):
    name: str
    title: str
    status: SectionStatus
    warning: str
    """Of what is partial or unavailable: since when."""
    note: str
    key_figures: tuple[KeyFigure, ...]
    """The totals of its first table that has a row of them."""
    tables: tuple[Table, ...]


class View(msgspec.Struct, frozen=True):
    language: Language
    title: str
    issuer: str
    readers: str
    period: str
    provisional: bool
    facts: tuple[Fact, ...]
    """Of the report, for its cover."""
    sha256: str
    position: str
    verify: str
    """Where the signed manifest is."""
    qr: tuple[str, ...]
    """`verify` as a QR code: rows of modules, 1 is dark."""
    sections: tuple[Section, ...]


_KEY_FIGURES = 4


def view(frozen: Frozen, language: Language) -> View:
    document = frozen.document
    verify = f"{frozen.issuer.rstrip('/')}/v1/reports/{frozen.report}/manifest"
    code = segno.make_qr(verify, error="m")
    return View(
        language=language,
        title=told(document.title, language),
        issuer=frozen.issuer,
        readers=_readers(document, language),
        period=_period(document, language),
        provisional=document.provisional,
        facts=_facts(frozen, language),
        sha256=frozen.sha256,
        position=grouped(frozen.position, language),
        verify=verify,
        qr=tuple("".join("1" if module else "0" for module in row) for row in code.matrix),
        sections=tuple(_section(one, document.zone, language) for one in document.sections),
    )


def _readers(document: Document, language: Language) -> str:
    said = words(language)
    if document.readers is ReaderClass.PARTNER:
        return str(said["partner"]).format(partner=document.partner)
    return str(said[document.readers])


def _period(document: Document, language: Language) -> str:
    first, last = document.period.since, document.period.until - timedelta(days=1)
    if first == last:
        return day(first, language)
    return str(words(language)["days"]).format(first=day(first, language), last=day(last, language))


def _facts(frozen: Frozen, language: Language) -> tuple[Fact, ...]:
    document, said = frozen.document, words(language)
    after, to = (grouped(one, language) for one in (document.positions.after, document.positions.to))
    return (
        Fact(said["readers"], _readers(document, language)),
        Fact(said["as_of"], f"{moment(document.as_of, document.zone, language)} ({document.zone})"),
        Fact(said["positions"], said["range"].format(after=after, to=to)),
        Fact(said["position"], grouped(frozen.position, language)),
        Fact(said["template"], document.template),
        Fact(said["report"], frozen.report),
    )


def _section(given: Given, zone: str, language: Language) -> Section:
    said, warning = words(language), ""
    if given.status is not SectionStatus.MADE:
        since = " " + said["since"].format(time=moment(given.since, zone, language)) if given.since else ""
        warning = f"{said[given.status]}{since}"
    return Section(
        name=given.name,
        title=told(given.title, language),
        status=given.status,
        warning=warning,
        note=told(given.note, language) if given.note else "",
        key_figures=_key_figures(given, language),
        tables=tuple(_table(given, table, language) for table in given.tables),
    )


def _table(section: Given, given: GivenTable, language: Language) -> Table:
    return Table(
        name=given.name,
        title=told(given.title, language),
        printed=printed(given, language) if given.rows else (),
        picture=picture(section, given, language),
    )


def _key_figures(given: Given, language: Language) -> tuple[KeyFigure, ...]:
    for table in given.tables:
        for row in table.rows:
            if set(row.key) <= {None}:
                pairs = list(zip(table.measures, row.cells, strict=True))[:_KEY_FIGURES]
                return tuple(
                    KeyFigure(told(one.title, language), figure(cell, one.unit, language)) for one, cell in pairs
                )
    return ()
