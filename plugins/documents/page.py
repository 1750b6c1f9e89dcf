"""A report as one web page that needs nothing else: no script, no font, no address that is fetched."""

import base64
from collections.abc import Iterable, Iterator
from html import escape

from core.sdk import Frozen, Language
from plugins.documents import typeset
from plugins.documents.figures import TEMPLATES, Figure, Kind, words
from plugins.documents.lines import Line, Printed
from plugins.documents.view import Section, Table, View, view

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"


def render(frozen: Frozen, language: Language | None) -> bytes:
    """The drawings of the PDF as pictures, each beside the table that says the same."""
    assert language is not None
    seen = view(frozen, language)
    pictures = typeset.drawn(seen)
    drawings = dict(
        zip((one.name for one in pictures), typeset.draw(pictures, language, "svg"), strict=True),
    )
    return "\n".join(_page(seen, drawings)).encode() + b"\n"


def _page(seen: View, drawings: dict[str, bytes]) -> Iterator[str]:
    said = words(seen.language)
    style = (TEMPLATES / "page.css").read_text(encoding="utf-8")
    yield f'<!doctype html>\n<html lang="{seen.language}">\n<head>\n<meta charset="utf-8">'
    yield f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f"<title>{escape(seen.title)} · {escape(seen.period)}</title>\n<style>\n{style}</style>\n</head>\n<body>"
    yield f'<header><div><p class="campaign">{escape(said["campaign"])}</p><p>{escape(said["tagline"])}</p>'
    yield f"<h1><small>{escape(said['kind'])}</small>{escape(seen.title)}</h1>"
    yield f'<p class="period">{escape(seen.period)}</p></div></header>\n<main>'
    if seen.provisional:
        yield _warning(said["provisional"], said["provisional_note"])
    yield from _facts(seen)
    yield from _contents(seen)
    yield from _key_figures(seen)
    yield f"<section><h2>{escape(said['reading'])}</h2>\n<ul>"
    yield from (f"<li>{escape(note)}</li>" for note in said["notes"])
    yield "</ul></section>"
    for at, section in enumerate(seen.sections, 1):
        yield from _section(at, section, drawings, seen.language)
    yield f"</main>\n<footer><p>{escape(said['position'])} {seen.position}</p>"
    yield f"<p>{escape(said['sha256'])}: <code>{seen.sha256}</code></p></footer>\n</body>\n</html>"


def _warning(title: str, text: str) -> str:
    return f'<p class="warning"><strong>{escape(title)}</strong> {_told(text)}</p>'


def _told(text: str) -> str:
    return escape(text).replace("\n", "<br>")


def _facts(seen: View) -> Iterator[str]:
    said = words(seen.language)
    yield '<dl class="facts">'
    for fact in seen.facts:
        yield f"<dt>{escape(fact.label)}</dt><dd>{escape(fact.text)}</dd>"
    yield f"<dt>{escape(said['sha256'])}</dt><dd><code>{seen.sha256}</code></dd>"
    yield f'<dt>{escape(said["verify"])}</dt><dd><a href="{escape(seen.verify)}">{escape(seen.verify)}</a></dd></dl>'


def _contents(seen: View) -> Iterator[str]:
    yield f"<nav><h2>{escape(words(seen.language)['contents'])}</h2>\n<ol>"
    for at, section in enumerate(seen.sections, 1):
        tables = "".join(
            f'<li>{at}.{place} <a href="#{section.name}-{table.name}">{escape(table.title)}</a></li>'
            for place, table in enumerate(section.tables, 1)
        )
        below = f"<ol>{tables}</ol>" if tables else ""
        yield f'<li>{at} <a href="#{section.name}">{escape(section.title)}</a>{below}</li>'
    yield "</ol></nav>"


def _key_figures(seen: View) -> Iterator[str]:
    if not any(section.key_figures for section in seen.sections):
        return
    yield f'<section class="key"><h2>{escape(words(seen.language)["key_figures"])}</h2>'
    for section in seen.sections:
        if section.key_figures or section.warning:
            warning = f" <small>{escape(section.warning)}</small>" if section.warning else ""
            yield f"<h3>{escape(section.title)}{warning}</h3>\n<dl>"
            for one in section.key_figures:
                yield f"<div><dt>{escape(one.label)}</dt>{_cell(one.figure, 'dd')}</div>"
            yield "</dl>"
    yield "</section>"


def _section(number: int, section: Section, drawings: dict[str, bytes], language: Language) -> Iterator[str]:
    said = words(language)
    yield f'<section id="{section.name}"><h2>{number} {escape(section.title)}</h2>'
    if section.warning:
        yield _warning(section.warning, section.note)
    elif section.note:
        yield f'<p class="note">{_told(section.note)}</p>'
    if not section.tables and not section.warning:
        yield f"<p>{escape(said['empty'])}</p>"
    for at, table in enumerate(section.tables, 1):
        yield f'<article id="{section.name}-{table.name}"><h3>{number}.{at} {escape(table.title)}</h3>'
        yield from _table(table, drawings, language)
        yield "</article>"
    yield "</section>"


def _table(table: Table, drawings: dict[str, bytes], language: Language) -> Iterator[str]:
    if table.picture:
        picture = base64.b64encode(drawings[table.picture.name]).decode()
        yield f'<img src="data:image/svg+xml;base64,{picture}" alt="{escape(table.picture.alt)}">'
    if not table.printed:
        yield f"<p>{escape(words(language)['empty'])}</p>"
    for printed in table.printed:
        yield f'<div class="wide"><table><caption>{escape(table.title)}</caption>'
        yield from _head(printed)
        yield "<tbody>"
        yield from (_line(line, printed) for line in printed.lines)
        yield "</tbody></table></div>"


def _head(printed: Printed) -> Iterator[str]:
    yield "<thead>"
    if printed.groups:
        over = "".join(f'<th colspan="{one.span}" scope="colgroup">{escape(one.text)}</th>' for one in printed.groups)
        yield f'<tr><td colspan="{len(printed.labels)}"></td>{over}</tr>'
    heads = "".join(f'<th scope="col">{escape(one)}</th>' for one in (*printed.labels, *printed.heads))
    yield f"<tr>{heads}</tr></thead>"


def _line(line: Line, printed: Printed) -> str:
    labels = "".join(f'<th scope="row">{escape(one)}</th>' for one in line.labels)
    totals = len(printed.heads) - printed.totals
    opened = '<tr class="total">' if line.total else "<tr>"
    return f"{opened}{labels}{''.join(_cells(line.figures, totals))}</tr>"


def _cells(figures: Iterable[Figure], totals: int) -> Iterator[str]:
    for at, one in enumerate(figures):
        yield _cell(one, "td", "total" if at >= totals else "")


def _cell(one: Figure, tag: str, more: str = "") -> str:
    named = " ".join(name for name in (more, "" if one.kind is Kind.SHOWN else one.kind.value) if name)
    opened = f'<{tag} class="{named}">' if named else f"<{tag}>"
    return f"{opened}{escape(one.text)}</{tag}>"
