"""The other side of the feed: a copy of the hub's signals, kept by its rules alone."""

from typing import Any

import httpx

MODULUS = 1 << 128


class Copy:
    """What a partner's program holds. Notes every position that it was given."""

    def __init__(self, client: httpx.Client, after: str = "0") -> None:
        self.signals: dict[str, dict[str, Any]] = {}
        self.positions: list[int] = []
        self.after = after
        self._sum = 0
        self._client = client

    def pull(self, limit: int = 1_000) -> bool:
        """Take one page in; True once it was the last. Holds the digest of a last page against the copy."""
        answer = self._client.get("/v1/signals", params={"after": self.after, "limit": limit})
        answer.raise_for_status()
        page = answer.json()
        for signal in page["signals"]:
            self._take(signal)
        self.after = page["next"]
        if page["more"]:
            return False
        assert self.digest() == page["digest"], "the copy is not what the hub says it should be"
        return True

    def catch_up(self) -> None:
        while not self.pull():
            pass

    def digest(self) -> str:
        return f"{self._sum % MODULUS:032x}"

    def _take(self, signal: dict[str, Any]) -> None:
        position = signal["position"]
        assert not self.positions or position > self.positions[-1], "a position came late or twice"
        self.positions.append(position)
        before = self.signals.pop(signal["id"], None)
        self._sum -= int(before["check"], 16) if before else 0
        if signal["state"] in ("retracted", "expired", "gone"):
            # It may be of a signal that is not in the copy: one that moved on ahead of this reader until it ended.
            assert set(signal) == {"id", "state", "position"}, "a tombstone tells more than it may"
        else:
            self.signals[signal["id"]] = signal
            self._sum += int(signal["check"], 16)
