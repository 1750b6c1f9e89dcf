"""What a host name says by itself: who registered it, and which other name it can be taken for."""

import tomllib
import unicodedata
from functools import cache
from pathlib import Path

import ada_url
from publicsuffixlist import PublicSuffixList

from core.wire.kinds import Fact, Note

_CONFUSABLE: dict[str, str] = tomllib.loads((Path(__file__).parent / "data" / "confusables.toml").read_text("utf-8"))[
    "letters"
]

# Writing systems that mix by nature; with Latin beside any of them this is UTS #39 §5.2 "Highly Restrictive".
_WRITTEN_TOGETHER = (
    {"CJK", "HIRAGANA", "KATAKANA", "LATIN"},
    {"CJK", "HANGUL", "LATIN"},
    {"CJK", "BOPOMOFO", "LATIN"},
)

_LOOK_ALIKE = Note(
    "look_alike", "The host name has letters with marks or of several scripts, and can be taken for another."
)


def notes_on_host(host: str) -> tuple[Note, ...]:
    """`host` in ASCII form."""
    if "xn--" not in host:
        return ()
    written = ada_url.idna_to_unicode(host)
    return (_LOOK_ALIKE,) if _taken_for(written) or _mixes_scripts(written) else ()


def facts_of_host(host: str) -> dict[str, Fact]:
    """`registrable_domain`, and for a Unicode name `written`, `look_alike` (the name it reads as), `mixed_scripts`.

    Below a suffix of the list's private section, such as a hosting company's, each customer has a domain of its
    own. Look-alikes are told by their letters alone; whether the other name exists is not asked.
    """
    facts: dict[str, Fact] = {}
    if registrable := _suffixes().privatesuffix(host):
        facts["registrable_domain"] = registrable
    if "xn--" in host:
        written = ada_url.idna_to_unicode(host)
        facts["written"] = written
        facts["mixed_scripts"] = _mixes_scripts(written)
        if other := _taken_for(written):
            facts["look_alike"] = other
    return facts


def _taken_for(written: str) -> str | None:
    """The name it reads as, when that is another one."""
    other = ".".join(_read_as(label) for label in written.split("."))
    return other if other != written else None


def _read_as(label: str) -> str:
    """The ASCII label that is left without marks and with letters that look the same; else the label as it is."""
    plain = unicodedata.normalize("NFKD", label)
    other = "".join(_CONFUSABLE.get(letter, letter) for letter in plain if unicodedata.category(letter) != "Mn")
    return other if other.isascii() else label


def _mixes_scripts(written: str) -> bool:
    return any(_is_mixed(label) for label in written.split("."))


def _is_mixed(label: str) -> bool:
    # The standard library has no table of scripts, but the name of a letter begins with its script.
    names = (unicodedata.name(letter, "") for letter in label if letter.isalpha())
    scripts = {name.replace("-", " ").partition(" ")[0] for name in names}
    return len(scripts) > 1 and not any(scripts <= together for together in _WRITTEN_TOGETHER)


@cache
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList()
