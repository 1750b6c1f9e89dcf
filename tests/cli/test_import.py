"""`kmm signals import`: every line is accounted for, every rejection explained, nothing is sent twice in vain."""

import json
import os
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import httpx
import msgspec
import pytest

from core.cli import importing
from core.cli.importing import Defaults, Import, Progress, Stopped, rejections
from core.testing import TestedHub
from core.wire.signals import Category, Tlp

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "core/data/sample-signals.txt"
REAL = Path(os.environ.get("KMM_REAL_LIST", ROOT.parent / "shared/data/chongluadao-urls.txt"))
GREEN = Defaults(tlp=Tlp.GREEN, category=Category.PHISHING)

ClientAs = Callable[..., httpx.AsyncClient]


def silent(_: Progress) -> None:
    pass


async def walk(reader: httpx.AsyncClient) -> list[dict[str, object]]:
    """Everything that the reader may see."""
    found, after = [], "0"
    while True:
        page = (await reader.get("/v1/signals", params={"after": after, "limit": 10_000})).json()
        found += page["signals"]
        if not page["more"]:
            return found
        after = page["next"]


@pytest.mark.parametrize("path", [REAL if REAL.exists() else SAMPLE], ids=["list"])
async def test_the_real_list_is_imported_and_nothing_is_lost(client_as: ClientAs, tmp_path: Path, path: Path) -> None:
    """The ChongLuaDao list where it is at hand (KMM_REAL_LIST), else our own sample."""
    first = Import(path, "chongluadao", GREEN, tmp_path)
    await first.run(client_as("chongluadao"), silent)
    lines = first.items
    assert first.progress.items == lines == {REAL: 34_468, SAMPLE: 30}[path]
    assert sum(map(len, rejections(first.rejected_file).values())) == first.progress.counts.get("rejected", 0)

    seen = await walk(client_as("meta"))
    assert len(seen) == first.progress.counts["created"] == len({(one["kind"], one["value"]) for one in seen})

    position = (await client_as("meta").get("/v1/signals/digest")).json()["position"]
    again = Import(path, "chongluadao", GREEN, tmp_path)
    await again.run(client_as("chongluadao"), silent)
    assert again.progress.counts["unchanged"] == lines - first.progress.counts.get("rejected", 0)
    assert (await client_as("meta").get("/v1/signals/digest")).json()["position"] == position


MIXED = [
    b"bait.example",
    b"",
    b'{"kind": "phone", "value": "+84 28 7300 0000", "tlp": "CLEAR"}',
    b"not a host!",
    b'{"kind": "nonsense", "value": "x"}',
    b'{"kind": "url", "value": "https://bait.example/a", "colour": "blue"}',
    b"{broken",
    b"\xff\xfe.example",
    b"x" * 70_000,
    b"bait.example/win\r",
]


@pytest.fixture
def mixed(tmp_path: Path) -> Path:
    path = tmp_path / "mixed.txt"
    path.write_bytes(b"\xef\xbb\xbf" + b"\n".join(MIXED))
    return path


async def test_a_list_may_be_mixed_and_each_bad_line_is_explained(
    client_as: ClientAs, tmp_path: Path, mixed: Path
) -> None:
    sending = Import(mixed, "chongluadao", GREEN, tmp_path / "work")
    await sending.run(client_as("chongluadao"), silent)
    assert sending.progress.counts == {"created": 3, "rejected": 6}
    by_line = {one.line: one for lines in rejections(sending.rejected_file).values() for one in lines}
    codes = {number: one.errors[0].code for number, one in by_line.items()}
    assert codes == {
        4: "invalid_value",
        5: "unknown_kind",
        6: "unknown",
        7: "not_json",
        8: "not_json",
        9: "invalid",
    }
    tlp = {one["value"]: one["tlp"] for one in await walk(client_as("meta"))}
    assert tlp == {"bait.example": "GREEN", "+842873000000": "CLEAR", "http://bait.example/win": "GREEN"}


@pytest.mark.parametrize("engine_name", ["sqlite"])
async def test_an_interrupted_import_goes_on_where_it_stopped(
    client_as: ClientAs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "BATCH", 10)
    path = tmp_path / "list.txt"
    path.write_text("".join(f"host-{n}.example\n" if n % 3 else "no host\n" for n in range(30)))
    reached: list[int] = []

    def pull_the_plug(progress: Progress) -> None:
        reached.append(progress.lines)
        if progress.lines == 20:
            raise KeyboardInterrupt

    first = Import(path, "chongluadao", GREEN, tmp_path)
    with pytest.raises(KeyboardInterrupt):
        await first.run(client_as("chongluadao"), pull_the_plug)
    with first.rejected_file.open("ab") as half_written:
        half_written.write(b'{"line":22,"te')
    rest = Import(path, "chongluadao", GREEN, tmp_path)
    await rest.run(client_as("chongluadao"), lambda progress: reached.append(progress.lines))
    assert reached == [0, 10, 20, 20, 30]
    assert rest.progress.counts == {"created": 20, "rejected": 10}
    (explained,) = rejections(rest.rejected_file).values()
    assert [one.line for one in explained] == list(range(1, 31, 3))


@pytest.mark.parametrize("engine_name", ["sqlite"])
async def test_progress_over_another_database_is_not_believed(client_as: ClientAs, tmp_path: Path) -> None:
    sending = Import(SAMPLE, "chongluadao", GREEN, tmp_path)
    stale = Progress(lines=20, counts={"created": 20}, last_id="sig_" + "a" * 26)
    key = sending.rejected_file.name.removesuffix(".rejected.ndjson")
    (tmp_path / f"{key}.progress.json").write_bytes(msgspec.json.encode(stale))
    await sending.run(client_as("chongluadao"), silent)
    assert sending.progress.items == 30


@pytest.mark.parametrize("engine_name", ["sqlite"])
async def test_a_partner_that_may_not_submit_is_told_so(client_as: ClientAs, tmp_path: Path) -> None:
    with pytest.raises(Stopped, match="403"):
        await Import(SAMPLE, "creator-mai", GREEN, tmp_path).run(client_as("creator-mai"), silent)


@pytest.mark.parametrize("engine_name", ["sqlite"])
async def test_defaults_name_groups_and_campaign(hub: TestedHub, tmp_path: Path) -> None:
    group = {"slug": "shield", "name": "Shield"}
    assert (await hub.client_as("tiktok").post("/v1/groups", json=group)).status_code == httpx.codes.CREATED
    path = tmp_path / "two.ndjson"
    lines = [{"kind": "domain", "value": "one.example"}, {"kind": "domain", "value": "two.example", "groups": []}]
    path.write_text("\n".join(map(json.dumps, lines)))
    defaults = Defaults(tlp=Tlp.AMBER, groups=("shield",), campaign="autumn")
    await Import(path, "tiktok", defaults, tmp_path).run(hub.client_as("tiktok"), silent)
    found = list(islice(await walk(hub.client_as("tiktok")), 3))
    details = [(await hub.client_as("tiktok").get(f"/v1/signals/{one['id']}")).json() for one in found]
    claims = [detail["claims"][0] for detail in details]
    assert [claim["groups"] for claim in claims] == [["shield"], []]
    assert {claim["campaign"] for claim in claims} == {"autumn"}
