"""PDF and pictures, set by Typst from templates: the same bytes on every machine.

What makes them so: letters of our own and none of the system's, a given time in place of now, sizes in whole numbers.
Text goes in as JSON and is never part of a template, so that nothing in it is read as markup. For the worker
process alone: a template may take long.
"""

from collections.abc import Sequence
from typing import Any, Literal

import msgspec

from core.sdk import Frozen, Language
from plugins.documents.figures import TEMPLATES, words
from plugins.documents.marks import Picture
from plugins.documents.package import archive
from plugins.documents.view import View, view

STANDARDS: Sequence[Any] = ("a-2a", "ua-1")
"""PDF for keeping (ISO 19005-2) and for those who have it read out (ISO 14289-1)."""
_PIXELS_PER_INCH = 192


def render_pdf(frozen: Frozen, language: Language | None) -> bytes:
    assert language is not None
    seen = view(frozen, language)
    ended = int(frozen.document.as_of.timestamp())
    (pdf,) = _set("report.typ", {"view": seen}, language, "pdf", ended)
    return pdf


def render_pictures(frozen: Frozen, language: Language | None) -> bytes:
    """One picture a chart, `SECTION-TABLE.png`, with its title and what it was made of."""
    assert language is not None
    seen = view(frozen, language)
    pictures = drawn(seen)
    pngs = draw(pictures, language, "png", seen)
    return archive({f"{one.name}.png": png for one, png in zip(pictures, pngs, strict=True)})


def drawn(seen: View) -> list[Picture]:
    """The charts of a report, in their order."""
    return [table.picture for section in seen.sections for table in section.tables if table.picture]


def draw(
    pictures: Sequence[Picture], language: Language, form: Literal["svg", "png"], of: View | None = None
) -> list[bytes]:
    """Each as it is in the PDF, on a sheet of its own; with its title and source where it is to stand alone.

    Letters in SVG are outlines, which need no font.
    """
    given: dict[str, object] = {"pictures": pictures}
    if of is not None:
        given["source"] = {name: getattr(of, name) for name in ("title", "period", "issuer", "position", "sha256")}
    return _set("pictures.typ", given, language, form, 0) if pictures else []


def _set(
    template: str, given: dict[str, object], language: Language, form: Literal["pdf", "svg", "png"], time: int
) -> list[bytes]:
    import typst  # noqa: PLC0415  (80 MB, which the server has no use for)

    told = {"words": words(language), "language": language.value, **given}

    def compiled(standards: Sequence[Any]) -> bytes | list[bytes]:
        made: bytes | list[bytes] = typst.compile(
            TEMPLATES / template,
            root=TEMPLATES,
            font_paths=[TEMPLATES / "fonts"],
            ignore_system_fonts=True,
            format=form,
            ppi=_PIXELS_PER_INCH,
            sys_inputs={"given": msgspec.json.encode(told).decode()},
            timestamp=time,
            pdf_standards=list(standards),
        )
        return made

    try:
        made = compiled(STANDARDS if form == "pdf" else ())
    except typst.TypstError:
        # Both standards refuse a letter that no font has. Whoever bears such a name gets a report all the same.
        made = compiled(())
    # One page is bytes, several are a list.
    return made if isinstance(made, list) else [made]
