"""What follows from a value alone, and what its submitter is told of it."""

import pytest

from core.signals.kinds import Kinds
from core.testing import TestedHub
from core.wire.kinds import Fact

KINDS = Kinds()
SHOP = "xn--shpmobaviet-v89e.example"

FACTS: list[tuple[str, str, dict[str, Fact]]] = [
    ("domain", "a.b.example.com.vn", {"registrable_domain": "example.com.vn"}),
    ("domain", "com.vn", {}),
    ("domain", "customer.github.io", {"registrable_domain": "customer.github.io"}),
    (
        "domain",
        "shọpmobaviet.example",
        {
            "registrable_domain": SHOP,
            "written": "shọpmobaviet.example",
            "mixed_scripts": False,
            "look_alike": "shopmobaviet.example",
        },
    ),
    (
        "domain",
        "ex\u0430mple.example",
        {
            "registrable_domain": "xn--exmple-4nf.example",
            "written": "ex\u0430mple.example",
            "mixed_scripts": True,
            "look_alike": "example.example",
        },
    ),
    (
        "domain",
        "日本語ひらがな.example",
        {
            "registrable_domain": "xn--v8j0cwa6g1563acvb2w6i.example",
            "written": "日本語ひらがな.example",
            "mixed_scripts": False,
        },
    ),
    (
        "url",
        "https://www.example.com/a?id=1&utm_source=a&FBCLID=b&utm_source=c",
        {"registrable_domain": "example.com", "tracking_parameters": ("utm_source", "fbclid")},
    ),
    ("url", "https://example.com/utm_source=a", {"registrable_domain": "example.com"}),
    ("url", "http://192.0.2.1/?gclid=a", {"tracking_parameters": ("gclid",)}),
    ("url", "http://[2001:db8::1]:8080/", {}),
    ("email", "name@mail.example.com", {"registrable_domain": "example.com"}),
    ("phone", "0950000001", {"number_type": "mobile", "region": "VN", "in_plan": True}),
    ("phone", "024 7300 0000", {"number_type": "fixed_line", "region": "VN", "in_plan": True}),
    ("phone", "1800 0000", {"number_type": "toll_free", "region": "VN", "in_plan": True}),
    ("phone", "1900 0000", {"number_type": "premium_rate", "region": "VN", "in_plan": True}),
    ("phone", "111", {"number_type": "short_code", "region": "VN", "emergency": False}),
    ("phone", "113", {"number_type": "short_code", "region": "VN", "emergency": True}),
    ("bank_account", "VCB:0001234567", {"bank": "Vietcombank"}),
    ("bank_account", "999999:0001234567", {}),
    ("text", "ĐÓNG phí  nhận quà", {"folded": "dong phi nhan qua"}),
    ("sha256", "ab" * 32, {}),
]


@pytest.mark.parametrize(("kind", "value", "facts"), FACTS)
def test_facts_follow_from_the_value(kind: str, value: str, facts: dict[str, Fact]) -> None:
    assert KINDS.facts(kind, KINDS.parse(kind, value).display) == facts


def test_nothing_is_said_of_a_kind_that_left_with_its_plugin() -> None:
    assert KINDS.facts("game_account", "anything") == {}


@pytest.mark.parametrize(
    ("kind", "value", "codes"),
    [
        ("domain", "shọpmobaviet.example", ["look_alike"]),
        ("domain", "cоm.example", ["look_alike"]),
        ("domain", "日本語.example", []),
        ("domain", "shọp.日本語.example", ["look_alike"]),
        ("domain", "\u043f\u0440\u0438\u043c\u0435\u0440.example", []),
        ("domain", "example.com", []),
        ("url", "https://shọpmobaviet.example/?gclid=1", ["look_alike", "tracking_parameters"]),
        ("url", "https://example.com/?id=1&ref=a", []),
        ("email", "name@example.com", []),
        ("email", "name@shọpmobaviet.example", ["look_alike"]),
    ],
)
def test_what_the_submitter_is_told(kind: str, value: str, codes: list[str]) -> None:
    assert [note.code for note in KINDS.parse(kind, value).notes] == codes


async def test_notes_come_with_the_result_and_facts_with_the_detail(hub: TestedHub) -> None:
    tiktok = hub.client_as("tiktok")
    item = {"kind": "url", "value": "https://shọpmobaviet.example/?utm_source=a", "tlp": "GREEN"}
    (result,) = (await tiktok.post("/v1/signals", json={"signals": [item]})).json()["results"]
    assert result["status"] == "created"
    assert [(note["pointer"], note["code"]) for note in result["errors"]] == [
        ("/signals/0/value", "look_alike"),
        ("/signals/0/value", "tracking_parameters"),
    ]
    detail = (await tiktok.get(f"/v1/signals/{result['id']}")).json()
    assert detail["signal"]["value"] == f"https://{SHOP}/?utm_source=a"
    assert detail["facts"] == {
        "registrable_domain": SHOP,
        "written": "shọpmobaviet.example",
        "mixed_scripts": False,
        "look_alike": "shopmobaviet.example",
        "tracking_parameters": ["utm_source"],
    }
