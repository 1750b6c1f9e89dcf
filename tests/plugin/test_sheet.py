"""Sheets of conformance where they share a process: a sandbox fills several at once."""

import asyncio
import time
from collections.abc import Sequence

from core.plugin import sheet
from core.sdk import Translated
from partners.platform.plugin import Platform


class Wary(Platform):
    """Notices when the machine moves while it reads."""

    def translate(self, body: bytes) -> Sequence[Translated]:
        here = time.tzname
        time.sleep(0.01)
        assert time.tzname == here
        return super().translate(body)


async def test_sheets_that_are_filled_side_by_side_keep_to_their_zones() -> None:
    before = time.tzname
    for filled in await asyncio.gather(*(asyncio.to_thread(sheet.alone, Wary()) for _ in range(3))):
        (clock,) = (line for line in filled if line.check == "clock")
        assert clock.passed, clock.found
    assert time.tzname == before
