"""Patterns: ours say what was meant, and those of others are read as far as we know them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stix2patterns.validator import run_validator

from plugins.taxii.stix import grammar, patterns
from tests.signals.kinds.canonical_forms import FORMS


@given(st.sampled_from(sorted(FORMS)).flatmap(lambda kind: st.tuples(st.just(kind), FORMS[kind])))
def test_a_pattern_says_its_observable(form: tuple[str, str]) -> None:
    pattern = patterns.write(*form)
    assert patterns.read(pattern) == form
    assert run_validator(pattern, stix_version="2.1") == []


@pytest.mark.parametrize(
    ("pattern", "meant"),
    [
        ("[ domain-name:value='gift.example' ]", ("domain", "gift.example")),
        ("[file:hashes.'SHA256' = 'aa']", ("sha256", "aa")),
        ("[user-account:user_id = '7' AND user-account:account_type = 'telegram']", ("social_account", "telegram:7")),
        (r"[url:value = 'https://a.example/\'\\']", ("url", "https://a.example/'\\")),
        ("[domain-name:value = 'a.example' OR domain-name:value = 'b.example']", None),
        ("[domain-name:value = 'a.example'] FOLLOWEDBY [url:value = 'https://b.example/']", None),
        ("[domain-name:value = 'a.example' AND url:value = 'https://a.example/']", None),
        ("[domain-name:value LIKE '%.example']", None),
        ("[domain-name:value = 'a.example'] WITHIN 5 SECONDS", None),
        ("[bank-account:account_number = '0001']", None),
        ("[process:name = 'x']", None),
        ("domain-name:value = 'a.example'", None),
        ("", None),
    ],
)
def test_patterns_of_others(pattern: str, meant: tuple[str, str] | None) -> None:
    assert patterns.read(pattern) == meant


@pytest.mark.parametrize(
    ("pattern", "is_one"),
    [
        ("[ipv4-addr:value = '192.0.2.1' OR (url:value IN ('a', 'b') AND url:value NOT LIKE '%')]", True),
        ("([a:b = 1] AND [c:d != t'2026-01-01T00:00:00Z']) WITHIN 5 SECONDS", True),
        ("[a:b.c[*].'d e' > 3.5] FOLLOWEDBY [EXISTS a:b] REPEATS 3 TIMES", True),
        ("[a:b]", False),
        ("[a:b = 'c'", False),
        ("[a:b = 'c'] AND", False),
        ("[a:b = 'c'] WITHIN -5 SECONDS", False),
        ("[AND:b = 1]", False),
        ("((((([a:b = 1]", False),
    ],
)
def test_patterns_are_what_clients_can_parse(pattern: str, is_one: bool) -> None:
    assert grammar.is_pattern(pattern) is is_one
    assert is_one is not bool(run_validator(pattern, stix_version="2.1"))
