"""The program that opens what a stranger sent: `python rendering.py MEDIA_TYPE FILE FOLDER`.

A process of its own with little to spend, so that a bomb takes down nothing else. It writes one file for each recipe
into the folder and says on standard output, in JSON, what it made, or why the file is no good. Nothing of the hub is
imported here.
"""

import io
import json
import resource
import sys
import warnings
from pathlib import Path
from typing import Any

from PIL import Image, ImageCms, ImageOps

PIXELS = 40_000_000
"""Of an image or a frame: a poster of A2 at 300 dots an inch has 35 million."""
SIDES = {"thumbnail": 320, "web": 1_600, "print": None}
_MEMORY = 1_500_000_000
_SECONDS = 20
_FILE = 100_000_000
_FORMATS = {"image/png": "PNG", "image/jpeg": "JPEG", "image/gif": "GIF", "image/webp": "WEBP"}
_FLAT = ("PNG", "GIF")
"""Formats of drawings, which JPEG smears."""


class Refused(Exception):
    """The file is no good; says why, to its sender."""


def main() -> None:
    media_type, source, folder = sys.argv[1], sys.argv[2], Path(sys.argv[3])
    for limit, most in (
        (resource.RLIMIT_AS, _MEMORY),
        (resource.RLIMIT_CPU, _SECONDS),
        (resource.RLIMIT_FSIZE, _FILE),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(limit, (most, most))
    try:
        made = _video(source, folder) if media_type.startswith("video/") else _image(media_type, source, folder)
        said: dict[str, Any] = {"made": made}
    except Refused as refused:
        said = {"refused": str(refused)}
    sys.stdout.write(json.dumps(said))


def _image(media_type: str, source: str, folder: Path) -> list[dict[str, Any]]:
    Image.MAX_IMAGE_PIXELS = PIXELS
    # Pillow only warns up to twice its limit.
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    try:
        with Image.open(source, formats=[_FORMATS[media_type]]) as opened:
            flat = opened.format in _FLAT
            # Upright first: the orientation goes with the rest of EXIF.
            upright = ImageOps.exif_transpose(opened)
            pixels = _plain(upright)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise Refused(f"An image may have {PIXELS:,} pixels.") from None
    except MemoryError:
        raise Refused("The image takes too much memory.") from None
    # Decoders raise whatever comes to their mind over damaged files.
    except Exception as exc:
        raise Refused(f"The image cannot be read: {type(exc).__name__}.") from None
    return [_save(pixels, recipe, side, folder, flat) for recipe, side in SIDES.items()]


def _plain(image: Any) -> Any:
    """Its first frame in sRGB, in a new image: what was written beside the pixels stays behind."""
    profile = image.info.get("icc_profile")
    alpha = image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info
    target = "RGBA" if alpha else "RGB"
    image.load()
    if profile and image.mode in ("RGB", "CMYK") and not alpha:
        try:
            given = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            image = ImageCms.profileToProfile(image, given, ImageCms.createProfile("sRGB"), outputMode="RGB")
        except (ImageCms.PyCMSError, OSError):
            # A profile that is no good is worth nothing to anyone.
            pass
    pixels = image.convert(target)
    plain = Image.new(target, pixels.size)
    plain.paste(pixels)
    return plain


def _save(pixels: Any, recipe: str, side: int | None, folder: Path, flat: bool) -> dict[str, Any]:
    copy = pixels
    if side and max(pixels.size) > side:
        copy = pixels.copy()
        copy.thumbnail((side, side))
    png = flat or copy.mode == "RGBA"
    file = folder / recipe
    if png:
        copy.save(file, format="PNG", optimize=False)
    else:
        copy.save(file, format="JPEG", quality=95 if side is None else 85, progressive=True)
    width, height = copy.size
    return {"recipe": recipe, "media_type": f"image/{'png' if png else 'jpeg'}", "width": width, "height": height}


_STREAMS = 8
_HOURS = 4


def _video(source: str, folder: Path) -> list[dict[str, Any]]:
    """A frame of a tenth of the way in, since films begin black; none where the library is not installed."""
    try:
        import av  # noqa: PLC0415  (an extra, and 100 MB)
    except ImportError:
        return []
    try:
        # No other files: a playlist or a reference inside could name any on this disk.
        with av.open(source, options={"protocol_whitelist": "file", "enable_drefs": "0"}) as film:
            return [_save(_plain(_frame(film)), "poster", 1_600, folder, False)]
    except av.error.FFmpegError as exc:
        raise Refused(f"The video cannot be read: {type(exc).__name__}.") from None
    except MemoryError:
        raise Refused("The video takes too much memory.") from None


def _frame(film: Any) -> Any:
    if not film.streams.video:
        raise Refused("There is no video in it.")
    if len(film.streams) > _STREAMS:
        raise Refused(f"A video may have {_STREAMS} streams.")
    if (film.duration or 0) > _HOURS * 3_600 * 1_000_000:
        raise Refused(f"A video may take {_HOURS} hours.")
    stream = film.streams.video[0]
    if stream.codec_context.width * stream.codec_context.height > PIXELS:
        raise Refused(f"A frame may have {PIXELS:,} pixels.")
    stream.codec_context.thread_count = 1
    stream.codec_context.skip_frame = "NONKEY"
    if film.duration:
        film.seek(film.duration // 10)
    for frame in film.decode(stream):
        return frame.to_image()
    raise Refused("There is no frame in it that stands alone.")


if __name__ == "__main__":
    main()
