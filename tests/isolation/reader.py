"""A partner that reads, walking as far as each answer leads, and the marks in all that it was told."""

import io
import zipfile
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any

import httpx

from tests.isolation.world import SECRETS, World

Read = Callable[["Reader"], Awaitable[None]]


class Reader:
    """A partner that reads, and everything that it was answered."""

    def __init__(self, world: World, slug: str, scopes: Sequence[str]) -> None:
        self.world = world
        self.slug = slug
        self.client = world.hub.client_as(slug, *scopes)
        self.answers: list[httpx.Response] = []

    async def get(self, path: str, *allowed: int, accept: str = "*/*", **query: Any) -> httpx.Response:
        """The answer has to be 200 or one of those allowed."""
        return await self.ask("GET", path, *allowed, headers={"Accept": accept}, params=query or None)

    async def ask(self, method: str, path: str, *allowed: int, **more: Any) -> httpx.Response:
        answer = await self.client.request(method, path, **more)
        assert answer.status_code in (200, *allowed), (self.slug, method, path, answer.text)
        self.answers.append(answer)
        return answer

    async def pages(self, path: str, noun: str, **query: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        after: dict[str, str] = {}
        while True:
            page = (await self.get(path, **query, **after)).json()
            found += page[noun]
            if page["next"] is None:
                return found
            after = {"after": page["next"]}

    def told(self) -> set[str]:
        """The marks in all that was answered since it was last asked, headers and files in archives included."""
        answers, self.answers = self.answers, []
        return set(SECRETS.findall("\n".join(_texts(answers))))


def _texts(answers: Iterable[httpx.Response]) -> Iterable[str]:
    for answer in answers:
        yield str(answer.headers)
        yield answer.content.decode("latin-1")
        if answer.headers.get("content-type") == "application/zip" and answer.request.method != "HEAD":
            with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
                yield from (archive.read(name).decode("latin-1") for name in archive.namelist())


def simple(path: str, noun: str | None = None) -> Read:
    """A route of which only the marks matter."""

    async def read(reader: Reader) -> None:
        if noun:
            await reader.pages(path, noun, limit=2)
        else:
            await reader.get(path)

    return read
