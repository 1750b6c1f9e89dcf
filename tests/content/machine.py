"""The hub under the oracle of `lifecycle`: random steps over HTTP, and after each of them every route is asked."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

import httpx
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select, update

from core import times
from core.auth.models import Partner
from core.content.models import Review
from core.settings import Settings
from core.testing import BASE_URL, TestedHub, _one_task, run_hub
from tests.content.lifecycle import AUTHOR, INSIDE, OUTSIDE, ROLES, Oracle, Version
from tests.content.reading import Readers
from tests.pictures import png

LICENCE = "/v1/licences/LicenseRef-KMM-1.0"
HOUR = times.HOUR
WHICH = st.integers(0, 9)
WORDS: dict[str, Any] = {
    "which": WHICH,
    "opens": st.sampled_from([None, -1, 2]),
    "closes": st.sampled_from([None, 3]),
    "territory": st.sampled_from([(), ("VN",), ("KH", "VN"), ("KH",)]),
    "is_public": st.booleans(),
}


def pack(version: Version) -> dict[str, Any]:
    """A question that nobody may read who may not have the bytes."""
    said = {"vi": version.content}
    question = {"kind": "true_false", "id": "one", "text": said, "right": True, "explanation": said}
    return {"kind": "quiz", "questions": [question]}


def histories(new_database: Callable[[], str], count: int, steps: int) -> None:
    """So many random histories of so many steps, each on a hub of its own."""
    profile = settings(
        max_examples=count, stateful_step_count=steps, deadline=None, suppress_health_check=list(HealthCheck)
    )
    run_state_machine_as_test(
        type("Machine", (Lifecycle,), {"new_database": staticmethod(new_database)}), settings=profile
    )


class Lifecycle(RuleBasedStateMachine):
    new_database: Callable[[], str]

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        real, self.ahead = times.now, 0
        self.patched = patch.object(times, "now", lambda: real() + self.ahead)
        self.patched.start()
        self.oracle = Oracle(times.now())
        self.ids: list[str] = []
        """Of materials, by the numbers of the oracle."""
        self.stack = AsyncExitStack()
        self.folder = TemporaryDirectory()
        self.policy = ""
        """The one that asks for the alliance's approval, while it holds."""
        self.terms = 1

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self.loop.run_until_complete(work)

    @initialize()
    def open(self) -> None:
        async def start() -> None:
            place = Path(self.folder.name)
            told = Settings(
                secret="s" * 32,
                database_url=self.new_database(),
                blobs_url=f"file://{place / 'blobs'}",
                uploads_folder=str(place / "uploads"),
                base_url=BASE_URL,
            )
            self.hub: TestedHub = await self.stack.enter_async_context(_one_task(run_hub(told, ())))
            self.clients = {slug: self.hub.client_as(slug) for slug in (*INSIDE, *OUTSIDE)}
            self.readers = Readers(self.hub, self.clients, self.oracle, self.ids)

        self.run(start())
        self.move("meta", "KH")
        self.accept("creator-mai")
        # One of each sort to begin with; what becomes of them is chance.
        self.launch(0, None, None, (), False)
        self.launch(1, None, None, ("VN",), True)
        self.launch(2, None, None, ("KH",), True)
        self.launch(3, 2, 3, (), True)

    def teardown(self) -> None:
        try:
            if hasattr(self, "readers"):
                self.end()
        finally:
            self.run(self.stack.aclose())
            self.patched.stop()
            self.folder.cleanup()
            self.loop.close()

    def end(self) -> None:
        """What chance may have left out: windows, a new version, another licence, an approval that is lost."""
        for _ in range(2):
            self.wait(2)
            self.nothing_leaves_that_may_not()
        out = [which for which in range(len(self.oracle.versions)) if self.oracle.released(self.chosen(which))]
        if out:
            replaced = self.chosen(out[-1]).material
            self.lose(out[0], "a05")
            self.launch(replaced, None, None, (), False)
        self.accept("creator-mai")
        self.nothing_leaves_that_may_not()
        self.reword()
        self.run(self.readers.ask_everything())

    def send(self, who: str, method: str, path: str, **more: Any) -> httpx.Response:
        answer: httpx.Response = self.run(self.clients[who].request(method, path, **more))
        assert answer.status_code < 500, answer.text
        return answer

    def chosen(self, which: int) -> Version:
        return self.oracle.versions[-1 - which % len(self.oracle.versions)]

    def path(self, version: Version) -> str:
        return f"/v1/materials/{self.ids[version.material]}/versions/{version.number}"

    def agree(self, answer: httpx.Response, legal: bool) -> None:
        assert answer.is_success == legal, (answer.status_code, answer.text, self.oracle.versions)

    @rule(**WORDS)
    def launch(
        self, which: int, opens: int | None, closes: int | None, territory: tuple[str, ...], is_public: bool
    ) -> None:
        """From nothing to publication at once, which steps at random seldom find."""
        before = len(self.oracle.versions)
        self.draft(which, opens, closes, territory, is_public)
        if len(self.oracle.versions) == before:
            return
        version = self.oracle.versions[-1]
        self.agree(self.send(AUTHOR, "POST", f"{self.path(version)}/submission"), self.oracle.submit(version))
        for who in ROLES:
            answer = self.send(who, "POST", f"{self.path(version)}/approval", json={"decision": "approve"})
            self.agree(answer, self.oracle.decide(version, who, True))
        self.agree(self.send(AUTHOR, "POST", f"{self.path(version)}/publication"), self.oracle.publish(version))

    @rule(**WORDS)
    def draft(
        self, which: int, opens: int | None, closes: int | None, territory: tuple[str, ...], is_public: bool
    ) -> None:
        """A new material, or a next version of one that there is."""
        material = min(which % 4, len(self.ids))
        number = 1 + sum(one.material == material for one in self.oracle.versions)
        at = [None if hours is None else self.oracle.now + hours * HOUR for hours in (opens, closes)]
        version = Version(material, number, f"q{material}x{number}z", at[0], at[1], territory, is_public)
        legal = self.oracle.draft(version)
        window = {name: t and times.from_micros(t).isoformat() for name, t in zip(("opens", "closes"), at, strict=True)}
        words = {
            "title": {"vi": version.title},
            "kind": "quiz",
            "languages": ["vi"],
            "window": window,
            "territory": territory,
            "licence": "CC-BY-4.0" if is_public else "LicenseRef-KMM-1.0",
            "posts": [{"language": "vi", "caption": version.title}],
            "asset_texts": [],
        }
        # One picture in a history: making its renditions takes longer than all else in a step.
        files = {"words.txt": ("text/plain", version.content.encode())}
        if not self.ids:
            words["asset_texts"] = [{"asset": "a.png", "language": "vi", "alt": "Một em nhỏ."}]
            files["a.png"] = ("image/png", png(version.content.encode(), 64, 64))
        place = "/v1/materials" if material == len(self.ids) else f"/v1/materials/{self.ids[material]}/versions"
        answer = self.send(AUTHOR, "POST", place, json=words)
        self.agree(answer, legal)
        if not legal:
            return
        if material == len(self.ids):
            self.ids.append(answer.json()["id"])
        for name, (media_type, content) in files.items():
            path = f"{self.path(version)}/assets/{name}"
            sent = self.send(AUTHOR, "PUT", path, content=content, headers={"Content-Type": media_type})
            assert sent.status_code == 200, sent.text
        sent = self.send(AUTHOR, "PUT", f"{self.path(version)}/pack", json=pack(version))
        assert sent.status_code == 200, sent.text

    @rule(which=WHICH)
    def change(self, which: int) -> None:
        """Bytes go into drafts only, whatever their author asks for."""
        version = self.chosen(which)
        path = f"{self.path(version)}/assets/words.txt"
        sent = {"content": version.content.encode() + b"!", "headers": {"Content-Type": "text/plain"}}
        self.agree(self.send(AUTHOR, "PUT", path, **sent), version.state == "draft")
        path = f"{self.path(version)}/pack"
        self.agree(self.send(AUTHOR, "PUT", path, json=pack(version)), version.state == "draft")

    @rule(which=WHICH)
    def submit(self, which: int) -> None:
        version = self.chosen(which)
        self.agree(self.send(AUTHOR, "POST", f"{self.path(version)}/submission"), self.oracle.submit(version))

    @rule(which=WHICH, who=st.sampled_from([AUTHOR, *ROLES]), approves=st.sampled_from([True, True, True, False]))
    def decide(self, which: int, who: str, approves: bool) -> None:
        version = self.chosen(which)
        body = {"decision": "approve" if approves else "reject"}
        answer = self.send(who, "POST", f"{self.path(version)}/approval", json=body)
        self.agree(answer, self.oracle.decide(version, who, approves))

    @rule(which=WHICH)
    def publish(self, which: int) -> None:
        version = self.chosen(which)
        self.agree(self.send(AUTHOR, "POST", f"{self.path(version)}/publication"), self.oracle.publish(version))

    @rule(which=WHICH, who=st.sampled_from(INSIDE))
    def recall(self, which: int, who: str) -> None:
        version = self.chosen(which)
        answer = self.send(who, "POST", f"{self.path(version)}/withdrawal", json={"reason": "Wrong."})
        self.agree(answer, self.oracle.recall(version))

    @rule(which=WHICH, who=st.sampled_from(INSIDE))
    @precondition(lambda self: len(self.ids) > 1)
    def recall_all(self, which: int, who: str) -> None:
        material = which % len(self.ids)
        path = f"/v1/materials/{self.ids[material]}/withdrawal"
        self.agree(self.send(who, "POST", path, json={"reason": "Wrong."}), self.oracle.recall_all(material))

    @rule(which=WHICH, who=st.sampled_from([*ROLES]))
    def lose(self, which: int, who: str) -> None:
        """Behind the hub's back an approval comes to speak of something else."""
        version = self.chosen(which)
        version.approved_by.discard(who)
        if version.state != "published":
            return

        async def work() -> None:
            async with self.hub.parts.db.edge(0) as session:
                partner = select(Partner.id).where(Partner.slug == who).scalar_subquery()
                of_it = (Review.partner == partner) & (Review.digest == await self.digest(version))
                await session.execute(update(Review).where(of_it).values(digest="0" * 64))

        self.run(work())

    async def digest(self, version: Version) -> str:
        shown = (await self.clients[AUTHOR].get(f"/v1/materials/{self.ids[version.material]}")).json()["versions"]
        return next(str(one["digest"]) for one in shown if one["version"] == version.number)

    @rule(hours=st.integers(1, 3))
    def wait(self, hours: int) -> None:
        self.ahead += hours * HOUR
        self.oracle.now += hours * HOUR

    @rule(who=st.sampled_from(OUTSIDE))
    def accept(self, who: str) -> None:
        digest = self.send(who, "GET", LICENCE).json()["digest"]
        assert self.send(who, "POST", f"{LICENCE}/acceptances", json={"digest": digest}).is_success
        self.oracle.accepted[who] = self.oracle.licence

    @rule()
    def reword(self) -> None:
        self.oracle.licence += 1
        text = f"{self.oracle.licence}"
        assert self.send("secretariat", "PUT", LICENCE, json={"vi": text, "en": text}).is_success

    @rule(who=st.sampled_from(OUTSIDE), to=st.sampled_from(["VN", "KH"]))
    def move(self, who: str, to: str) -> None:
        assert self.send("secretariat", "PATCH", f"/v1/partners/{who}", json={"territory": to}).is_success
        self.oracle.home[who] = to

    @rule()
    def ask_for_more(self) -> None:
        """The alliance has to say yes as well, or no longer."""
        today = times.hub_day(times.now())
        if self.policy:
            path = f"/v1/approval-policies/{self.policy}/end"
            assert self.send("secretariat", "POST", path, json={"valid_until": today}).is_success
            self.policy = ""
        else:
            row = {"role": "alliance", "source": "A meeting.", "valid_from": today}
            self.policy = self.send("secretariat", "POST", "/v1/approval-policies", json=row).json()["id"]
        self.oracle.asked ^= {"alliance"}

    @invariant()
    def nothing_leaves_that_may_not(self) -> None:
        if self.ids:
            self.run(self.readers.ask_some())
