"""Packs: what does not hold together is refused, approvals hold for them, and they leave as everything does."""

import copy
import io
import json
import zipfile
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from sqlalchemy import update

from core.content.models import PackRow
from core.testing import TestedHub
from tests.content.conftest import Studio, material


def vi(text: str) -> dict[str, str]:
    return {"vi": text, "en": f"{text} (en)"}


QUIZ: dict[str, Any] = {
    "kind": "quiz",
    "questions": [
        {
            "kind": "single_choice",
            "id": "call",
            "text": vi('Một "công an" gọi & bảo em <giữ bí mật>?'),
            "choices": [
                {"id": "tell", "text": vi("Kể với người lớn."), "right": True, "feedback": vi("Đúng rồi.")},
                {"id": "obey", "text": vi("Làm theo."), "feedback": vi("Đừng ở một mình.")},
            ],
            "explanation": vi("Công an không bảo ai giữ bí mật với cha mẹ."),
            "points": 2,
        },
        {
            "kind": "multiple_choice",
            "id": "signs",
            "text": vi("Dấu hiệu nào đáng ngờ?"),
            "choices": [
                {"id": "hurry", "text": vi("Hối thúc."), "right": True},
                {"id": "secret", "text": vi("Bắt giữ bí mật."), "right": True},
                {"id": "name", "text": vi("Biết tên em.")},
            ],
            "explanation": vi("Kẻ xấu hối thúc và cô lập."),
        },
        {
            "kind": "true_false",
            "id": "free",
            "text": vi("Tổng đài 111 miễn phí."),
            "right": True,
            "explanation": vi("Gọi 111 bất cứ lúc nào."),
        },
    ],
}
SCENARIO: dict[str, Any] = {
    "kind": "scenario",
    "steps": [
        {
            "kind": "step",
            "id": "ring",
            "text": vi("Điện thoại reo."),
            "ways": [
                {"text": vi("Nghe."), "next": "ring", "feedback": vi("Họ gọi lại.")},
                {"text": vi("Đưa mẹ."), "next": "safe"},
            ],
        },
        {"kind": "end", "id": "safe", "text": vi("Em an toàn."), "advice": vi("Kể với người lớn, hoặc gọi 111.")},
    ],
}
BARE: dict[str, Any] = {"languages": ["vi", "en"], "asset_texts": []}


async def draft(studio: Studio, pack: dict[str, Any] = QUIZ, **words: Any) -> str:
    """The path of a draft with this pack and without assets."""
    body = {"title": vi("Đừng nghe máy"), "kind": pack["kind"]} | BARE | words
    made = await studio.author.post("/v1/materials", json=body)
    version = f"/v1/materials/{made.json()['id']}/versions/1"
    done = await studio.author.put(f"{version}/pack", json=pack)
    assert done.status_code == 200, done.text
    return version


async def published(studio: Studio, pack: dict[str, Any] = QUIZ) -> str:
    version = await draft(studio, pack)
    for move in ("submission", "approval", "publication"):
        done = await studio.move(version, move)
        assert done.is_success, done.text
    return version


async def test_a_pack_is_read_as_it_was_put(studio: Studio) -> None:
    for pack in (QUIZ, SCENARIO):
        version = await published(studio, pack)
        answer = await studio.creator.get(f"{version}/pack")
        assert _within(pack, answer.json())
        assert answer.headers["cache-control"] == "private, no-cache"
        shown = (await studio.creator.get(material(version))).json()["versions"][0]
        assert answer.headers["etag"] == f'"{shown["pack"]}"'
        again = {"If-None-Match": answer.headers["etag"]}
        assert (await studio.creator.get(f"{version}/pack", headers=again)).status_code == 304
        part = await studio.creator.get(f"{version}/pack", headers={"Range": "bytes=2-5"})
        assert (part.status_code, part.content) == (206, answer.content[2:6])


def _within(sent: Any, found: Any) -> bool:
    """Whether all that was sent is there; defaults may have come in."""
    if isinstance(sent, dict):
        return all(_within(value, found[name]) for name, value in sent.items())
    if isinstance(sent, list):
        return len(sent) == len(found) and all(map(_within, sent, found))
    return bool(sent == found)


def _set(path: str, value: Any) -> Callable[[dict[str, Any]], None]:
    *places, last = [int(part) if part.isdecimal() else part for part in path.split("/")]

    def change(pack: dict[str, Any]) -> None:
        at: Any = pack
        for place in places:
            at = at[place]
        at[last] = value

    return change


ALONE = {"kind": "end", "id": "alone", "text": vi("Xa."), "advice": vi("Gọi 111.")}
FAULTS: list[tuple[dict[str, Any], str, Any, set[tuple[str, str]]]] = [
    (QUIZ, "questions/0/choices/1/right", True, {("/questions/0/choices", "right_answers")}),
    (QUIZ, "questions/0/choices/0/right", False, {("/questions/0/choices", "right_answers")}),
    (QUIZ, "questions/1/id", "call", {("/questions/1/id", "twice")}),
    (QUIZ, "questions/1/choices/2/id", "hurry", {("/questions/1/choices/2/id", "twice")}),
    (QUIZ, "questions/1/explanation/vi", " ", {("/questions/1/explanation/vi", "blank")}),
    (SCENARIO, "steps/0/ways/0/next", "nowhere", {("/steps/0/ways/0/next", "unknown_step")}),
    (SCENARIO, "steps", [*SCENARIO["steps"], ALONE], {("/steps/2", "unreachable")}),
    (SCENARIO, "steps/0/ways/1/next", "ring", {("/steps/0", "endless"), ("/steps/1", "unreachable")}),
    (SCENARIO, "steps/1/id", "ring", {("/steps/1/id", "twice"), ("/steps/0/ways/1/next", "unknown_step")}),
]


async def test_faults_are_named_by_pointer(studio: Studio) -> None:
    versions = {pack["kind"]: await draft(studio, pack) for pack in (QUIZ, SCENARIO)}
    for good, path, value, expected in FAULTS:
        bad = copy.deepcopy(good)
        _set(path, value)(bad)
        answer = await studio.author.put(f"{versions[good['kind']]}/pack", json=bad)
        assert answer.status_code == 400, path
        assert {(one["pointer"], one["code"]) for one in answer.json()["errors"]} >= expected, answer.text
    for path in ("questions/0/explanation", "questions/2/text"):
        bad = copy.deepcopy(QUIZ)
        _set(path, {"en": "No Vietnamese."})(bad)
        assert (await studio.author.put(f"{versions['quiz']}/pack", json=bad)).status_code == 400
    assert (await studio.author.put(f"{versions['quiz']}/pack", json=SCENARIO)).status_code == 409
    assert _within(QUIZ, (await studio.author.get(f"{versions['quiz']}/pack")).json())


async def test_a_quiz_is_handed_in_with_its_questions_in_every_language(studio: Studio) -> None:
    version = await draft(studio, languages=["vi", "en", "km"])
    refused = await studio.author.post(f"{version}/submission")
    assert refused.status_code == 409
    assert "/questions/0/choices/1/feedback/others/km" in {one["pointer"] for one in refused.json()["errors"]}
    version = await draft(studio)
    assert (await studio.author.delete(f"{version}/pack")).status_code == 204
    refused = await studio.author.post(f"{version}/submission")
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (409, "pack_missing")


async def test_only_the_author_changes_it_and_only_in_a_draft(studio: Studio) -> None:
    version = await draft(studio)
    assert (await studio.reviewer.put(f"{version}/pack", json=QUIZ)).status_code == 403
    for move in ("submission", "approval", "publication"):
        assert (await studio.move(version, move)).is_success
        assert (await studio.author.put(f"{version}/pack", json=QUIZ)).status_code == 409
        assert (await studio.author.delete(f"{version}/pack")).status_code == 409


async def test_approvals_hold_for_the_pack_that_was_looked_at(studio: Studio, hub: TestedHub) -> None:
    version = await draft(studio)
    for move in ("submission", "approval"):
        assert (await studio.move(version, move)).is_success
    async with hub.parts.db.edge(0) as session:
        other = (await session.get_one(PackRow, 1)).document.replace('"right":true', '"right":false', 1)
        await session.execute(update(PackRow).values(document=other))
    refused = await studio.author.post(f"{version}/publication")
    assert (refused.status_code, "not what stands here" in refused.json()["detail"]) == (409, True)


FORMS = ("format=json", "format=h5p", "format=qti3", "format=qti2&language=en")


async def test_it_leaves_in_every_format_when_it_may(studio: Studio) -> None:
    version = await draft(studio)
    paths = [f"{version}/pack?{form}" for form in FORMS]
    assert {(await studio.creator.get(path)).status_code for path in paths} == {404}
    for move in ("submission", "approval", "publication"):
        assert (await studio.move(version, move)).is_success
    for path in paths:
        first, second = await studio.creator.get(path), await studio.creator.get(path)
        assert (first.status_code, first.content) == (200, second.content)
    terms = {"vi": "Khác.", "en": "Other."}
    assert (await studio.operator.put("/v1/licences/LicenseRef-KMM-1.0", json=terms)).is_success
    assert {(await studio.creator.get(path)).status_code for path in paths} == {403}
    await studio.accept(studio.creator)
    done = await studio.author.post(f"{material(version)}/withdrawal", json={"reason": "The number is wrong."})
    assert done.status_code == 204
    assert {(await studio.creator.get(path)).status_code for path in paths} == {410}
    recall = (await studio.author.get(f"{material(version)}/recall")).json()
    assert "creator-mai" in json.dumps(recall)


async def opened(studio: Studio, path: str) -> dict[str, bytes]:
    answer = await studio.creator.get(path)
    assert answer.status_code == 200, answer.text
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.mark.parametrize("form", ["qti2", "qti3"])
async def test_qti_names_its_items_and_the_right_answers(studio: Studio, form: str) -> None:
    version = await published(studio)
    files = await opened(studio, f"{version}/pack?format={form}")
    trees = {name: ET.fromstring(content) for name, content in files.items()}
    manifest = trees["imsmanifest.xml"]
    hrefs = [one.attrib["href"] for one in manifest.iter() if one.tag.endswith("}resource")]
    assert {*hrefs, "imsmanifest.xml"} == files.keys()
    identifiers = [one.attrib["identifier"] for one in manifest.iter() if "identifier" in one.attrib]
    assert len(identifiers) == len(set(identifiers))
    references = [one.attrib["href"] for one in trees["test.xml"].iter() if "href" in one.attrib]
    assert references == hrefs[1:]
    right = {"call": ["tell"], "signs": ["hurry", "secret"], "free": ["true"]}
    for name, answers in right.items():
        item = trees[f"items/{name}.xml"]
        assert item.tag.endswith("qti-assessment-item" if form == "qti3" else "}assessmentItem")
        assert item.attrib["identifier"] == name
        choices = [one.attrib["identifier"] for one in item.iter() if "imple" in one.tag]
        declared = next(one for one in item.iter() if one.attrib.get("identifier") == "RESPONSE")
        assert [one.text for one in declared.iter() if one.tag.endswith("value")] == answers
        assert set(answers) < set(choices)
        assert len(choices) == len(set(choices))
    text = "".join(trees["items/call.xml"].itertext())
    assert 'Một "công an" gọi & bảo em <giữ bí mật>?' in text
    assert "Công an không bảo ai" in text


async def test_h5p_holds_the_questions(studio: Studio) -> None:
    version = await published(studio)
    files = await opened(studio, f"{version}/pack?format=h5p&language=en")
    about, content = json.loads(files["h5p.json"]), json.loads(files["content/content.json"])
    assert (about["mainLibrary"], about["language"], about["title"]) == ("H5P.QuestionSet", "en", "Đừng nghe máy (en)")
    named = {
        f"{one['machineName']} {one['majorVersion']}.{one['minorVersion']}" for one in about["preloadedDependencies"]
    }
    single, multiple, true_false = content["questions"]
    assert {one["library"] for one in content["questions"]} < named
    assert [one["correct"] for one in single["params"]["answers"]] == [True, False]
    assert [one["correct"] for one in multiple["params"]["answers"]] == [True, True, False]
    assert true_false["params"]["correct"] == "true"
    assert "&lt;giữ bí mật&gt;?" in single["params"]["question"]
    assert len({one["subContentId"] for one in content["questions"]}) == 3


async def test_h5p_holds_the_ways_of_a_scenario_and_qti_does_not(studio: Studio) -> None:
    version = await published(studio, SCENARIO)
    files = await opened(studio, f"{version}/pack?format=h5p")
    assert json.loads(files["h5p.json"])["mainLibrary"] == "H5P.BranchingScenario"
    ring, safe = json.loads(files["content/content.json"])["branchingScenario"]["content"]
    ways = ring["type"]["params"]["branchingQuestion"]["alternatives"]
    assert [way["nextContentId"] for way in ways] == [0, 1]
    assert safe["nextContentId"] == -1
    assert "gọi 111" in safe["type"]["params"]["text"]
    assert (await studio.creator.get(f"{version}/pack?format=qti3")).status_code == 404
    assert (await studio.creator.get(f"{version}/pack?format=h5p&language=km")).status_code == 404


async def test_a_kit_holds_the_pack_in_every_format(studio: Studio) -> None:
    version = await published(studio)
    files = await opened(studio, f"{version}/kit")
    listed = {one["path"]: one["size"] for one in json.loads(files["manifest.json"])["materials"][0]["files"]}
    assert {path.rpartition("/")[2] for path in listed} == {
        "pack.json",
        *(f"pack-{language}{form}" for language in ("vi", "en") for form in (".h5p", "-qti3.zip", "-qti2.zip")),
    }
    assert {path: len(files[path]) for path in listed} == listed
