"""Twenty partners that share at random over HTTP, every word of theirs marked, and the oracle that keeps count."""

import random
import re
from collections.abc import Callable
from typing import Any

import httpx
from sqlalchemy import update

from core.demo import PARTNERS
from core.signals import retention
from core.signals.models import Claim
from core.testing import TestedHub
from core.wire.scopes import PartnerKind
from tests.isolation.oracle import STRICTNESS, Oracle, Said
from tests.pictures import png

OPERATOR = "secretariat"
SECRETS = re.compile(r"mk[0-9]{6}|cli_[a-z2-7]{26}|kmm_cs_[a-z2-7]+")
_VALUES = 36
_CATEGORIES = ("phishing", "grooming", "sextortion")

Rule = Callable[[str, frozenset[str]], bool]
"""(viewer, scopes of its token) to whether it may read a mark."""


class World:
    def __init__(self, hub: TestedHub, seed: int) -> None:
        self.hub = hub
        self.random = random.Random(seed)
        self.oracle = Oracle()
        self.rules: dict[str, Rule] = {}
        """Who may read each mark now."""
        self.scopes: dict[str, frozenset[str]] = {}
        """What each partner reads with: some of what it may hold."""
        self.materials: dict[str, str] = {}
        """Id to author."""
        self.assets: dict[str, str] = {}
        """Material to the name of its asset."""
        self.reports: dict[str, str] = {}
        """Id to owner."""
        self.cases: dict[str, Rule] = {}
        """Path of each takedown, referral and the like to who may read it."""
        self._values = [f"{self.mark(self._holds(index))}.example" for index in range(_VALUES)]
        self._acting: dict[str, httpx.AsyncClient] = {}
        self._kinds: dict[str, frozenset[str]] = {}
        """What each kind may hold."""

    @property
    def partners(self) -> list[str]:
        return sorted(self.oracle.kinds)

    def mark(self, rule: Rule) -> str:
        """A word that is nowhere else, and that only those whom `rule` names may read."""
        word = f"mk{len(self.rules):06d}"
        self.rules[word] = rule
        return word

    def allowed(self, viewer: str, scopes: frozenset[str]) -> set[str]:
        return {word for word, rule in self.rules.items() if rule(viewer, scopes)}

    def reading(self, slug: str) -> frozenset[str]:
        """The scopes that the partner reads with now."""
        return self.scopes[slug] & self._kinds[self.oracle.kinds[slug]]

    async def act(self, slug: str, method: str, path: str, body: Any = None, **more: Any) -> httpx.Response:
        """As the partner with all its scopes; it has to succeed."""
        client = self._acting.setdefault(slug, self.hub.client_as(slug))
        answer = await client.request(method, path, json=body, **more)
        assert answer.is_success, (slug, method, path, answer.text)
        return answer

    def able(self, scope: str) -> list[str]:
        """Active partners that hold a scope and may."""
        active = [slug for slug in self.partners if slug not in self.oracle.suspended]
        return [
            slug
            for slug in active
            if scope in self._kinds[self.oracle.kinds[slug]] and scope in self.hub.accounts[slug].scopes
        ]

    # The cast.

    async def admit(self, count: int) -> None:
        kinds = list(PartnerKind)
        newcomers = [(f"partner-{number:02d}", self.random.choice(kinds)) for number in range(count - len(PARTNERS))]
        await self.hub.admit(*newcomers)
        self.oracle.kinds = {slug: account.kind.value for slug, account in self.hub.accounts.items()}
        self._kinds = {account.kind.value: frozenset(account.scopes) for account in self.hub.accounts.values()}
        for slug, account in self.hub.accounts.items():
            held = [scope.value for scope in account.scopes]
            self.scopes[slug] = frozenset(one for one in held if self.random.random() < 0.8) or frozenset(held)
            self.rules[account.client_id] = self._knows_client(slug)
            self.rules[account.client_secret] = lambda *_: False
            if slug in self.able("signals:write") and self.random.random() < 0.3:
                await self.act(slug, "PATCH", "/v1/me", {"attribution": "named"})
                self.oracle.named.add(slug)

    def _knows_client(self, owner: str) -> Rule:
        def rule(viewer: str, _: frozenset[str]) -> bool:
            kinds = self.oracle.kinds
            is_its_alliance = kinds[viewer] == "alliance" and kinds[owner] == "creator"
            return viewer == owner or self._is_operator(viewer) or is_its_alliance

        return rule

    def _is_operator(self, slug: str) -> bool:
        return self.oracle.kinds[slug] == "operator"

    async def change_partner(self, slug: str, **change: str) -> None:
        await self.act(OPERATOR, "PATCH", f"/v1/partners/{slug}", change)
        if "kind" in change:
            self.oracle.kinds[slug] = change["kind"]
        if change.get("state") == "suspended":
            self.oracle.suspended.add(slug)
        if change.get("state") == "active":
            self.oracle.suspended.discard(slug)

    # Groups.

    async def found_group(self) -> None:
        founder = self.random.choice(self.able("groups:write"))
        # An operator reads on a claim which groups it is for, though it does not enter them.
        word = self.mark(lambda viewer, _: self._is_operator(viewer) or group in self.oracle.groups_of(viewer))
        group = f"group-{word}"
        await self.act(founder, "POST", "/v1/groups", {"slug": group, "name": word})
        self.oracle.members[group] = {founder}
        for guest in self.random.sample(self.able("groups:write"), 6):
            await self.invite(group, founder, guest)

    async def invite(self, group: str, host: str, guest: str) -> None:
        await self.act(host, "POST", f"/v1/groups/{group}/invitations", {"partner": guest})
        if guest not in self.oracle.members[group]:
            self.oracle.invited[group].add(guest)
        if self.random.random() < 0.7:
            await self.act(guest, "PUT", f"/v1/groups/{group}/membership")
            self.oracle.invited[group].discard(guest)
            self.oracle.members[group].add(guest)

    async def leave(self, group: str) -> None:
        leaving = self.random.choice([one for one in self.able("groups:write") if one in self.oracle.members[group]])
        await self.act(leaving, "DELETE", f"/v1/groups/{group}/membership")
        self.oracle.members[group].discard(leaving)

    # Claims.

    async def submit(self, slug: str, count: int) -> None:
        values = self.random.sample(self._values, count)
        sent = [self._claim(slug, value) for value in values]
        body = [_item(said) for said in sent]
        results = (await self.act(slug, "POST", "/v1/signals", {"signals": body})).json()["results"]
        for said, result in zip(sent, results, strict=True):
            assert result["status"] == self.oracle.say(said), result
            assert self.oracle.ids.setdefault(said.value, result["id"]) == result["id"]

    def _claim(self, slug: str, value: str) -> Said:
        own = [group for group, members in sorted(self.oracle.members.items()) if slug in members]
        groups = self.random.sample(own, self.random.randint(0, min(2, len(own)))) if self.random.random() < 0.5 else []
        before = self.oracle.standing.get((slug, value))
        return Said(
            owner=slug,
            value=value,
            tlp=self.random.choice(STRICTNESS),
            groups=frozenset(groups),
            category=self.random.choice(_CATEGORIES),
            confidence=self.random.choice([None, 40, 70, 90]),
            campaign=self._spoken(slug, value),
            note=self._spoken(slug, value),
            external_id=before.external_id if before else self._spoken(slug, value, owner_alone=True),
            opened=0,
        )

    def _spoken(self, owner: str, value: str, *, owner_alone: bool = False) -> str:
        """A mark on a claim: for those who see the claim, while it carries the mark."""

        def rule(viewer: str, _: frozenset[str]) -> bool:
            said = self.oracle.standing.get((owner, value))
            if said is None or word not in (said.campaign, said.note, said.external_id):
                return False
            return viewer == owner if owner_alone else self.oracle.sees(viewer, said)

        word = self.mark(rule)
        return word

    def _holds(self, index: int) -> Rule:
        """For those who see any claim on the signal."""
        return lambda viewer, _: any(said.value == self._values[index] for said in self.oracle.visible(viewer))

    async def opine(self) -> None:
        """Agreement, for doubt may suspend, with some of what each partner sees and does not claim itself."""
        for slug in self.able("opinions:write"):
            seen = {said.value for said in self.oracle.visible(slug)}
            free = sorted(value for value in seen if (slug, value) not in self.oracle.standing)
            reasons = {value: self._reason(slug, value) for value in self.random.sample(free, min(4, len(free)))}
            items = [
                {"id": self.oracle.ids[value], "stance": "agree", "reason": reason} for value, reason in reasons.items()
            ]
            answer = (await self.act(slug, "POST", "/v1/signals/opinions", {"items": items})).json()
            assert [result["status"] for result in answer["results"]] == ["given"] * len(items)
            for value, reason in reasons.items():
                self.oracle.opinions[value][slug] = reason

    def _reason(self, author: str, value: str) -> str:
        return self.mark(lambda viewer, _: author in self.oracle.told(viewer, value))

    async def retract(self, slug: str) -> None:
        own = [said for said in self.oracle.standing.values() if said.owner == slug]
        gone = self.random.sample(own, min(2, len(own)))
        body = {
            "external_ids": [said.external_id for said in gone[:1]],
            "ids": [self.oracle.ids[said.value] for said in gone[1:]],
        }
        answer = (await self.act(slug, "POST", "/v1/signals/retractions", body)).json()
        assert [result["status"] for result in answer["results"]] == ["retracted"] * len(gone)
        for said in gone:
            self.oracle.close(said.owner, said.value)

    async def expire(self, count: int) -> None:
        """The validity of some claims ends now, and the hub's job closes them."""
        ended = self.random.sample(sorted(self.oracle.standing), count)
        async with self.hub.parts.db.writer() as session:
            for at in ended:
                of_it = Claim.context.contains(self.oracle.standing[at].note)
                await session.execute(update(Claim).where(of_it, Claim.closed == 0).values(valid_until=1))
        await retention.expire(self.hub.parts.db, self.hub.parts.writer)
        for owner, value in ended:
            self.oracle.close(owner, value)

    # Materials.

    async def make_materials(self) -> None:
        authors = [slug for slug in self.able("content:write") if all(self._reviewers(slug))]
        for author in self.random.sample(authors, 2):
            for state in ("draft", "in_review", "published", "withdrawn", "discarded"):
                await self._material(author, state)
        licence = "/v1/licences/LicenseRef-KMM-1.0"
        for slug in self.able("content:read"):
            digest = (await self.act(slug, "GET", licence)).json()["digest"]
            await self.act(slug, "POST", f"{licence}/acceptances", {"digest": digest})

    def _reviewers(self, author: str) -> list[str]:
        """One of each kind that is asked; empty for a kind that nobody else is of."""
        others = [slug for slug in self.able("content:approve") if slug != author]
        return [
            next((slug for slug in others if self.oracle.kinds[slug] == kind), "") for kind in ("protection", "agency")
        ]

    async def _material(self, author: str, state: str) -> None:
        public = state in ("published", "withdrawn")
        is_there = state not in ("withdrawn", "discarded")

        def judges(viewer: str, scopes: frozenset[str]) -> bool:
            return viewer == author or "content:approve" in scopes or self._is_operator(viewer)

        word = self.mark(lambda viewer, scopes: is_there and (judges(viewer, scopes) or public))
        opinion = self.mark(lambda viewer, scopes: is_there and judges(viewer, scopes))
        reason = self.mark(lambda viewer, scopes: judges(viewer, scopes) or public)
        told = {"asset": f"{word}.png", "language": "vi", "alt": f"Một áp phích {word}"}
        words = {"title": {"vi": word}, "summary": word, "kind": "poster", "languages": ["vi"], "asset_texts": [told]}
        made = (await self.act(author, "POST", "/v1/materials", words)).json()
        path = f"/v1/materials/{made['id']}"
        image = {"content": png(word.encode()), "headers": {"Content-Type": "image/png"}}
        await self.act(author, "PUT", f"{path}/versions/1/assets/{word}.png", **image)
        if state != "draft":
            await self.act(author, "POST", f"{path}/versions/1/submission")
        if public:
            for reviewer in self._reviewers(author):
                decision = {"decision": "approve", "reason": opinion}
                await self.act(reviewer, "POST", f"{path}/versions/1/approval", decision)
            await self.act(author, "POST", f"{path}/versions/1/publication")
        if not is_there:
            await self.act(author, "POST", f"{path}/withdrawal", {"reason": reason})
        self.materials[made["id"]] = author
        self.assets[made["id"]] = f"{word}.png"

    async def make_campaign(self) -> None:
        """Campaigns and activities are for everyone; a partner's own names of them are not."""
        await self.act(OPERATOR, "POST", "/v1/campaigns", {"slug": "open", "title": {"vi": "Chung"}})
        for slug in self.able("campaigns:write"):
            name = self.mark(_only(slug))
            activity = {"kind": "media", "title": "Talk", "date": "2026-03-01", "place": {"province": "01"}}
            body = {"activities": [activity | {"external_id": name}]}
            await self.act(slug, "POST", "/v1/campaigns/open/activities", body)


def _only(owner: str) -> Rule:
    return lambda viewer, _: viewer == owner


def _item(said: Said) -> dict[str, Any]:
    item = {
        "kind": "domain",
        "value": said.value,
        "tlp": said.tlp,
        "groups": sorted(said.groups),
        "category": said.category,
        "confidence": said.confidence,
        "campaign": said.campaign,
        "context": {"note": said.note},
        "external_id": said.external_id,
    }
    return {name: value for name, value in item.items() if value is not None}
