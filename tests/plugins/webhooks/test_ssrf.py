"""Nothing that a partner registers, resolves or answers makes the hub connect to what is not public.

Asserted where it counts: an audit hook of the interpreter sees every `socket.connect`, whoever calls it.
"""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest

from plugins.webhooks.address import Refused, Target, check_url, is_public
from plugins.webhooks.transport import Answer, Limits, Transport
from tests.plugins.webhooks.receivers import Receiver, answering, listening
from tests.plugins.webhooks.urls import hostile_answers, refused

REFUSED = refused()
HOSTILE = hostile_answers()
NAME = "hook.partner.example"
QUICK = Limits(connect=0.3, total=0.6)

_seen: list[tuple[str, int]] = []
_watching = False


def _note(event: str, arguments: tuple[object, ...]) -> None:
    if _watching and event == "socket.connect":
        address = arguments[1]
        assert isinstance(address, tuple)
        _seen.append((str(address[0]), int(address[1])))


# There is no taking it back: it stays for the process, and notes only while it is wanted.
sys.addaudithook(_note)


@contextmanager
def connections() -> Iterator[list[tuple[str, int]]]:
    """Every address that anyone connects to meanwhile."""
    global _watching  # noqa: PLW0603 - audit hooks are as global as it gets
    _seen.clear()
    _watching = True
    try:
        yield _seen
    finally:
        _watching = False


class Names:
    """A resolver whose answer may be another one each time."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers = list(answers)
        self.asked = 0

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked += 1
        return self.answers[min(self.asked, len(self.answers)) - 1]


async def post(transport: Transport, url: str, allow: tuple[str, ...] = (), times: int = 1) -> Answer:
    target = check_url(url, (443,), allow)
    async with transport.line() as line:
        for _ in range(times):
            answer = await line.post(target, {"content-type": "application/json"}, b"{}")
    return answer


def test_there_are_enough_cases() -> None:
    assert len(REFUSED) + len(HOSTILE) >= 300
    assert len(set(REFUSED.values())) >= 250


@pytest.mark.parametrize("case", REFUSED)
def test_refused_by_its_text(case: str) -> None:
    with connections() as seen, pytest.raises(Refused):
        check_url(REFUSED[case], (443,), ())
    assert seen == []


@pytest.mark.parametrize("case", HOSTILE)
async def test_refused_by_what_the_name_resolves_to(case: str) -> None:
    with connections() as seen:
        answer = await post(Transport(limits=QUICK, resolver=Names(HOSTILE[case])), f"https://{NAME}/")
    assert answer.error == f"refused: {NAME} resolves to an address that is not public"
    assert seen == []


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "2606:4700:4700::1111", "2400:cb00::1"])
def test_public_addresses_are_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        "https://hook.partner.example",
        "https://HOOK.partner.example/Path?query=1&other=%20",
        "https://hook.partner.example:443/a/../b",
        "https://xn--xin-cho-lwa.example/",
        "https://a.b.c.d.partner.xn--p1ai/",
    ],
)
def test_what_is_good_passes(url: str) -> None:
    assert check_url(url, (443,), ()).host == url.split("/")[2].removesuffix(":443").lower()


PUBLIC = "127.0.0.9"
"""Taken for a public address by the two tests below, which have to connect to one."""


@pytest.fixture
def _one_is_public(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("plugins.webhooks.transport.is_public", lambda address: address == PUBLIC)


@pytest.mark.usefixtures("_one_is_public")
async def test_the_connection_goes_to_the_address_that_was_checked() -> None:
    """DNS answers that change between check and use: the name is asked once, and its answer is checked and used."""
    receiver, names = Receiver(), Names([PUBLIC], ["127.0.0.1"])
    async with listening(receiver, host=PUBLIC):
        target = Target("http", NAME, receiver.port, "/")
        with connections() as seen:
            async with Transport(limits=QUICK, resolver=names).line() as line:
                assert (await line.post(target, {}, b"{}")).accepted
                # The connection is kept: nobody is asked again.
                assert (await line.post(target, {}, b"{}")).accepted
    assert seen == [(PUBLIC, receiver.port)]
    assert names.asked == 1
    assert receiver.got[0].headers["host"] == f"{NAME}:{receiver.port}"


@pytest.mark.usefixtures("_one_is_public")
async def test_a_name_that_turns_private_is_refused_at_the_next_connection() -> None:
    receiver, inside = Receiver(answering(200, Connection="close")), Receiver()
    names = Names([PUBLIC], ["127.0.0.1"])
    async with listening(receiver, host=PUBLIC), listening(inside):
        target = Target("http", NAME, receiver.port, "/")
        with connections() as seen:
            async with Transport(limits=QUICK, resolver=names).line() as line:
                assert (await line.post(target, {}, b"{}")).accepted
                answer = await line.post(target, {}, b"{}")
    assert answer.error == f"refused: {NAME} resolves to an address that is not public"
    assert seen == [(PUBLIC, receiver.port)]
    assert names.asked == 2


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("to", ["http://127.0.0.1:{port}/", "http://169.254.169.254/latest/", "//localhost/", "/other"])
async def test_redirects_are_failures(status: int, to: str) -> None:
    inside = Receiver()
    async with listening(inside):
        receiver = Receiver(answering(status, Location=to.format(port=inside.port)))
        async with listening(receiver):
            with connections() as seen:
                allow = (receiver.place,)
                answer = await post(Transport(allow, QUICK), receiver.url, allow)
    assert (answer.status, answer.accepted) == (status, False)
    assert seen == [("127.0.0.1", receiver.port)]
    assert inside.got == []


async def test_what_is_allowed_is_that_port_alone() -> None:
    allow = ("127.0.0.1:8001",)
    assert check_url("http://127.0.0.1:8001/hook", (443,), allow) == Target("http", "127.0.0.1", 8001, "/hook")
    for url in ("http://127.0.0.1:8002/", "http://127.0.0.1/", "http://127.1:8001/", "http://x@127.0.0.1:8001/"):
        with pytest.raises(Refused):
            check_url(url, (443,), allow)


async def test_proxies_of_the_environment_mean_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    proxy, receiver = Receiver(), Receiver()
    async with listening(proxy, receiver):
        for name in ("http_proxy", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        allow = (receiver.place,)
        assert (await post(Transport(allow, QUICK), receiver.url, allow)).accepted
    assert (len(proxy.got), len(receiver.got)) == (0, 1)
