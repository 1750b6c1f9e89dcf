"""What stands in a refusal: the words and fields of a type, wherever it takes them."""

from collections.abc import Mapping
from typing import Any, Literal

import msgspec
import pytest

from core.edge import field_error
from core.vocabulary import expected, unlisted
from core.wire.signals import Tlp


class Apple(msgspec.Struct, tag_field="fruit", tag="apple", forbid_unknown_fields=True):
    colour: Literal["green", "red"] = "red"
    inside: "Apple | Pear | None" = None


class Pear(msgspec.Struct, tag_field="fruit", tag="pear", forbid_unknown_fields=True):
    marks: Mapping[Tlp, tuple[Tlp, ...]] = {}


MARKS = "Expected one of CLEAR, GREEN, AMBER, AMBER+STRICT, RED; got "


@pytest.mark.parametrize(
    ("sent", "pointer", "said"),
    [
        ({"fruit": "aple"}, "/3/fruit", "Expected one of apple, pear; got 'aple'. Did you mean 'apple'?"),
        ({"fruit": "apple", "colour": "Green"}, "/3/colour", "one of green, red; got 'Green'. Did you mean 'green'?"),
        ({"fruit": "apple", "inside": {"fruit": "plum"}}, "/3/inside/fruit", "one of apple, pear; got 'plum'."),
        ({"fruit": "apple", "inside": {"fruit": "pear", "mark": 1}}, "/3/inside/mark", "Did you mean 'marks'?"),
        ({"fruit": "pear", "marks": {"amber-strict": []}}, "/3/marks", f"{MARKS}'amber-strict'. Did you mean"),
        ({"fruit": "pear", "marks": {"RED": ["CLEAR", "x"]}}, "/3/marks", f"{MARKS}'x'."),
    ],
)
def test_words_and_fields(sent: Mapping[str, Any], pointer: str, said: str) -> None:
    kind = list[Apple | Pear]
    with pytest.raises(msgspec.ValidationError) as refused:
        msgspec.convert([{"fruit": "pear"}] * 3 + [sent], kind)
    fault = field_error(refused.value, "", kind)
    assert (fault.pointer, said in fault.detail) == (pointer, True), fault
    # Without the type, msgspec's own words.
    assert field_error(refused.value, "").detail.startswith(("Invalid", "Object contains unknown field"))


def test_words_that_are_long_or_like_none() -> None:
    assert expected("x" * 5_000, ("url",)) == f"Expected one of url; got '{'x' * 40}…'."
    assert unlisted("Tik-Tok", ["tik_tok"], "/v1/x") == (
        "There is no 'Tik-Tok'; GET /v1/x lists what there is. Did you mean 'tik_tok'?"
    )
