"""Submissions of any length: NDJSON in, one result a line out, memory flat."""

from collections import Counter
from collections.abc import AsyncIterator
from tempfile import SpooledTemporaryFile
from typing import IO, Any

import msgspec
from litestar import Request

from core import edge
from core.auth.access import Principal
from core.errors import Invalid, TooLarge, Unavailable
from core.signals import items
from core.signals.guard import Guard
from core.signals.items import Item
from core.signals.keys import Keys
from core.signals.kinds import Kinds
from core.signals.screening import screened_as_read
from core.signals.submission import Submit
from core.signals.writer import SignalWriter
from core.wire.signals import SubmitResult, SubmitStatus

_BATCH = 1_000
"""Lines a transaction."""
_IN_MEMORY = 1024 * 1024
"""Bytes of results before they go to a file."""

_encoder = msgspec.json.Encoder()


class Line(msgspec.Struct, frozen=True):
    """A line of the body, counted from 1; `ended` is False for a last one without a line feed."""

    number: int
    data: bytes
    ended: bool


class Stream:
    """One submission: lines are taken as they come, committed by the thousand, their results kept for the end."""

    def __init__(
        self,
        principal: Principal,
        writer: SignalWriter,
        kinds: Kinds,
        keys: Keys,
        guard: Guard,
        request: str,
        *,
        minimal: bool,
    ) -> None:
        self._principal = principal
        self._writer = writer
        self._kinds = kinds
        self._keys = keys
        self._guard = guard
        self._request = request
        self._minimal = minimal
        self._spool: IO[bytes] = SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115  (closed when the answer is sent)
        self._counts: Counter[str] = Counter()
        self._batch: list[Item | SubmitResult] = []
        self._committed = 0
        self._position = 0

    async def take(self, request: Request[Any, Any, Any]) -> None:
        """Read the body to its end. A fault of the stream carries what was committed before it, and its line."""
        try:
            await self._take(request)
        except BaseException:
            self._spool.close()
            raise

    async def _take(self, request: Request[Any, Any, Any]) -> None:
        try:
            async for line in _lines(request):
                self._batch.append(self._read(line))
                if len(self._batch) >= _BATCH:
                    await self._commit()
        except (Invalid, TooLarge) as fault:
            await self._commit()
            fault.committed = self._committed
            raise
        await self._commit()

    def _read(self, line: Line) -> Item | SubmitResult:
        index = self._committed + len(self._batch)
        read = items.read(line.data, index, "", self._kinds, self._keys, self._guard)
        if not line.ended and isinstance(read, SubmitResult) and read.errors[0].code == "not_json":
            raise _Cut("The last line is cut short; send from that line again.", line=line.number)
        return read

    async def _commit(self) -> None:
        batch, self._batch = await screened_as_read(self._principal, self._guard, self._batch), []
        taken = [one for one in batch if isinstance(one, Item)]
        job = Submit(self._principal.partner, taken, minimal=self._minimal)
        try:
            self._position = await self._writer.write(job, self._principal.client, self._request)
        except Unavailable:
            detail = "The hub cannot write at the moment; send the lines after the committed ones again."
            raise Unavailable(detail, committed=self._committed) from None
        done = iter(job.results)
        for one in batch:
            result = next(done) if isinstance(one, Item) else one
            self._counts[result.status] += 1
            if not self._minimal or result.status is SubmitStatus.REJECTED:
                self._spool.write(_encoder.encode(result) + b"\n")
        self._committed += len(batch)

    async def answer(self) -> AsyncIterator[bytes]:
        """The results in the order of the lines, then one line that adds them up."""
        with self._spool:
            self._spool.seek(0)
            while piece := self._spool.read(64 * 1024):
                yield piece
        counts = {status.value: self._counts[status] for status in SubmitStatus}
        counts["created"] += counts["quarantined"]
        yield _encoder.encode({"position": self._position} | counts) + b"\n"


class _Cut(Invalid):
    code = "stream_broken"


async def _lines(request: Request[Any, Any, Any]) -> AsyncIterator[Line]:
    """The lines that are not blank. A run of blank ones may be as long as a line."""
    number, rest, blank = 1, b"", 0
    try:
        async for piece in edge.chunks(request):
            *whole, rest = (rest + piece).split(b"\n")
            for data in whole:
                blank = 0 if data.strip() else blank + len(data) + 1
                _check_length(max(len(data), blank))
                if not blank:
                    yield Line(number, data, ended=True)
                number += 1
            _check_length(len(rest))
    except (Invalid, TooLarge) as fault:
        fault.line = number
        raise
    if rest.strip():
        yield Line(number, rest, ended=False)


def _check_length(length: int) -> None:
    if length > edge.LINE_LIMIT:
        raise _Cut(f"A line may have {edge.LINE_LIMIT} bytes.")
