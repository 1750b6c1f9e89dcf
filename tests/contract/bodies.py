"""Bodies for JSON parsers, by what RFC 8259 says of them: made here, family by family."""

import json
from collections.abc import Iterator
from pathlib import Path

import msgspec

_TEXTS: dict[str, list[str]] = json.loads(Path(__file__).with_name("bodies.json").read_text())
_CONTROLS = [chr(code) for code in range(0x20)]
_CUT = '{"a":[1.5,{"b":"\\u00e9"}],"c":null,"d":-0.5e7}'


class Body(msgspec.Struct, frozen=True):
    name: str
    content: bytes


def valid() -> Iterator[Body]:
    """What every parser must take."""
    for text in _TEXTS["numbers"]:
        yield Body(f"number {text}", f"[{text}]".encode())
    for text in _TEXTS["strings"]:
        yield Body(f"string {text!a}", f'["{text}"]'.encode())
        yield Body(f"key {text!a}", f'{{"{text}":1}}'.encode())
    for text in _TEXTS["documents"]:
        yield Body(f"document {text!a}", text.encode())
    yield Body("50 lists deep", b"[" * 50 + b"]" * 50)


def invalid() -> Iterator[Body]:
    """What no parser may take."""
    for text in _TEXTS["no_numbers"]:
        yield Body(f"number {text}", f"[{text}]".encode())
    for text in (*_TEXTS["no_strings"], *_CONTROLS):
        yield Body(f"string {text!a}", f'["{text}"]'.encode())
    for raw in map(bytes.fromhex, _TEXTS["no_utf8"]):
        yield Body(f"bytes {raw.hex()} in a string", b'["' + raw + b'"]')
        yield Body(f"bytes {raw.hex()} in a key", b'{"' + raw + b'":1}')
        yield Body(f"bytes {raw.hex()} bare", b"[" + raw + b"]")
    for text in _TEXTS["no_documents"]:
        yield Body(f"document {text!a}", text.encode())
    for end in range(1, len(_CUT)):
        yield Body(f"cut after {end}", _CUT[:end].encode())
    yield Body("100,000 lists that never end", b"[" * 100_000)
    yield Body("100,000 objects that never end", b'{"a":' * 100_000)
    yield Body("one bracket short", b"[" * 500 + b"]" * 499)


def unclear() -> Iterator[Body]:
    """What parsers may take or leave."""
    for text in _TEXTS["lone_surrogates"]:
        yield Body(f"lone surrogate {text}", f'["{text}"]'.encode())
        yield Body(f"lone surrogate {text} in a key", f'{{"{text}":1}}'.encode())
    for text in ("1e400", "-1e400", "1e-400", "123e100000", "0e9999999999", "-0e-99999"):
        yield Body(f"number {text}", f"[{text}]".encode())
    yield Body("5,000 digits", f"[{'1' * 5_000}]".encode())
    yield Body("5,000 decimals", f"[0.{'3' * 5_000}]".encode())
    for depth in (500, 1_000, 5_000, 100_000):
        yield Body(f"{depth} lists deep", b"[" * depth + b"]" * depth)
        yield Body(f"{depth} objects deep", b'{"a":' * depth + b"1" + b"}" * depth)
    for encoding in ("utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"):
        yield Body(f"in {encoding}", '{"a":"é"}'.encode(encoding))
