"""How partners read in a history, and what they are told when they ask."""

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import rule

from core.errors import NotFound
from core.signals.holders import holders
from core.signals.lookup import Moved
from tests.signals.model.rules import Rules, names, observed, owners
from tests.signals.model.words import NAMES

others = st.integers(0, 6)


class ClaimLog(Rules):
    @rule(which=others, limit=st.integers(1, 3), pages=st.integers(1, 4))
    def pull(self, which: int, limit: int, pages: int) -> None:
        client = self.others[which]
        for _ in range(pages):
            if not self.run(self.library.pull(client, limit)).more:
                return

    @rule(which=others)
    def lose_a_page(self, which: int) -> None:
        """Its program stops between receipt and saving."""
        self.run(self.library.pull(self.others[which], 2, lose=True))

    @rule(which=others)
    def back_up(self, which: int) -> None:
        self.others[which].back_up()

    @rule(which=others, back=st.integers(1, 3))
    def restore(self, which: int, back: int) -> None:
        """Its program goes on from an older copy, with the cursor of then."""
        client = self.others[which]
        if len(client.backups) >= back:
            client.saved = client.backups[-back]
            del client.backups[-back:]
            self.run(self.library.pull(client, 1_000))

    @rule(which=others)
    def start_over(self, which: int) -> None:
        self.others[which].begin()
        self.run(self.library.pull(self.others[which], 2))

    @rule(who=names, seen=observed)
    def look_at(self, who: str, seen: tuple[str, str]) -> None:
        """One signal and each claim on it that the partner may see; its own also while nobody else sees it."""
        key = self.key(seen)
        visible = self.world.visible(who).get(key, [])
        own = self.world.claims.get((who, key))
        shown = visible + ([own] if own and own not in visible and self.world.sees(who, own.place) else [])
        if not shown:
            with pytest.raises((NotFound, Moved)):
                self.run(self.hub.detail(who, self.library.id(key)))
            return
        detail = self.run(self.hub.detail(who, self.library.id(key)))
        said = sorted((one.category, one.held or "", one.state, len(one.external_ids)) for one in detail.claims)
        assert said == sorted(
            (
                claim.said.category,
                claim.held,
                "suspended" if self.world.suspended(claim) else "active",
                len(claim.names) * (claim.owner == who),
            )
            for claim in shown
        )
        assert (detail.score is None) == (not visible)

    @rule(who=owners, seen=observed)
    def ask_who_holds(self, who: str, seen: tuple[str, str]) -> None:
        """Whoever has a row of the claim in its copy is named; with all caught up, nobody else is."""
        key = self.key(seen)
        assert self.told(who, key) >= self.holding(who, key)
        for client in self.library.clients:
            # Twice: the second says that the first arrived.
            self.run(self.library.catch_up(client))
            self.run(self.library.catch_up(client))
        assert self.told(who, key) == self.holding(who, key)

    def told(self, who: str, key: tuple[str, str]) -> set[str]:
        rows = [one for one in self.world.past if (one.owner, one.key) == (who, key)]
        if not self.active(who) or not (rows or (who, key) in self.world.claims):
            with pytest.raises(NotFound):
                self.run(holders(self.hub.db, self.library.readers, self.hub.partners[who], self.library.id(key)))
            return set()
        found = self.run(holders(self.hub.db, self.library.readers, self.hub.partners[who], self.library.id(key)))
        assert found.standing == ((who, key) in self.world.claims)
        assert all(one.holds != one.confirmed for one in found.holders)
        return {one.partner for one in found.holders if one.holds}

    def holding(self, who: str, key: tuple[str, str]) -> set[str]:
        """Partners with a row of this claim in a copy, as far as they still see the audience that it was for."""
        places = {one.row: one.place for one in self.world.past if (one.owner, one.key) == (who, key)}
        claim = self.world.claims.get((who, key))
        places |= {claim.row: claim.place} if claim else {}
        held = {
            client.name
            for client in self.library.clients
            for owner, row in client.saved.rows.get(self.library.id(key), ())
            if owner == who and row in places and self.world.sees(client.name, places[row])
        }
        return held & set(NAMES) - {who} if self.active(who) else set()
