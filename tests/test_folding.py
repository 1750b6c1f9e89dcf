"""What the fold joins, and what it leaves apart."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.folding import fold


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Không Một Mình", "khong mot minh"),
        ("ĐƯỜNG DÂY NÓNG", "duong day nong"),
        ("Đắk Lắk", "dak lak"),
        ("Đăk Lăk", "dak lak"),
        ("ủy ban", "uy ban"),
        ("uỷ ban", "uy ban"),
        ("ខ្មែរ", "ខ្មែរ"),  # Khmer, in its own script
        ("ລາວ ກິນເຂົ້າ", unicodedata.normalize("NFKD", "ລາວ ກິນເຂົ້າ")),
        ("Straße №1", "strasse no1"),
        ("111", "111"),
    ],
)
def test_a_text_folds_as_people_type_it_without_a_vietnamese_keyboard(text: str, folded: str) -> None:
    assert fold(text) == folded
    assert fold(unicodedata.normalize("NFD", text)) == folded


@given(st.text())
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)
