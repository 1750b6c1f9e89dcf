"""Forms of reports for the tests, at the top of a module that the process of reports can import."""

from core.wire.documents import Frozen, Language


def as_text(frozen: Frozen, language: Language | None) -> bytes:
    assert language is not None
    title = getattr(frozen.document.title, language)
    return f"{title} {frozen.sha256} {frozen.position}".encode()


def broken(frozen: Frozen, language: Language | None) -> bytes:
    raise ZeroDivisionError
