"""Films that are what they say, and small unless they are padded."""

import io
from collections.abc import Iterator

import av


def film(comment: bytes = b"") -> bytes:
    """Two seconds of grey that grows lighter, as MP4."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as out:
        out.metadata["comment"] = comment.decode()
        stream = out.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 320, 180, "yuv420p"
        for number in range(20):
            frame = av.VideoFrame(320, 180, "yuv420p")
            frame.pts = number
            for plane in frame.planes:
                plane.update(bytes([number * 10]) * plane.buffer_size)
            out.mux(stream.encode(frame))
        out.mux(stream.encode())
    return buffer.getvalue()


def padding(size: int) -> Iterator[bytes]:
    """An MP4 box of `size` bytes that players skip, in pieces that differ."""
    yield (1).to_bytes(4, "big") + b"free" + size.to_bytes(8, "big")
    left, number = size - 16, 0
    while left:
        piece = number.to_bytes(8, "big") * (128 * 1024)
        yield piece[:left]
        left -= min(left, len(piece))
        number += 1
