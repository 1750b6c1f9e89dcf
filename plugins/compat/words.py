"""What the exchanges have in common: which part of a selection a format can carry, and names where it has none."""

from collections.abc import Collection
from hashlib import sha256

import msgspec

from core.sdk import Invalid, Selection


def carried(selection: Selection, kinds: Collection[str]) -> Selection:
    """The part of a selection that is of these kinds. Raises `Invalid` when there is none."""
    left = tuple(kind for kind in kinds if kind in selection.kinds) if selection.kinds else tuple(kinds)
    if not left:
        raise Invalid(f"This exchange carries {', '.join(kinds)}; your key or query asks for none of them.")
    return msgspec.structs.replace(selection, kinds=left)


def external_id(form: str, value: str) -> str:
    """The name of what is submitted in a format that has no names: addresses are longer than a name may be."""
    return f"{form}:{sha256(value.encode()).hexdigest()}"
