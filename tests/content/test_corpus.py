"""What strangers send: each file ends as the table says, however many things it is at once."""

import io
import struct
import zipfile
import zlib
from pathlib import Path

import pytest
from PIL import Image

from core.blobs import Staged
from core.content import assets, containers, renditions, sniff
from core.errors import NotFound, UnsupportedMediaType
from tests.content.conftest import PNG
from tests.content.test_sniff import HTML, SRT, SVG, WEBM, archive
from tests.films import film
from tests.pictures import chunk

SCRIPT = b"<script>alert(1)</script>"


def picture(form: str, mode: str = "RGB", **more: object) -> bytes:
    buffer = io.BytesIO()
    Image.new(mode, (40, 30), 0).save(buffer, format=form, **more)
    return buffer.getvalue()


JPEG, GIF, WEBP = picture("JPEG"), picture("GIF", "P"), picture("WEBP")
MP4 = film()


def sized(width: int, height: int) -> bytes:
    """A PNG of a few bytes that says that it is so large."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0))
    return PNG[:8] + header + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")


def with_chunk(kind: bytes, data: bytes) -> bytes:
    return PNG[:33] + chunk(kind, data) + PNG[33:]


def zip_bomb() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("a", bytes(10_000_000))
    return buffer.getvalue()


# Name of the case, declared type, bytes, whether it comes in.
TABLE: list[tuple[str, str, bytes, bool]] = [
    ("a picture", "image/png", PNG, True),
    ("a photograph", "image/jpeg", JPEG, True),
    ("a grey photograph", "image/jpeg", picture("JPEG", "L"), True),
    ("one for printers", "image/jpeg", picture("JPEG", "CMYK"), True),
    ("one in stages", "image/jpeg", picture("JPEG", progressive=True), True),
    ("a drawing", "image/gif", GIF, True),
    ("one with holes", "image/png", picture("PNG", "RGBA"), True),
    ("a new one", "image/webp", WEBP, True),
    ("a film", "video/mp4", MP4, True),
    ("captions", "application/x-subrip", SRT, True),
    # Nothing, and half of it.
    ("nothing", "image/png", b"", False),
    ("its first bytes alone", "image/png", PNG[:8], False),
    ("cut short", "image/jpeg", JPEG[:-200] + b"\xff\xd9", False),
    ("half a film", "video/mp4", MP4[: len(MP4) // 2], False),
    # Under another name.
    ("GIF as PNG", "image/png", GIF, False),
    ("PNG as JPEG", "image/jpeg", PNG, False),
    ("a page as a picture", "image/png", HTML, False),
    ("SVG with script as a picture", "image/png", SVG, False),
    ("SVG with script as text", "text/plain", SVG, False),
    ("a page as text", "text/plain", HTML, False),
    ("a program as a film", "video/mp4", b"MZ\x90\0" + bytes(1000), False),
    ("2 GB of nothing that calls itself a film", "video/mp4", MP4[:28] + bytes(100_000), False),
    # Two things at once.
    ("PNG and zip", "image/png", PNG + archive(), False),
    ("JPEG and zip", "image/jpeg", JPEG + archive(), False),
    ("PNG and a page", "image/png", PNG + SCRIPT, False),
    ("PNG, a page and a second end", "image/png", PNG + SCRIPT + PNG[-12:], False),
    ("JPEG, a page and a second end", "image/jpeg", JPEG + SCRIPT + b"\xff\xd9", False),
    ("GIF, a page and a second end", "image/gif", GIF + SCRIPT + b"\x3b", False),
    ("GIF that is a program", "image/gif", b"GIF89a=1;alert(1)//\x3b", False),
    ("WebP and a page that its length covers", "image/webp", WEBP + SCRIPT, False),
    ("MP4 and zip", "video/mp4", MP4 + archive(), False),
    ("MP4 and a page", "video/mp4", MP4 + SCRIPT, False),
    ("WebM and a page", "video/webm", WEBM + SCRIPT, False),
    ("PDF and zip", "application/pdf", b"%PDF-1.7\n%%EOF\n" + archive(), False),
    # A page inside of what a picture may carry: it comes in, is never shown, and no rendition has it.
    ("PNG with a page in a comment", "image/png", with_chunk(b"tEXt", b"Comment\0" + SCRIPT), True),
    ("JPEG with a page in a comment", "image/jpeg", picture("JPEG", comment=SCRIPT), True),
    # Larger inside than outside.
    ("50,000 pixels square", "image/png", sized(50_000, 50_000), False),
    ("144 million pixels", "image/png", sized(12_000, 12_000), False),
    ("41 million pixels", "image/png", sized(6_500, 6_400), False),
    ("GIF of 4,295 million pixels", "image/gif", GIF[:6] + b"\xff" * 4 + GIF[10:], False),
    ("a comment of 100 MB", "image/png", with_chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(10**8), 9)), False),
    ("a profile of 100 MB", "image/png", with_chunk(b"iCCP", b"a\0\0" + zlib.compress(bytes(10**8), 9)), False),
    ("a zip bomb as a picture", "image/png", zip_bomb(), False),
    ("a zip bomb as a document", "application/pdf", zip_bomb(), False),
]


@pytest.mark.parametrize(("media_type", "data", "comes_in"), [one[1:] for one in TABLE], ids=[one[0] for one in TABLE])
async def test_each_file_ends_as_the_table_says(media_type: str, data: bytes, comes_in: bool, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(data)
    staged = Staged(path)
    staged.take(data)
    try:
        sniff.check(sniff.KINDS[media_type], staged.first, staged.last, staged.size)
        containers.check(media_type, path)
        made = await renditions.make(media_type, path)
    except UnsupportedMediaType:
        assert not comes_in
    else:
        assert comes_in
        assert not any(SCRIPT in one.data for one in made)


@pytest.mark.parametrize(
    "name",
    ["..", "../a.png", "a/b.png", "a\\b.png", ".htaccess.png", "a\0.png", "a\n.png", 'a".png', "C:a.png", " .png"],
)
def test_no_name_leads_anywhere(name: str) -> None:
    with pytest.raises(NotFound):
        assets._name(name)


def test_a_sparse_file_of_2_gb_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "file"
    with path.open("wb") as file:
        file.write(MP4[:28])
        file.truncate(2**31)
    with pytest.raises(UnsupportedMediaType):
        containers.check("video/mp4", path)
