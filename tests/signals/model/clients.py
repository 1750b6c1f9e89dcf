"""Programs of partners that keep a copy by nothing but the feed, each in its own way, and what is promised to them."""

import copy
from collections import defaultdict
from collections.abc import Mapping, Sequence

import msgspec
from msgspec import UNSET, UnsetType

from core.auth.access import Principal
from core.signals import feed, selection
from core.signals.cursors import Resync
from core.signals.keys import hex_sum, public_id
from core.signals.readers import Readers
from core.times import to_micros
from core.wire.feed_keys import Selection
from core.wire.score import OpinionCounts
from core.wire.signals import Feed, SignalOut, State
from tests.signals.conftest import KEYS
from tests.signals.model.hub import Hub
from tests.signals.model.words import DAY, SECOND, Claim, Key, belief
from tests.signals.model.world import World

Part = tuple[str, bool, str | None]
"""Partner, whether only what may be re-exported, the group if only one."""

_LEAVING = ("CLEAR", "GREEN", "AMBER")
_STRICT = ("", "CLEAR", "GREEN", "AMBER", "AMBER+STRICT", "RED")


class Saved(msgspec.Struct):
    """What the program has on its disk."""

    after: str | None = None
    last: int = 0
    """Highest position that it was given."""
    view: int = 0
    """How often its partner's sight had changed."""
    begun: int = 0
    """When its walk began."""
    asked: int = 0
    """When it was last given a page."""
    whole: int = 0
    """When it last was caught up, or its walk began."""
    copy: dict[str, SignalOut] = msgspec.field(default_factory=dict)
    rows: dict[str, set[tuple[str, int]]] = msgspec.field(default_factory=dict)
    """The rows of claims that each item was made of, by owner."""
    given: dict[str, int] = msgspec.field(default_factory=dict)
    """When each signal was last given, in this walk."""


class Client:
    def __init__(
        self,
        name: str,
        kinds: Sequence[str] = (),
        *,
        bare: bool = False,
        leaving: bool = False,
        group: str | None = None,
    ) -> None:
        """`bare`: it keeps the position of the log, not the cursor. `leaving`, `group`: as in `Selection`."""
        self.name = name
        self.kinds = kinds
        self.bare = bare
        self.leaving = leaving
        self.group = group
        self.saved = Saved()
        self.backups: list[Saved] = []

    @property
    def label(self) -> str:
        return f"cli_{self.name}_{'_'.join(self.kinds)}{'bare' * self.bare}{self.leaving}{self.group}"

    @property
    def part(self) -> Part:
        return self.name, self.leaving, self.group

    def chosen(self, groups: Mapping[str, int]) -> Selection:
        """What it asks the hub for, in which groups have numbers."""
        group = None if self.group is None else groups[self.group]
        return Selection(tuple(self.kinds), leaving=self.leaving, group=group)

    def back_up(self) -> None:
        self.backups.append(copy.deepcopy(self.saved))

    def begin(self) -> None:
        self.saved = Saved()


class Library:
    """The clients of a history, the hub that they read and the world that it should show them."""

    def __init__(self, hub: Hub, world: World, clients: Sequence[Client]) -> None:
        self.hub = hub
        self.world = world
        self.clients = clients
        self.readers = Readers(hub.db)
        self.purged = 0
        """What was closed before then may be forgotten."""
        self.first: dict[tuple[Part, str], int] = {}
        self.latest: dict[tuple[Part, str], int] = {}
        """When each part of what a partner sees had each signal, since its sight last changed."""
        self._views: dict[Part, int] = defaultdict(int)

    def id(self, key: Key) -> str:
        return public_id(KEYS.signal(*key))

    def look(self) -> None:
        """Note what each part of what a partner may see has now."""
        for part in {client.part for client in self.clients}:
            if self._views[part] != self.world.views[part[0]]:
                self._views[part] = self.world.views[part[0]]
                self.first = {at: when for at, when in self.first.items() if at[0] != part}
                self.latest = {at: when for at, when in self.latest.items() if at[0] != part}
            for key in self._part(part):
                self.first.setdefault((part, self.id(key)), self.world.now)
                self.latest[part, self.id(key)] = self.world.now

    def _part(self, part: Part) -> dict[Key, list[Claim]]:
        name, leaving, group = part
        found: dict[Key, list[Claim]] = {}
        for key, claims in self.world.visible(name).items():
            for claim in claims:
                _, tlp, groups = claim.place
                if (not leaving or tlp in _LEAVING) and (group is None or group in groups):
                    found.setdefault(key, []).append(claim)
        return found

    def visible(self, client: Client) -> dict[str, list[Claim]]:
        seen = self._part(client.part)
        return {self.id(key): claims for key, claims in seen.items() if not client.kinds or key[0] in client.kinds}

    async def ask(self, client: Client, limit: int) -> Feed:
        """A page as over HTTP: with the receipt that asking is."""
        known: Principal = msgspec.structs.replace(self.hub.partners[client.name], client=client.label)
        async with self.hub.db.snapshot(known.partner) as session:
            after = client.saved.after
            chosen = client.chosen(self.hub.groups)
            page = await feed.page(session, known, self.hub.kinds, KEYS, after=after, limit=limit, chosen=chosen)
        self.readers.note(known, selection.name(chosen), page.asked, page.reached)
        return page.body

    async def pull(self, client: Client, limit: int, *, lose: bool = False) -> Feed:
        """Ask for a page and take it in, or crash before it is saved."""
        try:
            page = await self.ask(client, limit)
        except Resync:
            saved, stale = client.saved, client.saved.view != self.world.views[client.name]
            assert saved.after is not None
            assert stale or saved.whole < self.purged, "a copy was voided for nothing"
            client.begin()
            page = await self.ask(client, limit)
        else:
            fresh = client.saved.after is None
            assert fresh or client.saved.view == self.world.views[client.name], "a void copy was served"
        if lose:
            assert msgspec.json.encode(await self.ask(client, limit)) == msgspec.json.encode(page)
        else:
            self._take(client, page)
            if client.bare and not page.more:
                client.saved.after = str((await self.hub.digest(client.name)).position)
        return page

    async def catch_up(self, client: Client, limit: int = 1_000) -> list[SignalOut]:
        news: list[SignalOut] = []
        while True:
            page = await self.pull(client, limit)
            news += page.signals
            if not page.more:
                return news

    def _take(self, client: Client, page: Feed) -> None:
        saved, now = client.saved, self.world.now
        if saved.after is None:
            saved.begun = saved.whole = now
            saved.view = self.world.views[client.name]
        visible = self.visible(client)
        assert len({signal.id for signal in page.signals}) == len(page.signals), "twice in a page"
        for signal in page.signals:
            assert signal.position > saved.last, "positions do not rise"
            saved.last = signal.position
            self._once(client, signal)
            if signal.state in (State.ACTIVE, State.DISPUTED):
                saved.copy[signal.id] = signal
                saved.rows[signal.id] = {(claim.owner, claim.row) for claim in visible[signal.id]}
            else:
                self._entitled(client, signal)
                saved.copy.pop(signal.id, None)
                saved.rows.pop(signal.id, None)
        saved.after = page.next
        saved.asked = now
        if not page.more:
            saved.whole = now
            self.compare(client, page.digest)

    def _once(self, client: Client, signal: SignalOut) -> None:
        """Again in a walk only if it changed meanwhile. A bare position does not tell when its walk began."""
        saved = client.saved
        changed = max((when for key, when in self.world.changed.items() if self.id(key) == signal.id), default=0)
        assert client.bare or changed > saved.given.get(signal.id, -1), "twice in a walk, unchanged"
        saved.given[signal.id] = self.world.now

    def _entitled(self, client: Client, signal: SignalOut) -> None:
        """A tombstone tells only those who could have seen the signal, and nothing more."""
        assert set(msgspec.to_builtins(signal)) == {"id", "state", "position"}
        at, saved = (client.part, signal.id), client.saved
        assert self.latest.get(at, -1) >= (0 if client.bare else saved.begun), "a tombstone of what was never shown"
        assert self.first[at] <= saved.asked, "a tombstone of what came and went"

    def compare(self, client: Client, digest: str | UnsetType) -> None:
        visible, copied = self.visible(client), client.saved.copy
        assert copied.keys() == visible.keys()
        for signal in copied.values():
            self._is(signal, visible[signal.id])
            assert client.saved.rows[signal.id] == {(claim.owner, claim.row) for claim in visible[signal.id]}
        assert (digest is UNSET) == (client.leaving or client.group is not None)
        assert digest in (UNSET, hex_sum(sum(int(str(signal.check), 16) for signal in copied.values())))

    def _is(self, signal: SignalOut, claims: list[Claim]) -> None:
        """An item says what its reader may see, by the words of the design."""
        assert signal.claims == len(claims)
        highest = max(claim.said.confidence or 0 for claim in claims)
        best = [claim for claim in claims if (claim.said.confidence or 0) == highest]
        best = [claim for claim in best if claim.row == min(one.row for one in best)]
        assert (signal.category, signal.value) in {(claim.said.category, claim.value) for claim in best}
        stated = [claim.said.confidence for claim in claims if claim.said.confidence is not None]
        assert signal.confidence == max(stated, default=None)
        assert (signal.tlp or "") == max((claim.place[1] for claim in claims), key=_STRICT.index)
        lapses = [claim.said.valid_until for claim in claims]
        assert (signal.valid_until and to_micros(signal.valid_until)) == max(
            (one for one in lapses if one is not None and None not in lapses), default=None
        )
        heard = {author: said for claim in claims for author, said in claim.heard.items()}
        owners = {claim.owner for claim in claims}
        stances = [stance for author, (stance, _) in heard.items() if author not in owners]
        counts = OpinionCounts(*(stances.count(one) for one in ("agree", "disagree", "false_positive")))
        assert signal.opinions == counts
        assert (signal.state is State.DISPUTED) == bool(counts.disagree or counts.false_positive)
        for at in (self.world.now, self.world.now + 20 * DAY):
            assert abs(points(signal, at) - belief(claims, heard, self.world.partners, at)) < 0.005


def points(signal: SignalOut, at: int) -> float:
    """The score of an item at any time, as `Term` tells a reader to compute it."""
    assert isinstance(signal.terms, tuple)
    unbelieved, left = 1.0, 1.0
    for term in signal.terms:
        if term.since is None:
            left *= 1 - term.strength
            continue
        days = (at - to_micros(term.since)) // SECOND / 86_400
        unbelieved *= 1 - term.strength * (0.5 ** (days / term.half_life_days) if term.half_life_days else 1)
    return 100 * (1 - unbelieved) * left
