"""A file of signals sent through the API: in batches, with progress kept, so that it goes on where it stopped.

2026-11-22: one way in. The command speaks HTTP to the application even on the hub's own machine (in process, without
a socket), so that an import meets the same access checks, limits and faults as a partner's own program. We gave up
the seconds that writing past the routes would save. Held by tests/cli/test_import.py.
"""

from codecs import BOM_UTF8
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from hashlib import file_digest
from itertools import islice
from pathlib import Path

import httpx
import msgspec

from core.edge import LINE_LIMIT, NDJSON
from core.signals.kinds import guess
from core.wire.common import FieldError
from core.wire.signals import Category, SubmitResult, SubmitStatus, Tlp

BATCH = 1_000
"""Lines a request, as many as the hub commits at once: what is lost by a kill is one batch's answer."""


class Stopped(Exception):
    """The hub does not take the next batch; what came before it is stored."""


class Defaults(msgspec.Struct, frozen=True, omit_defaults=True):
    """What items say that do not say it themselves."""

    tlp: Tlp | None = None
    groups: tuple[str, ...] = ()
    category: Category | None = None
    campaign: str | None = None


class Line(msgspec.Struct, frozen=True):
    number: int
    """In the file, counted from 1."""
    text: bytes


class Rejected(msgspec.Struct, frozen=True):
    """A line of the file of rejected lines."""

    line: int
    text: str
    errors: tuple[FieldError, ...]


class Progress(msgspec.Struct):
    """How far an import has come; kept in a file until it is through."""

    lines: int = 0
    """Of the file, read and answered."""
    counts: dict[str, int] = {}
    """Items by status."""
    last_id: str = ""
    """Of the last signal that was taken: the hub is asked for it before anything is skipped."""
    rejected_bytes: int = 0
    """Length of the file of rejected lines."""

    @property
    def items(self) -> int:
        return sum(self.counts.values())


class Import:
    """One file on its way to one partner's account.

    `folder` keeps the progress and the rejected lines. The file may be a list of hosts and URLs, NDJSON of signals,
    or both mixed; empty lines do not count.
    """

    def __init__(self, path: Path, partner: str, defaults: Defaults, folder: Path) -> None:
        self.path = path
        self.items = sum(1 for _ in _lines(path))
        self.progress = Progress()
        self._defaults = msgspec.json.decode(msgspec.json.encode(defaults), type=dict[str, msgspec.Raw])
        name = f"{path.stem}-{_key(path, partner, defaults)}"
        self._kept = folder / f"{name}.progress.json"
        self.rejected_file = folder / f"{name}.rejected.ndjson"

    async def run(self, client: httpx.AsyncClient, moved: Callable[[Progress], None]) -> None:
        """Send every line that is not answered yet; `moved` is told after each batch.

        Raises `Stopped`; running it again goes on from there.
        """
        self._kept.parent.mkdir(parents=True, exist_ok=True)
        await self._resume(client)
        moved(self.progress)
        lines = (line for line in _lines(self.path) if line.number > self.progress.lines)
        while batch := list(islice(lines, BATCH)):
            self._note(batch, await self._send(client, batch))
            moved(self.progress)
        self._kept.unlink(missing_ok=True)

    async def _resume(self, client: httpx.AsyncClient) -> None:
        if self._kept.exists():
            kept = msgspec.json.decode(self._kept.read_bytes(), type=Progress)
            # A database that was thrown away or restored since then does not know it.
            known = kept.last_id and await client.get(f"/v1/signals/{kept.last_id}")
            if known and known.status_code == httpx.codes.OK:
                self.progress = kept
        with self.rejected_file.open("ab") as rejected:
            # What a killed import had begun to write is written again.
            rejected.truncate(self.progress.rejected_bytes)

    async def _send(self, client: httpx.AsyncClient, batch: Sequence[Line]) -> list[SubmitResult]:
        body = b"".join(self._item(line) + b"\n" for line in batch)
        try:
            answer = await client.post("/v1/signals", content=body, headers={"Content-Type": NDJSON})
        except httpx.TransportError as exc:
            raise Stopped(f"The hub does not answer ({exc}).") from exc
        if answer.is_error:
            raise Stopped(f"The hub answers {answer.status_code}: {answer.text}")
        results = answer.content.splitlines()[:-1]
        return [msgspec.json.decode(result, type=SubmitResult) for result in results]

    def _item(self, line: Line) -> bytes:
        """The line as the hub takes it. What cannot be an item is sent as it is: the hub says what is wrong with it."""
        text = line.text
        if len(text) > LINE_LIMIT - _ROOM:
            # A longer line would end the whole batch; cut, it is one value that is too long.
            return _bare(text[:_ROOM].decode("utf-8", "ignore"), self._defaults)
        try:
            if not text.startswith(b"{"):
                return _bare(text.decode(), self._defaults)
            return msgspec.json.encode(self._defaults | msgspec.json.decode(text, type=dict[str, msgspec.Raw]))
        except (msgspec.DecodeError, UnicodeDecodeError):
            return text

    def _note(self, batch: Sequence[Line], results: Sequence[SubmitResult]) -> None:
        counts = Counter(self.progress.counts)
        rejected = []
        for line, result in zip(batch, results, strict=True):
            counts[result.status] += 1
            if result.status is SubmitStatus.REJECTED:
                rejected.append(Rejected(line.number, line.text.decode("utf-8", "replace"), result.errors))
        taken = [result.id for result in results if result.id]
        self.progress = Progress(
            lines=batch[-1].number,
            counts=dict(counts),
            last_id=taken[-1] if taken else self.progress.last_id,
            rejected_bytes=self._keep(rejected),
        )
        new = self._kept.with_suffix(".new")
        new.write_bytes(msgspec.json.encode(self.progress))
        new.replace(self._kept)

    def _keep(self, rejected: Sequence[Rejected]) -> int:
        with self.rejected_file.open("ab") as file:
            file.write(msgspec.json.Encoder().encode_lines(rejected))
            return file.tell()


def rejections(path: Path) -> dict[str, list[Rejected]]:
    """The lines of a file of rejected lines, by reason."""
    by_reason: dict[str, list[Rejected]] = {}
    for text in path.read_bytes().splitlines():
        one = msgspec.json.decode(text, type=Rejected)
        by_reason.setdefault(one.errors[0].detail, []).append(one)
    return by_reason


_ROOM = 10_000
"""Bytes that defaults may add to a line; more than any value may have."""


def _key(path: Path, partner: str, defaults: Defaults) -> str:
    """Tells imports apart: another file, partner or default starts from the first line."""
    with path.open("rb") as file:
        digest = file_digest(file, "sha256")
    digest.update(partner.encode() + msgspec.json.encode(defaults))
    return digest.hexdigest()[:12]


def _bare(text: str, defaults: dict[str, msgspec.Raw]) -> bytes:
    kind, value = guess(text)
    return msgspec.json.encode(defaults | {"kind": kind, "value": value})


def _lines(path: Path) -> Iterator[Line]:
    """The lines that say something, read as they are needed."""
    with path.open("rb") as file:
        for number, raw in enumerate(file, start=1):
            text = raw.removeprefix(BOM_UTF8).strip()
            if text:
                yield Line(number, text)
