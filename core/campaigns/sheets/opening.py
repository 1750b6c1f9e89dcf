"""From the bytes of a file to rows of cells."""

import csv
import io
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

import msgspec

from core.edge import AT_ONCE, CSV
from core.errors import Invalid, TooLarge, UnsupportedMediaType

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
LIMIT = 10 * 1024 * 1024
"""Bytes of a file."""
TOP = 20
"""Rows in which the header is looked for."""
COLUMNS = 60

Cell = str | float | bool
"""Dates come as text, YYYY-MM-DD."""

_UNPACKED = 100 * 1024 * 1024
_RATIO = 100
_ENTRIES = 1_000
_PATIENCE = 30
_PROGRAM = str(Path(__file__).with_name("cells.py"))


class Sheet(msgspec.Struct, frozen=True):
    """A sheet as its sender sees it: `rows[0]` is row 1."""

    name: str
    rows: Sequence[Sequence[Cell]]


class _Said(msgspec.Struct, frozen=True):
    sheets: tuple[Sheet, ...] = ()
    refused: str = ""


def opened(data: bytes, media_type: str) -> tuple[Sheet, ...]:
    """The visible sheets of a file. Blocks for as long as it takes to read.

    Raises `UnsupportedMediaType` for what is neither XLSX nor CSV, `Invalid` for what is damaged, `TooLarge` for what
    unpacks to more than a list of activities does.
    """
    if media_type == CSV:
        return (Sheet("", _csv(data)),)
    if media_type != XLSX:
        raise UnsupportedMediaType(f"Send {XLSX} or {CSV}.")
    return _xlsx(data)


def _xlsx(data: bytes) -> tuple[Sheet, ...]:
    _check_zip(io.BytesIO(data))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "sheet.xlsx")
        path.write_bytes(data)
        command = [sys.executable, "-I", _PROGRAM, str(path), str(AT_ONCE + TOP + 1), str(COLUMNS)]
        try:
            done = subprocess.run(command, capture_output=True, timeout=_PATIENCE, check=True)  # noqa: S603  (our own words)
        except subprocess.SubprocessError:
            # Ended by one of its limits.
            raise TooLarge(
                "The workbook takes too much to read. Copy the list into a new one, and send that."
            ) from None
    said = msgspec.json.decode(done.stdout, type=_Said)
    if said.refused:
        raise Invalid(f"The workbook cannot be read: {said.refused}")
    return said.sheets


def _check_zip(file: BinaryIO) -> None:
    """What a workbook unpacks to, counted: the sizes that a file declares may be lies."""
    try:
        with zipfile.ZipFile(file) as archive:
            entries = archive.infolist()
            if len(entries) > _ENTRIES or sum(entry.file_size for entry in entries) > _UNPACKED:
                raise TooLarge("The workbook unpacks to more than a list of activities does.")
            packed = sum(entry.compress_size for entry in entries)
            if sum(entry.file_size for entry in entries) > 1024 * 1024 + _RATIO * packed:
                raise TooLarge(f"The workbook unpacks to more than {_RATIO} times its size.")
            for entry in entries:
                # Reads no more than is declared, and fails by its checksum when there is more.
                with archive.open(entry) as part:
                    while part.read(1024 * 1024):
                        pass
    # What `zipfile` raises for damage, for a compression that it has no code for, and for a password.
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError) as exc:
        raise Invalid(f"This is no workbook that can be read ({exc}). Save it as XLSX, without a password.") from None
    except Exception as exc:
        # zlib, lzma and bz2 each have an error of their own for damaged data.
        if type(exc).__name__ not in {"error", "LZMAError"}:
            raise
        raise Invalid("The workbook is damaged.") from None


def _csv(data: bytes) -> list[list[Cell]]:
    """Commas, semicolons (as Excel writes where the comma is a decimal sign) or tabs, in UTF-8 or UTF-16."""
    try:
        text = data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError:
        raise Invalid("The file is not in UTF-8. In Excel: Save As, CSV UTF-8.") from None
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    rows: list[list[Cell]] = []
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            rows.append([*row[:COLUMNS]])
            if len(rows) > AT_ONCE + TOP:
                break
    except csv.Error as exc:
        raise Invalid(f"Row {len(rows) + 1} cannot be read: {exc}.") from None
    return rows
