"""Quizzes as QTI 2.1 and 3.0: an item a question, a test over them, and the manifest of the package.

2026-11-22: written as 2.1 has it. 3.0 says the same of our three interactions under other names (`choiceInteraction`
is `qti-choice-interaction`), so one walk over the tree renames it. We gave up partial credit: all or nothing.
Source: www.imsglobal.org/spec/qti/v3p0/impl, www.imsglobal.org/question/qtiv2p1/imsqti_implv2p1.html
"""

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple
from xml.etree import ElementTree as ET

from core.content import archive
from core.content.questions import TRUTH, said
from core.wire.packs import Question, Quiz, SingleChoice, TrueFalse

_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_EXPLANATION = "EXPLANATION"
"""Identifiers of our own are in capitals, those of packs never are."""


class Dialect(NamedTuple):
    namespace: str
    package: str
    """Namespace of the manifest."""
    schema: str
    version: str
    suffix: str
    """Of the types of resources."""
    renamed: bool


QTI2 = Dialect(
    "http://www.imsglobal.org/xsd/imsqti_v2p1",
    "http://www.imsglobal.org/xsd/imscp_v1p1",
    "QTIv2.1 Package",
    "1.0.0",
    "xmlv2p1",
    renamed=False,
)
QTI3 = Dialect(
    "http://www.imsglobal.org/xsd/imsqtiasi_v3p0",
    "http://www.imsglobal.org/xsd/qti/qtiv3p0/imscp_v1p1",
    "QTI Package",
    "3.0.0",
    "xmlv3p0",
    renamed=True,
)


def package(quiz: Quiz, title: str, language: str, dialect: Dialect) -> bytes:
    """The zip, in one language; what is not said in it is in Vietnamese. The same bytes each time."""
    items = {f"items/{one.id}.xml": _written(_item(one, title, language, dialect), dialect) for one in quiz.questions}
    names = [one.id for one in quiz.questions]
    files = {"imsmanifest.xml": _manifest(names, dialect), "test.xml": _written(_test(names, title), dialect)}
    return archive.zipped(files | items)


def _element(tag: str, children: Iterable[ET.Element] = (), text: str = "", **attributes: str) -> ET.Element:
    made = ET.Element(tag, attributes)
    made.text = text or None
    made.extend(children)
    return made


def _item(question: Question, title: str, language: str, dialect: Dialect) -> ET.Element:
    choices = _choices(question, language)
    many = "single" if isinstance(question, SingleChoice | TrueFalse) else "multiple"
    right = [_element("value", text=name) for name, _, is_right, _ in choices if is_right]
    response = _element(
        "responseDeclaration",
        [_element("correctResponse", right)],
        identifier="RESPONSE",
        cardinality=many,
        baseType="identifier",
    )
    interaction = _element(
        "choiceInteraction",
        [_element("prompt", text=said(question.text, language)), *map(_choice, choices)],
        responseIdentifier="RESPONSE",
        shuffle="false",
        maxChoices="1" if many == "single" else "0",
    )
    explained = [_element("p", text=said(question.explanation, language))]
    feedback = _element(
        "modalFeedback",
        [_element("contentBody", explained)] if dialect.renamed else explained,
        outcomeIdentifier="FEEDBACK",
        identifier=_EXPLANATION,
        showHide="show",
    )
    parts = [
        response,
        _outcome("SCORE", "single", "float", "0"),
        _outcome("MAXSCORE", "single", "float", str(question.points)),
        _outcome("FEEDBACK", "multiple", "identifier"),
        _element("itemBody", [interaction]),
        _processing(question.points),
        feedback,
    ]
    item = _element(
        "assessmentItem", parts, identifier=question.id, title=title, adaptive="false", timeDependent="false"
    )
    item.set(_LANG, language)
    return item


class _Choice(NamedTuple):
    name: str
    text: str
    right: bool
    feedback: str


def _choices(question: Question, language: str) -> list[_Choice]:
    if isinstance(question, TrueFalse):
        yes, no = TRUTH.get(language, TRUTH["vi"])
        return [_Choice("true", yes, question.right, ""), _Choice("false", no, not question.right, "")]
    return [
        _Choice(one.id, said(one.text, language), one.right, said(one.feedback, language) if one.feedback else "")
        for one in question.choices
    ]


def _choice(choice: _Choice) -> ET.Element:
    made = _element("simpleChoice", text=choice.text, identifier=choice.name)
    if choice.feedback:
        inline = _element("feedbackInline", text=choice.feedback, outcomeIdentifier="FEEDBACK", showHide="show")
        inline.set("identifier", choice.name)
        made.append(inline)
    return made


def _outcome(name: str, cardinality: str, base: str, default: str = "") -> ET.Element:
    value = [_element("defaultValue", [_element("value", text=default)])] if default else []
    return _element("outcomeDeclaration", value, identifier=name, cardinality=cardinality, baseType=base)


def _processing(points: int) -> ET.Element:
    """All right answers and no other make the points; what was chosen and the explanation are commented on."""
    given = _element("variable", identifier="RESPONSE")
    worth = _element("setOutcomeValue", [_element("baseValue", text=str(points), baseType="float")], identifier="SCORE")
    is_right = _element("match", [given, _element("correct", identifier="RESPONSE")])
    explained = _element("baseValue", text=_EXPLANATION, baseType="identifier")
    shown = _element("setOutcomeValue", [_element("multiple", [given, explained])], identifier="FEEDBACK")
    return _element(
        "responseProcessing", [_element("responseCondition", [_element("responseIf", [is_right, worth])]), shown]
    )


def _test(names: Sequence[str], title: str) -> ET.Element:
    references = [_element("assessmentItemRef", identifier=name, href=f"items/{name}.xml") for name in names]
    section = _element("assessmentSection", references, identifier="SECTION", title=title, visible="true")
    part = _element("testPart", [section], identifier="PART", navigationMode="nonlinear", submissionMode="individual")
    return _element("assessmentTest", [part], identifier="TEST", title=title)


def _manifest(names: Sequence[str], dialect: Dialect) -> bytes:
    def resource(name: str, kind: str, href: str, needs: Iterable[str] = ()) -> ET.Element:
        depends = [_element("dependency", identifierref=one) for one in needs]
        parts = [_element("file", href=href), *depends]
        return _element("resource", parts, identifier=name, type=f"imsqti_{kind}_{dialect.suffix}", href=href)

    about = [_element("schema", text=dialect.schema), _element("schemaversion", text=dialect.version)]
    resources = [resource("TEST", "test", "test.xml", names)]
    resources += [resource(name, "item", f"items/{name}.xml") for name in names]
    parts = [_element("metadata", about), _element("organizations"), _element("resources", resources)]
    return _bytes(_element("manifest", parts, xmlns=dialect.package, identifier="MANIFEST"))


def _written(root: ET.Element, dialect: Dialect) -> bytes:
    if dialect.renamed:
        # A dict, since the tree names some elements twice.
        for element in {id(one): one for one in root.iter()}.values():
            if element.tag != "p":
                element.tag = f"qti-{_kebab(element.tag)}"
            for name in [name for name in element.attrib if name != _LANG]:
                element.attrib[_kebab(name)] = element.attrib.pop(name)
    root.set("xmlns", dialect.namespace)
    return _bytes(root)


def _kebab(name: str) -> str:
    return re.sub("[A-Z]", lambda found: f"-{found[0].lower()}", name)


def _bytes(root: ET.Element) -> bytes:
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True))
