"""Closed vocabularies: which words may stand at a place, and what to say of one that may not.

A refusal that only repeats the wrong word sends its reader to the manual; this one names the right ones.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from difflib import get_close_matches
from functools import lru_cache
from typing import Any

from msgspec import inspect

_LONGEST = 40
"""Letters of a word that others are compared with, and that is repeated whole."""
_STEP = re.compile(r"\.[^.\[{]+|\[[^\]]*\]|{}")


def expected(value: str, words: tuple[str, ...]) -> str:
    """What to do about a word that is none of `words`."""
    # Cut before it is remembered: how long it is, its sender chose.
    return _expected(value[: _LONGEST + 1], words)


@lru_cache(maxsize=4_096)
def _expected(value: str, words: tuple[str, ...]) -> str:
    shown = value if len(value) <= _LONGEST else f"{value[:_LONGEST]}…"
    near = _nearest(value, words) if len(value) <= _LONGEST else None
    meant = f" Did you mean {near!r}?" if near else ""
    return f"Expected one of {', '.join(words)}; got {shown!r}.{meant}"


def unlisted(value: str, words: Iterable[str], path: str) -> str:
    """What to do about a word that is none of `words`, which are many: `GET path` lists them."""
    near = _nearest(value, words)
    return f"There is no {value!r}; GET {path} lists what there is." + (f" Did you mean {near!r}?" if near else "")


def _nearest(value: str, words: Iterable[str]) -> str | None:
    """The word that is spelt most like it, whatever its case and hyphens."""
    folded = {_folded(word): word for word in words}
    found = get_close_matches(_folded(value), folded, n=1)
    return folded[found[0]] if found else None


def _folded(word: str) -> str:
    return word.casefold().replace("-", "_")


@lru_cache(maxsize=1_024)
def words_at(kind: Any, path: str) -> tuple[str, ...]:
    """The words that a type takes at a place in msgspec's notation; none where it takes any.

    `.items[3].kind`, with `{}` for the keys of a mapping and `[...]` for its values.
    """
    found = [word for place in _at(kind, path) for word in _words(place)]
    if not found:
        # No type stands where unions tell their members apart.
        above, _, field = path.rpartition(".")
        found = [tag for place in _at(kind, above) for tag in _tags(place, field)]
    return tuple(dict.fromkeys(map(str, found)))


def _at(kind: Any, path: str) -> Sequence[inspect.Type]:
    places = [inspect.type_info(kind)]
    for step in _STEP.findall(path):
        places = [inner for place in places for inner in _inside(place, step)]
    return places


@lru_cache(maxsize=1_024)
def fields_at(kind: Any, path: str) -> tuple[str, ...]:
    """The fields that a type takes at a place in msgspec's notation; none where it is no object of ours."""
    structs = [one for place in _at(kind, path) for one in _choices(place) if isinstance(one, inspect.StructType)]
    return tuple(dict.fromkeys(field.encode_name for struct in structs for field in struct.fields))


def _choices(place: inspect.Type) -> Iterator[inspect.Type]:
    if isinstance(place, inspect.Metadata):
        yield from _choices(place.type)
    elif isinstance(place, inspect.UnionType):
        for one in place.types:
            yield from _choices(one)
    else:
        yield place


def _inside(place: inspect.Type, step: str) -> Iterator[inspect.Type]:
    for one in _choices(place):
        if isinstance(one, inspect.StructType) and step.startswith("."):
            yield from (field.type for field in one.fields if field.encode_name == step[1:])
        elif isinstance(one, inspect.CollectionType) and step.startswith("["):
            yield one.item_type
        elif isinstance(one, inspect.DictType) and step.startswith("["):
            yield one.value_type
        elif isinstance(one, inspect.DictType):
            yield one.key_type


def _words(place: inspect.Type) -> Iterator[Any]:
    for one in _choices(place):
        if isinstance(one, inspect.EnumType):
            yield from (member.value for member in one.cls)
        elif isinstance(one, inspect.LiteralType):
            yield from one.values


def _tags(place: inspect.Type, field: str) -> Iterator[Any]:
    for one in _choices(place):
        if isinstance(one, inspect.StructType) and one.tag_field == field:
            yield one.tag
