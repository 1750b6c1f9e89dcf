"""A version's way from draft to withdrawn: each step by the right partner, no step out of turn."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import update

from core.content.models import Version
from core.content.moves import LEGAL
from core.testing import TestedHub
from core.wire.content import MaterialState, Move
from tests.content.conftest import PNG, WORDS, Studio, material

PLACES = {
    Move.SUBMIT: "submission",
    Move.APPROVE: "approval",
    Move.REJECT: "rejection",
    Move.PUBLISH: "publication",
}


async def test_a_material_reaches_a_creator_through_two_partners(studio: Studio) -> None:
    version = await studio.published()
    (listed,) = (await studio.creator.get("/v1/materials")).json()["materials"]
    (shown,) = listed["versions"]
    assert (shown["state"], shown["words"]["title"]) == ("published", WORDS["title"])
    assert "reviews" not in shown
    assert (await studio.creator.get(shown["assets"][0]["href"])).status_code == 200
    reviewed = (await studio.author.get(material(version))).json()["versions"][0]["reviews"]
    assert [(one["partner"], one["role"], one["digest"], one["counts"]) for one in reviewed] == [
        ("child-protection-network", "protection", shown["digest"], True),
        ("a05", "agency", shown["digest"], True),
    ]


@pytest.mark.parametrize("state", MaterialState)
async def test_only_the_legal_moves_are_possible_and_the_refusal_names_them(
    studio: Studio, state: MaterialState
) -> None:
    version = await getattr(studio, state)()
    for move, place in PLACES.items():
        if move in LEGAL[state]:
            continue
        refused = await studio.move(version, place)
        assert refused.status_code == 409, (state, move, refused.text)
        detail = refused.json()["detail"]
        assert all(f"{legal}" in detail for legal in LEGAL[state])
    if Move.EDIT not in LEGAL[state]:
        headers = {"Content-Type": "image/png"}
        edits = [
            await studio.author.put(version, json=WORDS),
            await studio.author.put(f"{version}/assets/poster.png", content=b"x", headers=headers),
            await studio.author.delete(f"{version}/assets/poster.png"),
        ]
        assert [edit.status_code for edit in edits] == [409, 409, 409]


async def test_the_authors_own_partner_may_not_approve(studio: Studio) -> None:
    version = await studio.in_review()
    refused = await studio.author.post(f"{version}/approval", json={"decision": "approve"})
    assert refused.status_code == 403


async def test_only_the_author_submits_and_publishes(studio: Studio) -> None:
    draft, approved = await studio.draft(), await studio.approved()
    for who in (studio.reviewer, studio.operator):
        assert (await who.post(f"{draft}/submission")).status_code == 403
        assert (await who.post(f"{approved}/publication")).status_code == 403


async def test_a_version_without_assets_cannot_be_submitted(studio: Studio) -> None:
    version = await studio.draft()
    assert (await studio.author.delete(f"{version}/assets/poster.png")).status_code == 204
    assert (await studio.move(version, "submission")).status_code == 409


@pytest.mark.parametrize(
    ("texts", "code"),
    [
        ([], "alt_missing"),
        ([{"asset": "poster.png", "language": "vi", "transcript": "Chữ trên áp phích."}], "alt_missing"),
        ([{"asset": "poster.png", "language": "vi", "alt": " POSTER.png "}], "alt_missing"),
        ([{"asset": "poster.png", "language": "en", "alt": WORDS["title"]["en"]}], "alt_missing"),
        ([{"asset": "other.png", "language": "vi", "alt": "Một em nhỏ."}], "unknown_asset"),
    ],
)
async def test_a_picture_is_told_in_words_before_it_is_handed_in(
    studio: Studio, texts: list[dict[str, str]], code: str
) -> None:
    version = await studio.draft(asset_texts=texts)
    refused = await studio.move(version, "submission")
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (409, code)
    assert (await studio.author.put(version, json=WORDS)).status_code == 200
    assert (await studio.move(version, "submission")).status_code == 200


async def test_every_word_comes_back_as_it_was_sent(studio: Studio) -> None:
    words = WORDS | {
        "kind": "image",
        "languages": ["vi", "km", "cjm", "tyz"],
        "audiences": ["ages_6_11", "ages_12_15", "ages_16_18", "parents", "teachers"],
        "territory": ["KH", "VN"],
        "posts": [{"language": "vi", "caption": "Dừng lại. Hỏi người lớn.", "hashtags": ["KhôngMộtMình"]}],
        "brief": {"aim": "Học sinh biết gọi ai.", "do": ["Nói bằng lời của mình."], "avoid": ["Hù dọa."]},
    }
    version = await studio.draft(**words)
    shown = (await studio.author.get(material(version))).json()["versions"][0]["words"]
    empty: dict[str, Any] = {"key_messages": [], "formats": [], "credits": [], "contact": None}
    assert shown["brief"] == words["brief"] | empty
    assert {name: shown[name] for name in words if name not in ("brief", "asset_texts")} == {
        name: value for name, value in words.items() if name not in ("brief", "asset_texts")
    }


async def test_a_rejected_version_goes_back_with_the_reason(studio: Studio) -> None:
    version = await studio.in_review()
    body = {"decision": "reject", "reason": "The hotline is missing."}
    assert (await studio.reviewer.post(f"{version}/approval", json=body)).status_code == 200
    (shown,) = (await studio.author.get(material(version))).json()["versions"]
    assert (shown["state"], shown["digest"], shown["reviews"][0]["reason"]) == ("draft", None, body["reason"])
    await studio.upload(version, content=PNG)
    assert (await studio.move(version, "submission")).status_code == 200
    # The very same again, but nobody has looked at it again.
    again = await studio.author.get(material(version))
    assert [one["role"] for one in again.json()["versions"][0]["missing"]] == ["protection", "agency"]


async def test_an_approval_holds_for_what_was_looked_at(studio: Studio) -> None:
    version = await studio.in_review()
    decision: dict[str, Any] = {"decision": "approve", "digest": "0" * 64}
    refused = await studio.reviewer.post(f"{version}/approval", json=decision)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (409, "/digest")
    (shown,) = (await studio.reviewer.get(material(version))).json()["versions"]
    decision["digest"] = shown["digest"]
    assert (await studio.reviewer.post(f"{version}/approval", json=decision)).status_code == 200


async def test_what_was_changed_behind_an_approval_is_not_published(studio: Studio, hub: TestedHub) -> None:
    behind: tuple[dict[str, Any], ...] = ({"title_vi": "Khác"}, {"licence": "CC0-1.0"}, {"closes": 1})
    for change in behind:
        version = await studio.approved()
        async with hub.parts.db.edge(0) as session:
            await session.execute(update(Version).where(Version.state == "approved").values(**change))
        assert (await studio.move(version, "publication")).status_code == 409


async def test_decisions_at_once_end_as_if_one_came_after_the_other(studio: Studio, hub: TestedHub) -> None:
    version = await studio.in_review()
    reviewers = [hub.client_as(slug) for slug in ("child-protection-network", "digital-trust-alliance", "a05")]
    answers = await asyncio.gather(
        *(
            one.post(f"{version}/approval", json={"decision": decision})
            for one, decision in zip(reviewers, ("approve", "reject", "approve"), strict=True)
        )
    )
    assert answers[1].status_code == 200
    (shown,) = (await studio.author.get(material(version))).json()["versions"]
    assert shown["state"] == "draft"
    assert not any(one["counts"] for one in shown["reviews"])
    assert len(shown["reviews"]) == sum(answer.status_code == 200 for answer in answers)


async def test_a_new_version_goes_round_again_and_replaces_the_old_one(studio: Studio) -> None:
    first = await studio.published()
    made = await studio.author.post(f"{material(first)}/versions", json=WORDS | {"summary": "Corrected."})
    assert made.status_code == 201
    second = f"{material(first)}/versions/2"
    (seen,) = (await studio.creator.get(material(first))).json()["versions"]
    assert seen["version"] == 1
    again = await studio.author.post(f"{material(first)}/versions", json=WORDS)
    assert again.status_code == 409
    await studio.upload(second)
    early = await studio.move(second, "publication")
    assert early.status_code == 409
    for move in ("submission", "approval", "publication"):
        assert (await studio.move(second, move)).status_code == 200
    (seen,) = (await studio.creator.get(material(first))).json()["versions"]
    assert (seen["version"], seen["words"]["summary"]) == (2, "Corrected.")
    old = await studio.creator.get(f"{first}/assets/poster.png")
    assert (old.status_code, old.headers["link"]) == (410, f'<{material(first)}>; rel="successor-version"')


async def test_a_change_made_meanwhile_is_noticed(studio: Studio) -> None:
    version = await studio.draft()
    etag = (await studio.author.get(material(version))).headers["etag"]
    await studio.upload(version)
    stale = await studio.author.post(f"{version}/submission", headers={"If-Match": etag})
    assert stale.status_code == 412
    fresh = (await studio.author.get(material(version))).headers["etag"]
    assert (await studio.author.post(f"{version}/submission", headers={"If-Match": fresh})).status_code == 200


_TWICE = [{"asset": "a.png", "language": "vi", "alt": alt} for alt in ("Một", "Hai")]
IMPOSSIBLE: list[tuple[dict[str, Any], str]] = [
    ({"licence": "LicenseRef-Nobody-1.0"}, "/licence"),
    ({"asset_texts": _TWICE}, "/asset_texts/1"),
    ({"campaign": "no-such-campaign"}, "/campaign"),
    ({"window": {"opens": "2026-12-01T00:00:00Z", "closes": "2026-12-01T00:00:00Z"}}, "/window/closes"),
    ({"window": {"opens": "0001-01-01T00:00:00+14:00"}}, "/window"),
    ({"window": {"closes": "9999-12-31T23:59:59Z"}}, "/window"),
]


async def test_words_that_cannot_hold_are_refused_by_name(studio: Studio) -> None:
    for words, pointer in IMPOSSIBLE:
        refused = await studio.author.post("/v1/materials", json=WORDS | words)
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (409, pointer)
    assert (await studio.author.get("/v1/materials")).json()["materials"] == []
