"""XML from outside: read whole, without anything that XML does beyond elements, attributes and text.

2026-11-22: expat itself rather than a parser on top of it, since only its own handlers see a document type before its
entities are expanded. We gave up namespaces, which the formats that we read need for nothing.
"""

from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from core.plugin.connector import Refused

_DEEP = 20
_MANY = 200_000
"""Elements: ten thousand entries have some twelve each, and each element takes more memory than its text."""


def read_xml(body: bytes) -> Element:
    """The root element, with local names. Raises `Refused` for what is no XML, declares a document type, or is too
    large or too deep for a list of things."""
    builder = TreeBuilder()
    # Without a space no two names of a document become one.
    parser = expat.ParserCreate(namespace_separator=" ")
    depth = count = 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth, count
        depth, count = depth + 1, count + 1
        if depth > _DEEP:
            raise Refused(f"The XML is nested more than {_DEEP} deep.", code="too_deep")
        if count > _MANY:
            raise Refused(f"The XML may have {_MANY} elements; send several.", code="too_large")
        builder.start(_local(name), attributes)

    def end(name: str) -> None:
        nonlocal depth
        depth -= 1
        builder.end(_local(name))

    def refuse(*_: object) -> None:
        raise Refused("A document type is not accepted.", code="document_type")

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = builder.data
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(body, True)
    # A codec that there is not, or that gives no text, is a fault of the document, too.
    except (expat.ExpatError, ValueError, LookupError) as exc:
        raise Refused(f"This is no XML: {exc}.", code="not_xml") from None
    return builder.close()


def _local(name: str) -> str:
    return name.rpartition(" ")[2]
