"""A hub over its API, as the commands of a partner's own machine speak with it."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import click
import httpx
import msgspec

from core.client import ClientCredentials
from core.edge import JSON
from core.wire.common import Problem

T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])


class Credentials(msgspec.Struct, frozen=True):
    """What `kmm client add` prints, as far as it is needed to sign in."""

    id: str
    client_secret: str


def signing_in(client_id: str | None, client_secret: str | None, file: Path | None) -> ClientCredentials:
    """Raises `click.UsageError` where neither way names them."""
    if file:
        try:
            kept = msgspec.json.decode(file.read_bytes(), type=Credentials)
        except msgspec.DecodeError as exc:
            raise click.UsageError(f"{file}: {exc}") from None
        return ClientCredentials(kept.id, kept.client_secret)
    if client_id and client_secret:
        return ClientCredentials(client_id, client_secret)
    raise click.UsageError("Give --client-id and --client-secret, their variables, or --credentials.")


_OPTIONS = (
    click.option("--url", envvar="KMM_BASE_URL", default="http://127.0.0.1:8080", show_default=True, help="The hub."),
    click.option("--client-id", envvar="KMM_CLIENT_ID", help="Also KMM_CLIENT_ID."),
    click.option(
        "--client-secret", envvar="KMM_CLIENT_SECRET", help="Better KMM_CLIENT_SECRET: `ps` shows options to all."
    ),
    click.option(
        "--credentials",
        metavar="FILE",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help="Both, in the JSON that `kmm client add` prints.",
    ),
)


def remote_options(command: F) -> F:
    """Where the hub is, and who signs in: `url`, `client_id`, `client_secret`, `credentials`."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


class Remote(msgspec.Struct, frozen=True):
    """Where the hub is, and who signs in, once somebody has to."""

    url: str
    client_id: str | None
    client_secret: str | None
    credentials: Path | None

    @contextmanager
    def client(self) -> Iterator[httpx.Client]:
        """What the hub answers instead of what was asked becomes a `click.ClickException` in its own words."""
        auth = signing_in(self.client_id, self.client_secret, self.credentials)
        try:
            with httpx.Client(base_url=self.url, auth=auth, timeout=60) as client:
                yield client
        except httpx.TransportError as exc:
            raise click.ClickException(f"The hub does not answer ({type(exc).__name__} {exc}).") from None


def ask(client: httpx.Client, method: str, path: str, body: Mapping[str, Any] | None = None) -> bytes:
    """The answer's content. Raises `click.ClickException` for a refusal."""
    content = None if body is None else msgspec.json.encode(body)
    answer = client.request(method, path, content=content, headers={"Content-Type": JSON} if body else {})
    if answer.is_error:
        raise click.ClickException(_refusal(answer))
    return answer.content


def told(client: httpx.Client, method: str, path: str, kind: type[T], body: Mapping[str, Any] | None = None) -> T:
    """The answer as a `kind`."""
    try:
        return msgspec.json.decode(ask(client, method, path, body), type=kind)
    except msgspec.MsgspecError as exc:
        raise click.ClickException(f"{path} does not answer as this version of kmm knows it: {exc}") from None


def _refusal(answer: httpx.Response) -> str:
    try:
        problem = msgspec.json.decode(answer.content, type=Problem)
    except msgspec.MsgspecError:
        return f"The hub answers {answer.status_code}."
    return "".join([problem.detail or problem.title, *(f"\n  {one.pointer} {one.detail}" for one in problem.errors)])
