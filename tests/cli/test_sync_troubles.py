"""`kmm sync` over a damaged copy, a busy hub, a broken connection: mended, waited out or told in one line."""

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import httpx
import pytest

from core.client import ClientCredentials
from core.copy import Copy, Page
from core.sync import NeverWhole, Sync, Unreachable
from tests.live import LiveHub, live_hub
from tests.mirrors import Mirror, retract, submit


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveHub]:
    """One for all: each test has a copy of its own."""
    with live_hub(tmp_path_factory.mktemp("sync") / "hub") as hub:
        yield hub


DAMAGES = (
    "DELETE FROM signal WHERE position = (SELECT min(position) FROM signal)",
    "UPDATE signal SET body = replace(body, 'host-7.', 'host-8.') WHERE body LIKE '%host-7.%'",
    "UPDATE signal SET body = '' WHERE position = (SELECT max(position) FROM signal)",
    "UPDATE signal SET id = 'sig_' || substr(id, 6) WHERE body LIKE '%host-9.%'",
    "UPDATE signal SET position = position + 1000000 WHERE body LIKE '%host-11.%'",
    "UPDATE walk SET cursor = 'the-cursor-of-another-hub'",
)


def test_damage_is_found_by_the_digest_and_mended(tiktok: httpx.Client, mirror: Mirror) -> None:
    submit(tiktok, range(30))
    mirror.sync()
    for damage in DAMAGES:
        mirror.change(damage)
        submit(tiktok, [20])
        mended = mirror.sync()
        assert (mended.exit_code, "A new walk begins" in mended.output) == (0, True), damage
        mirror.assert_whole()
    mirror.file.write_bytes(b"no database" * 1_000)
    assert mirror.sync().exit_code == 4


def test_a_copy_of_some_kinds_is_another_copy(tiktok: httpx.Client, mirror: Mirror) -> None:
    submit(tiktok, range(3))
    item = {"kind": "phone", "value": "+84 28 7300 0000", "tlp": "GREEN"}
    tiktok.post("/v1/signals", json={"signals": [item]}).raise_for_status()
    mirror.sync()
    assert mirror.sync("--kind", "phone").exit_code == 0
    mirror.assert_whole("phone")
    submit(tiktok, range(3, 6))
    assert mirror.sync("--kind", "phone").exit_code == 0
    mirror.assert_whole("phone")
    mirror.sync()
    mirror.assert_whole()


class Spoiled(httpx.BaseTransport):
    """The hub behind something that spoils its first pages."""

    def __init__(self, spoils: Sequence[Callable[[httpx.Response], httpx.Response]]) -> None:
        self._spoils = list(spoils)
        self._real = httpx.HTTPTransport()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        answer = self._real.handle_request(request)
        if request.url.path == "/v1/signals" and self._spoils:
            answer.read()
            return self._spoils.pop(0)(answer)
        return answer


def busy(status: int, retry_after: str = "") -> Callable[[httpx.Response], httpx.Response]:
    return lambda _: httpx.Response(status, headers={"Retry-After": retry_after} if retry_after else {})


def lost(_: httpx.Response) -> httpx.Response:
    raise httpx.ReadError("Connection reset by peer")


def cut(answer: httpx.Response) -> httpx.Response:
    """By a proxy that makes a whole answer of it."""
    return httpx.Response(200, content=answer.content[: len(answer.content) // 2])


def other_digest(answer: httpx.Response) -> httpx.Response:
    *lines, last = answer.content.splitlines()
    end = json.loads(last) | {"digest": "0" * 32}
    return httpx.Response(200, content=b"\n".join([*lines, json.dumps(end).encode()]))


def spoiled_sync(mirror: Mirror, *spoils: Callable[[httpx.Response], httpx.Response]) -> None:
    account = mirror.hub.accounts["meta"]
    auth = ClientCredentials(account.client_id, account.client_secret)
    client = httpx.Client(base_url=mirror.hub.base_url, auth=auth, transport=Spoiled(spoils))
    mirror.folder.mkdir(parents=True, exist_ok=True)
    with client, Copy(mirror.file) as copy:
        Sync(client, copy, moved=_ignore, note=print).catch_up()


def _ignore(_: Page) -> None:
    pass


@pytest.fixture
def naps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Seconds that the program would have slept."""
    slept: list[float] = []
    monkeypatch.setattr("core.sync.time.sleep", slept.append)
    return slept


def test_a_busy_or_broken_hub_is_asked_again(tiktok: httpx.Client, mirror: Mirror, naps: list[float]) -> None:
    submit(tiktok, range(5))
    in_ninety_seconds = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    spoiled_sync(mirror, busy(429, "7"), busy(503, in_ninety_seconds), busy(502), lost, cut)
    mirror.assert_whole()
    assert len(naps) == 5
    assert 7 <= naps[0] <= 9
    assert 60 < naps[1] <= 94
    assert max(naps[2:]) <= 32
    with pytest.raises(Unreachable):
        spoiled_sync(mirror, *[lost] * 8)


def test_a_copy_that_never_adds_up_is_not_shown_to_readers(
    tiktok: httpx.Client, mirror: Mirror, naps: list[float]
) -> None:
    submit(tiktok, range(5))
    with pytest.raises(NeverWhole):
        spoiled_sync(mirror, *[other_digest] * 4)
    assert mirror.rows() == {}
    spoiled_sync(mirror, other_digest)
    before = mirror.rows()
    retract(tiktok, [1])
    with pytest.raises(NeverWhole):
        spoiled_sync(mirror, *[other_digest] * 4)
    assert mirror.rows() == before
    assert mirror.sync().exit_code == 0
    mirror.assert_whole()


def test_what_ends_a_run_has_an_exit_code(mirror: Mirror, naps: list[float], tmp_path: Path) -> None:
    keys = tmp_path / "client.json"
    account = mirror.hub.accounts["meta"]
    keys.write_text(json.dumps({"id": account.client_id, "client_secret": account.client_secret, "partner": "meta"}))
    ends = {
        ("--credentials", str(keys)): (0, "signals in"),
        ("--client-secret", "wrong"): (1, "401"),
        ("--page", "0"): (2, "--page"),
        ("--client-id", ""): (2, "--credentials"),
        ("--url", "http://127.0.0.1:1"): (3, "does not answer"),
    }
    for words, (code, why) in ends.items():
        done = mirror.sync(*words)
        assert (done.exit_code, why in done.output) == (code, True), done.output
        assert done.exception is None or isinstance(done.exception, SystemExit)


def test_a_token_is_renewed_before_it_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1_000.0]
    monkeypatch.setattr("core.client.time.monotonic", lambda: now[0])
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        return httpx.Response(200, json={"access_token": "t", "token_type": "Bearer", "expires_in": 600})

    with httpx.Client(transport=httpx.MockTransport(answer), auth=ClientCredentials("a", "b")) as client:
        for seconds in (0, 500, 60):
            now[0] += seconds
            client.get("http://hub.example/v1/me")
    assert asked == ["/oauth/token", "/v1/me", "/v1/me", "/oauth/token", "/v1/me"]
