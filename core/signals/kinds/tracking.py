"""Query parameters that follow a visitor and do not choose what is served."""

import re
import tomllib
from pathlib import Path

from core.wire.kinds import Note

_NAMES: list[str] = tomllib.loads((Path(__file__).parent / "data" / "tracking_parameters.toml").read_text("utf-8"))[
    "names"
]
_PARAMETER = re.compile(f"[?&]({'|'.join(map(re.escape, _NAMES))})=", re.IGNORECASE)

_KEPT = Note("tracking_parameters", "The URL has tracking parameters; they are kept and make it a URL of its own.")


def notes_on_query(path: str) -> tuple[Note, ...]:
    """`path` with its query."""
    return (_KEPT,) if "?" in path and _PARAMETER.search(path, path.index("?")) else ()


def tracking_parameters(url: str) -> tuple[str, ...]:
    """Names of those in the query, in lower case, each once."""
    _, mark, query = url.partition("?")
    return tuple(dict.fromkeys(found.lower() for found in _PARAMETER.findall(mark + query)))
