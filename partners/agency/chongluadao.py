"""Chống Lừa Đảo: its whole blocklist, as its interface gave it or as the file of one entry a line that mirrors keep.

Formats: `GET https://api.chongluadao.vn/v2/blacklist`, an array of `{"url": …}` as the browser extension reads it
(https://github.com/7zones/chongluadao-extension), and `urls.txt` of
https://github.com/elliotwutingfeng/ChongLuaDao-Phishing-Blocklist. The interface no longer answers and was never
described; whether the project would push its list is not agreed upon.

Neither form has status words: what a list leaves out is taken back. Both forms are of the same list.
"""

import re
from collections.abc import Iterable, Sequence
from hashlib import sha256
from pathlib import Path

import msgspec

from core.sdk import (
    Category,
    Connector,
    Context,
    PartnerKind,
    PluginInfo,
    Refused,
    Sharing,
    SignalIn,
    Translated,
    hookimpl,
    translate_items,
)

_ENTRY = re.compile(r"(?P<scheme>https?://)?(?:\*\.|www\.)?(?P<host>[^/*\s.]+(?:\.[^/*\s.]+)+)(?P<path>/[^*\s]*)?\*?")
"""`https://*.host/*` and `host` stand for all of a host."""


class Entry(msgspec.Struct):
    url: str


_list = msgspec.json.Decoder(list[msgspec.Raw])
_entry = msgspec.json.Decoder(Entry)


class Blocklist(Connector):
    kind = PartnerKind.PROTECTION
    partner = "chongluadao"
    statuses = frozenset()
    whole = "blocklist/"
    recorded = Path(__file__).with_name("recorded") / "chongluadao"

    def __init__(self, sharing: Sharing) -> None:
        self._sharing = sharing

    def translate(self, body: bytes) -> Sequence[Translated]:
        return self._entries(_list.decode(body))

    def _entries(self, entries: Iterable[msgspec.Raw]) -> Sequence[Translated]:
        found = translate_items(entries, _entry, self._to_signal, self.items)
        if not found:
            raise Refused("A list without entries would take everything back.", code="empty_list")
        return found

    def _to_signal(self, entry: Entry) -> SignalIn:
        parts = _ENTRY.fullmatch(entry.url.strip())
        if parts is None:
            raise Refused("Expected a host or an address.", "/url", "invalid_value")
        page = parts["path"] not in (None, "/")
        value = f"{parts['scheme'] or 'http://'}{parts['host']}{parts['path']}" if page else parts["host"]
        return SignalIn(
            kind="url" if page else "domain",
            value=value,
            category=Category.PHISHING,
            confidence=70,
            tlp=self._sharing.tlp,
            groups=self._sharing.groups or None,
            # An address may be longer than a name.
            external_id=f"{self.whole}{sha256(value.encode()).hexdigest()}",
        )


class BlocklistFile(Blocklist):
    """One entry a line; what begins with `#` or `!` is a remark."""

    media_types = ("text/plain",)
    recorded = Path(__file__).with_name("recorded") / "chongluadao_file"

    def translate(self, body: bytes) -> Sequence[Translated]:
        lines = (line.strip() for line in body.decode("utf-8-sig").splitlines())
        return self._entries(
            msgspec.Raw(msgspec.json.encode(Entry(line))) for line in lines if line and line[0] not in "#!"
        )


@hookimpl
def plugin_info() -> PluginInfo:
    return PluginInfo(name="chongluadao", title="Chống Lừa Đảo", settings=Sharing)


@hookimpl
def connectors(ctx: Context) -> Sequence[Connector]:
    return [Blocklist(ctx.settings), BlocklistFile(ctx.settings)]
