"""What free text is refused for: numbers and addresses of people, and not what only looks like one."""

import pytest

from core.takedowns.personal import named

PEOPLE = (
    "gọi 0912 345 678 ngay",
    "gọi 0912.345.678",
    "+84 912-345-678",
    "84912345678",
    "số ０９１２３４５６７８",
    "028 3822 1234",
    "WhatsApp +44 (20) 7946 0958",
    "CCCD 079205001234",
    "079 205 001 234",
    "viết cho mai.nguyen@school.example nhé",
)
HARMLESS = (
    "",
    "Lấy tiền đặt cọc của học bổng không có thật.",
    "Bài đăng ngày 05-11-2025 08:30:00, lúc 05.11.2025 0830",
    "2026-11-05 08 30 00",
    "Công văn 1234/QĐ-A05",
    "https://tiktok.example/@x/video/7301234567890123456",
    "192.168.100.200",
    "Đã gửi 12 000 000 đồng vào tài khoản 100200300400",
    "sig_abcdefghijklmnopqrstuvwxyz",
    "hotline 111",
)


@pytest.mark.parametrize("text", PEOPLE)
def test_who_is_affected_is_found(text: str) -> None:
    assert named(text) is not None


@pytest.mark.parametrize("text", HARMLESS)
def test_what_names_nobody_passes(text: str) -> None:
    assert named(text) is None
