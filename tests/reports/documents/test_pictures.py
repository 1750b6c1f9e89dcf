"""One drawing in three formats, seen by everyone: the same points, in grey, by every eye, and read out."""

import base64
import io
import re
import zipfile
from html import unescape
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import pypdf
import pypdfium2
import pytest
import segno
import typst
from PIL import Image, ImageChops, ImageStat

from core.campaigns import provinces
from core.wire.documents import Chart, ChartKind, Language, Member, Row, Unit, Words
from plugins.documents import page, typeset
from plugins.documents.figures import TEMPLATES, Kind
from plugins.documents.marks import FULL, SHADES, axis, marks, measures
from plugins.documents.pictures import picture
from plugins.documents.tiles import layout
from plugins.documents.view import view
from tests.reports.documents.injections import everywhere
from tests.reports.documents.test_print import tags
from tests.reports.samples import OCTOBER, document, frozen

PIXELS_PER_INCH = 192
SAME = 3.5
"""Of 255 levels of grey. Two grids with other figures differ by 8."""


def test_the_page_the_print_and_the_pictures_show_the_same_drawing(tmp_path: Path) -> None:
    pngs = opened(typeset.render_pictures(frozen(), Language.VI))
    svgs = drawings(page.render(frozen(), Language.VI).decode())
    names = [one.name for one in typeset.drawn(view(frozen(), Language.VI))]
    assert sorted(names) == sorted(pngs)
    printed = cut_out(typeset.render_pdf(frozen(), Language.VI))
    for name, svg, on_paper in zip(names, svgs, printed, strict=True):
        drawn = ink(pngs[name])
        # Each is turned into points by another program, which smooths edges its own way.
        assert difference(drawn, ink(rastered(svg, tmp_path))) < SAME, name
        assert difference(drawn, ink(on_paper)) < SAME, name
        assert all(difference(drawn, ink(other)) > 2 * SAME for named, other in pngs.items() if named != name), name


def test_a_picture_and_its_table_say_the_same() -> None:
    """What is read out, and every figure beside a bar, stands in the table below."""
    for section in view(frozen(), Language.EN).sections:
        for table in section.tables:
            if table.picture and table.printed:
                lines = [line for piece in table.printed for line in piece.lines]
                told = {figure.text for line in lines for figure in line.figures}
                marks = [mark for series in table.picture.series for mark in series.marks]
                assert {mark.text for mark in marks} | {tile.mark.text for tile in table.picture.tiles} <= told | {"0"}
                highest = re.search(r"Highest: .+, ([^ ]+)\. All", table.picture.alt)
                assert highest
                assert highest[1] in told


@pytest.mark.parametrize("language", list(Language))
def test_the_page_has_each_picture_with_its_words(language: Language) -> None:
    html = page.render(frozen(), language).decode()
    alts = [unescape(one) for one in re.findall(r'<img src="[^"]+" alt="([^"]+)">', html)]
    assert alts == [one.alt for one in typeset.drawn(view(frozen(), language))]
    # Letters are outlines: no font is needed, and no text is there to be styled or to carry markup.
    assert not any(b"<text" in svg or b"<script" in svg or b'href="http' in svg for svg in drawings(html))


@pytest.mark.parametrize("language", list(Language))
def test_the_page_has_every_table_as_it_is_printed(language: Language) -> None:
    html = page.render(frozen(), language).decode()
    rows = [
        [unescape(cell) for cell in re.findall(r"<t[hd](?: [^>]+)?>([^<]*)</t[hd]>", row)]
        for row in re.findall(r"<tr(?: class=\"total\")?>(<th scope=\"row\">.*?)</tr>", html)
    ]
    tables = [table for section in view(frozen(), language).sections for table in section.tables]
    lines = [line for table in tables for piece in table.printed for line in piece.lines]
    assert rows == [[*line.labels, *(figure.text for figure in line.figures)] for line in lines]


def test_every_province_has_a_tile_of_its_own() -> None:
    grid = layout()
    places = [(tile.column, tile.row) for tile in grid.tiles] + [(one.column, one.row) for one in grid.islands]
    assert len(set(places)) == len(places)
    assert all(0 <= column < grid.columns and 0 <= row < grid.rows for column, row in places)
    now = {unit.code for unit in provinces.ALL if provinces.holds(unit, OCTOBER.since)}
    assert {tile.code for tile in grid.tiles} == now
    assert len(grid.tiles) == 34
    # Đà Nẵng and Khánh Hòa count what belongs to their islands.
    assert {one.name: provinces.name(one.of) for one in grid.islands} == {
        "Hoàng Sa": "Đà Nẵng",
        "Trường Sa": "Khánh Hòa",
    }


def test_tiles_keep_the_order_of_the_country() -> None:
    """North above south, west before east, for pairs that nobody would mix up."""
    at = {provinces.name(tile.code): tile for tile in layout().tiles}
    down = ["Cao Bằng", "Hà Nội", "Thanh Hóa", "Nghệ An", "Quảng Trị", "Đà Nẵng", "Gia Lai", "Khánh Hòa", "Vĩnh Long"]
    rows = [at[name].row for name in down]
    assert rows == sorted(set(rows))
    across = [("Điện Biên", "Quảng Ninh"), ("An Giang", "Hồ Chí Minh"), ("Tây Ninh", "Khánh Hòa")]
    assert all(at[west].column < at[east].column for west, east in across)


def test_what_is_hidden_has_no_size_and_no_shade() -> None:
    grids = [one for one in typeset.drawn(view(frozen(), Language.VI)) if one.kind is ChartKind.TILE_GRID]
    tiles = [tile for one in grids for tile in one.tiles]
    hidden = [tile for tile in tiles if tile.mark.kind is Kind.HIDDEN]
    assert hidden
    assert {(tile.shade, tile.mark.size, tile.mark.text) for tile in hidden} == {(0, None, "…")}
    zero = [tile for tile in tiles if tile.mark.kind is Kind.ZERO]
    assert {(tile.shade, tile.mark.size, tile.mark.text) for tile in zero} == {(0, 0, "0")}


def test_shades_grow_with_their_figures() -> None:
    for one in typeset.drawn(view(frozen(), Language.EN)):
        sizes = sorted((tile.mark.size or 0, tile.shade) for tile in one.tiles)
        assert [shade for _, shade in sizes] == sorted(shade for _, shade in sizes)
        assert len(one.legend) == max((tile.shade for tile in one.tiles), default=0)


@pytest.mark.parametrize(
    ("top", "unit", "ends"),
    [
        (0, Unit.COUNT, "1"),
        (7, Unit.COUNT, "8"),
        (251, Unit.COUNT, "300"),
        (10**9 + 1, Unit.COUNT, "1,500,000,000"),
        (3_601, Unit.SECONDS, "1 h 15 min"),
        (86_400 * 39, Unit.SECONDS, "40 d"),
        (86_400 * 777, Unit.SECONDS, "800 d"),
        (100, Unit.PERCENT, "100%"),
    ],
)
def test_an_axis_ends_on_a_round_number_above_all(top: int, unit: Unit, ends: str) -> None:
    made = axis([top, None, 0], unit, Language.EN)
    ticks = made.ticks
    assert (made.span >= top, made.zero) == (True, 0)
    assert (ticks[0].size, ticks[0].text, ticks[-1].size) == (0, "0", FULL)
    assert ticks[-1].text.replace("\u00a0", " ") == ends
    assert len({tick.text for tick in ticks}) == len(ticks) <= 6


def test_an_axis_goes_below_zero_for_corrections() -> None:
    made = axis([-2_085, 2_919, None], Unit.PARTICIPANTS, Language.VI)
    assert [tick.text for tick in made.ticks] == ["−4.000", "−2.000", "0", "2.000", "4.000"]
    assert (made.zero, int(made.span)) == (FULL // 2, 8_000)
    (low,) = marks([("x", -2_085)], Unit.PARTICIPANTS, made.span, Language.VI)
    assert (low.text, low.size) == ("−2.085", -2_606)


def test_counts_share_an_axis_and_shares_do_not() -> None:
    table = next(one for one in document().sections[1].tables if one.name == "takedowns_by_platform")
    every = tuple(one.name for one in table.measures)
    asked = msgspec.structs.replace(table, chart=Chart(ChartKind.TIME_SERIES, every))
    assert [one.name for one in measures(asked)] == ["requested", "acted_on", "in_time"]


def test_many_lines_are_told_apart_or_left_to_the_table() -> None:
    table = next(one for one in document().sections[0].tables if one.name == "signals_by_day_and_partner")
    days, partner = table.dimensions
    many = tuple(Member(f"p{at}", Words(f"Đối tác {at}", f"Partner {at}")) for at in range(25))
    rows = tuple(Row((days.members[0].code, one.code), (9,)) for one in many)
    crowded = msgspec.structs.replace(
        table, dimensions=(days, msgspec.structs.replace(partner, members=many)), rows=rows
    )
    made = picture(document().sections[0], crowded, Language.EN)
    assert made
    assert (len(made.series), made.more) == (18, "7 more in the table.")
    assert len(typeset.draw([made], Language.EN, "svg")) == 1


def test_colours_keep_their_order_in_grey_and_their_text_stands_out() -> None:
    look = (TEMPLATES / "look.typ").read_text(encoding="utf-8")
    named = dict(re.findall(r'#let (\w+) = rgb\("(#\w{6})"\)', look))
    shades = re.findall(r"#\w{6}", look.partition("#let shades = ")[2].partition(".map")[0])
    grey = [luminance(one) for one in shades]
    assert len(shades) == SHADES
    assert all(lighter - darker > 0.05 for lighter, darker in pairwise(grey))
    for at, shade in enumerate(grey, 1):
        letters = 1.0 if at >= 4 else luminance(named["ink"])
        assert contrast(shade, letters) >= 4.5, shade
    assert all(contrast(1.0, luminance(named[name])) >= 4.5 for name in ("ink", "soft", "navy", "amber"))


def luminance(colour: str) -> float:
    """Relative, of WCAG 2.2."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: float, other: float) -> float:
    return (max(one, other) + 0.05) / (min(one, other) + 0.05)


def test_the_page_needs_nothing_else_and_runs_nothing() -> None:
    html = page.render(frozen(everywhere('<script src="https://example.com/x.js">"onload=x')), Language.VI).decode()
    assert "default-src 'none'" in html
    assert "<script" not in html
    # The one address is where its manifest is.
    addresses = set(re.findall(r'(?:src|href)="(?!data:|#)([^"]+)"', html))
    assert addresses == {"https://hub.example/v1/reports/rep_aaaaaaaaaaaaaaaaaaaaaaaaaa/manifest"}


def test_the_code_on_the_cover_is_the_address_of_the_manifest() -> None:
    pdf = typeset.render_pdf(frozen(), Language.EN)
    code = segno.make_qr("https://hub.example/v1/reports/rep_aaaaaaaaaaaaaaaaaaaaaaaaaa/manifest", error="m")
    (tag, *_) = figures_of(pypdf.PdfReader(io.BytesIO(pdf)))
    assert tag["/Alt"].endswith("rep_aaaaaaaaaaaaaaaaaaaaaaaaaa/manifest")
    with pypdfium2.PdfDocument(pdf) as drawn:
        cover = cut(drawn[0], tag, margin=0)
    side = len(code.matrix)
    module = cover.width / side
    middles = [int((at + 0.5) * module) for at in range(side)]
    dark: Any = cover.point(lambda grey: grey < 128).load()
    assert [[bool(dark[x, y]) for x in middles] for y in middles] == [[bool(one) for one in row] for row in code.matrix]


def opened(archive: bytes) -> dict[str, Image.Image]:
    files = zipfile.ZipFile(io.BytesIO(archive))
    return {name.removesuffix(".png"): drawing(files.read(name)) for name in files.namelist()}


def drawing(png: bytes) -> Image.Image:
    """Without title and source, 1.3 and 0.7 cm between margins of 3 mm; marks of letters stand out a little."""
    sheet = Image.open(io.BytesIO(png)).convert("L")
    above, below = (round(cm / 2.54 * PIXELS_PER_INCH) for cm in (1.5, 0.9))
    return sheet.crop((0, above, sheet.width, sheet.height - below))


def drawings(html: str) -> list[bytes]:
    return [base64.b64decode(one) for one in re.findall(r'src="data:image/svg\+xml;base64,([^"]+)"', html)]


def rastered(svg: bytes, folder: Path) -> Image.Image:
    (folder / "drawing.svg").write_bytes(svg)
    source = folder / "sheet.typ"
    source.write_text('#set page(width: auto, height: auto, margin: 0pt)\n#image("drawing.svg")')
    made = typst.compile(source, format="png", ppi=PIXELS_PER_INCH, ignore_system_fonts=True)
    assert isinstance(made, bytes)
    return Image.open(io.BytesIO(made)).convert("L")


def cut_out(pdf: bytes) -> list[Image.Image]:
    """The charts of a PDF: its figures but the code on the cover."""
    reader = pypdf.PdfReader(io.BytesIO(pdf))
    with pypdfium2.PdfDocument(pdf) as drawn:
        return [cut(drawn[reader.get_page_number(tag["/Pg"]) or 0], tag) for tag in figures_of(reader)[1:]]


def figures_of(reader: pypdf.PdfReader) -> list[Any]:
    return [tag for tag in tags(reader.root_object["/StructTreeRoot"]) if tag.get("/S") == "/Figure"]


def cut(page: Any, tag: Any, margin: float = 1) -> Image.Image:
    """What a page shows in the box that a tag gives, and so many points around it."""
    scale, height = PIXELS_PER_INCH / 72, page.get_height()
    left, bottom, right, top = (float(one) for one in tag["/A"][0]["/BBox"])
    edges = (left - margin, height - top - margin, right + margin, height - bottom + margin)
    sheet: Any = page.render(scale=scale).to_pil().convert("L")
    cropped: Image.Image = sheet.crop([round(edge * scale) for edge in edges])
    return cropped


def ink(image: Image.Image) -> Image.Image:
    """Without the white around it."""
    return image.crop(ImageChops.invert(image).point(lambda grey: 255 if grey > 24 else 0).getbbox())


def difference(one: Image.Image, other: Image.Image) -> float:
    """Mean of grey levels, 0 to 255, of half the size, where edges are smooth; 255 where the shapes differ."""
    if max(abs(a - b) for a, b in zip(one.size, other.size, strict=True)) > 4:
        return 255
    size = one.width // 2, one.height // 2
    return float(ImageStat.Stat(ImageChops.difference(one.resize(size), other.resize(size))).mean[0])
