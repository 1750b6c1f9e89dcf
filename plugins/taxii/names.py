"""From the id of a rendered indicator back to its signal.

2026-11-22: a UUIDv5 cannot be turned round. Those lately given out by this process are remembered; any other costs a
walk over what its reader may see of the collection, as that reader could make itself. We gave up a table of ids, which
would hold a row for every signal and collection there is. Held by tests/plugins/taxii/test_reading.py.
"""

from collections import OrderedDict
from collections.abc import Collection as Some
from collections.abc import Iterable, Mapping

from core.signals import feed
from plugins.taxii.collections import Eyes
from plugins.taxii.stix import indicator_id

_REMEMBERED = 100_000
_VERSION = len("indicator--xxxxxxxx-xxxx-")
"""Where a UUID says how it was made."""


class _Given:
    """Ids that were given out, the latest; they tell nothing to those who may not see the signal."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._signals: OrderedDict[str, str] = OrderedDict()

    def note(self, signals: Mapping[str, str]) -> None:
        self._signals.update(signals)
        while len(self._signals) > self._most:
            self._signals.popitem(last=False)

    def find(self, ids: Iterable[str]) -> dict[str, str]:
        return {name: self._signals[name] for name in ids if name in self._signals}


_given = _Given(_REMEMBERED)
note = _given.note
"""Keep public ids of signals by the ids of the indicators that were made of them."""
given = _given.find
"""Of these ids those that are remembered, with the signals that they were made of."""


async def signals(eyes: Eyes, ids: Some[str]) -> dict[str, str]:
    """Public ids of the signals behind rendered indicators, as far as the reader may see them; by the ids given."""
    wanted = {name for name in ids if name.startswith("indicator--") and name[_VERSION] == "5"}
    found = _given.find(wanted)
    if found.keys() == wanted:
        return found
    async for signal in feed.live(*eyes.parts):
        name = indicator_id(signal.id, eyes.collection.id)
        if name in wanted:
            found[name] = signal.id
            if found.keys() == wanted:
                break
    note(found)
    return found
