"""What is taken for what: by both ends of the bytes, by the name, by the declared type."""

import io
import zipfile

import pytest

from core.blobs import Staged
from core.content import sniff
from core.errors import UnsupportedMediaType
from tests.content.conftest import PNG


def archive() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as made:
        made.writestr("a.txt", "hidden")
    return buffer.getvalue()


JPEG = b"\xff\xd8\xff\xe0" + b"j" * 100 + b"\xff\xd9"
GIF = b"GIF89a" + b"\0" * 100 + b"\x3b"
WEBP = b"RIFF" + (4 + 100).to_bytes(4, "little") + b"WEBP" + b"w" * 100
PDF = b"%PDF-1.7\n" + b"\0" * 100 + b"\n%%EOF\n"
MP4 = b"\0\0\0\x18ftypmp42" + b"m" * 100
WEBM = b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\x82\x84webm" + b"w" * 100
MP3 = b"ID3\x04\0" + b"m" * 100
SRT = "1\n00:00:01,000 --> 00:00:02,000\nĐừng nghe máy.\n".encode()
VTT = "WEBVTT\n\n00:01.000 --> 00:02.000\nĐừng nghe máy.\n".encode()
SVG = b'\xef\xbb\xbf<!-- a -->\n<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>'
HTML = b" " * 2000 + b"<html><script>1</script></html>"


def look(media_type: str, data: bytes) -> None:
    """As an upload does: in pieces, seen from both ends."""
    staged = Staged()
    for start in range(0, len(data), 1000):
        staged.take(data[start : start + 1000])
    sniff.check(sniff.KINDS[media_type], staged.first, staged.last, staged.size)


GOOD = [
    ("image/png", PNG),
    ("image/jpeg", JPEG),
    ("image/gif", GIF),
    ("image/webp", WEBP),
    ("application/pdf", PDF),
    ("video/mp4", MP4),
    ("video/webm", WEBM),
    ("audio/mpeg", MP3),
    ("audio/mpeg", b"\xff\xfb\x90\x64" + b"m" * 100),
    ("text/plain", "Đừng nghe máy một mình.\r\n".encode()),
    ("text/plain", b"\xef\xbb\xbfWith a mark."),
    ("text/plain", "ạ".encode() * 30_000),
    ("application/x-subrip", SRT),
    ("application/x-subrip", SRT.replace(b"\n", b"\r\n")),
    ("text/vtt", VTT),
]


@pytest.mark.parametrize(("media_type", "data"), GOOD)
def test_what_is_what_it_says_comes_in(media_type: str, data: bytes) -> None:
    look(media_type, data)


@pytest.mark.parametrize("media_type", sniff.KINDS)
@pytest.mark.parametrize("data", [b"", b" ", SVG, HTML, archive(), b"MZ\x90\0", b"\0" * 100, b"caf\xe9"])
def test_nothing_else_comes_in_under_any_type(media_type: str, data: bytes) -> None:
    with pytest.raises(UnsupportedMediaType):
        look(media_type, data)


@pytest.mark.parametrize(("media_type", "data"), GOOD)
def test_no_type_passes_for_another(media_type: str, data: bytes) -> None:
    text = {"text/plain", "application/x-subrip", "text/vtt"}
    for other in sniff.KINDS.keys() - {media_type}:
        # Captions are plain text, and may be called so.
        if media_type in text and other == "text/plain":
            continue
        with pytest.raises(UnsupportedMediaType):
            look(other, data)


@pytest.mark.parametrize(("media_type", "data"), [one for one in GOOD if not one[0].startswith("text/")])
def test_an_archive_behind_it_is_seen(media_type: str, data: bytes) -> None:
    with pytest.raises(UnsupportedMediaType):
        look(media_type, data + archive())


@pytest.mark.parametrize("media_type", ["image/png", "image/jpeg", "image/gif", "image/webp", "application/pdf"])
def test_what_has_an_end_ends_there(media_type: str) -> None:
    data = dict(GOOD)[media_type]
    for wrong in (data[:-8], data + b"<script>1</script>"):
        with pytest.raises(UnsupportedMediaType):
            look(media_type, wrong)


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("a.svg", "image/svg+xml"),
        ("a.html", "text/html"),
        ("a.zip", "application/zip"),
        ("a.png", ""),
        ("a.html", "image/png"),
        ("png", "image/jpeg"),
        ("a.png.exe", "image/png"),
    ],
)
def test_a_name_and_a_type_that_do_not_go_together_are_refused(name: str, media_type: str) -> None:
    with pytest.raises(UnsupportedMediaType):
        sniff.expected(name, media_type)
    assert sniff.expected("A.B.PNG", "image/png").extensions == ("png",)
