"""Settings: defaults, then a TOML file, then KMM_* variables."""

import os
import secrets
import tomllib
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Everything an installation may choose. The defaults run on one machine with one file.

    Each field is a key of the TOML file and, in capitals behind `KMM_`, an environment variable.
    """

    secret: Annotated[str, Meta(min_length=32)]
    """Root of every keyed digest and of the key encryption; constant for the life of a database.

    When neither the file nor the environment names one, `load` makes it once and keeps it in var/secret.
    """
    database_url: str = "sqlite+aiosqlite:///var/hub.db"
    """SQLAlchemy URL; `sqlite:` and `postgresql:` without a driver get ours."""
    blobs_url: str = "file:var/blobs"
    """Where assets lie: `file:///absolute/folder`, `file:folder`, `s3://bucket/prefix` or `memory:///`."""
    uploads_folder: str = "var/uploads"
    """Where uploads that are not yet whole lie, on a disk that all processes of the hub share."""
    base_url: str = "http://127.0.0.1:8080"
    """How partners reach the hub; issuer and audience of every token."""
    coalesce: bool = True
    """Commit signal jobs that wait together in one transaction. Off only for measuring what that is worth."""
    sandbox: bool = False
    """Whether anyone may open an account: for a hub of synthetic data, on a database of its own (`kmm sandbox`)."""
    sandbox_days: Annotated[int, Meta(ge=1)] = 7
    """Days after which an account that was so opened ends by itself."""
    disabled_plugins: tuple[str, ...] = ()
    """Names, as `kmm plugins` lists them, of plugins that are not even imported. A variable has commas between them."""
    plugin_memory: Annotated[int, Meta(ge=16)] = 256
    """MB that a stranger's plugin may hold: one that is found with more is shut away (`core.plugin.memory`)."""
    plugins: dict[str, dict[str, Any]] = {}
    """One table for each plugin, validated by the plugin's own Struct."""


def load(path: Path | None = None, environ: Mapping[str, str] = os.environ, **overrides: Any) -> Settings:
    """Read settings from `path` (or `KMM_CONFIG`), the environment and `overrides`, the later winning.

    Raises `msgspec.ValidationError` naming the key that is missing or wrong, `OSError` when the file cannot be read.
    """
    source = path or (Path(environ["KMM_CONFIG"]) if "KMM_CONFIG" in environ else None)
    values: dict[str, Any] = tomllib.loads(source.read_text("utf-8")) if source else {}
    for field in msgspec.structs.fields(Settings):
        text = environ.get(f"KMM_{field.name.upper()}")
        if text is not None and field.name != "plugins":
            values[field.name] = _list(text) if field.name == "disabled_plugins" else text
    values |= overrides
    if "secret" not in values:
        values["secret"] = _kept_secret(Path("var/secret"))
    # Lax, because the environment has nothing but text.
    return msgspec.convert(values, Settings, strict=False)


def _kept_secret(file: Path) -> str:
    """Made at the first start, for the owner's eyes only: one machine has nothing to choose."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with suppress(FileExistsError), open(file, "x", opener=_private) as new:
        new.write(secrets.token_urlsafe(32))
    return file.read_text("utf-8").strip()


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _list(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]
