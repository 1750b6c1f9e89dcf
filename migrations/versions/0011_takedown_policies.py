"""The policies that a hub starts with: what the law gives, what the alliance gives itself, days moved by decree.

Kept through `kmm policy` and /v1/takedown-policies from then on. Not legal advice: press and law-firm notes were read,
the laws' own texts were not; the column `source` says so row by row.
"""

import time
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

MINUTE, HOUR = 60, 3_600
OWN = "; acknowledgement, warnings and escalation are the alliance's own terms"
DECREE_147 = "Nghị định 147/2024/NĐ-CP (Decree 147/2024/NĐ-CP)"
LAW_116 = "Luật An ninh mạng 116/2025/QH15 (Law on Cybersecurity 116/2025/QH15)"
PRESS_147 = "vneconomy, celigal.com, vietnam.vn on Decree 147/2024; its own text was not opened"
PRESS_116 = "mondaq 1729070, thanhnien 18525121011582924; its own text was not opened, implementing decree pending then"
ALLIANCE = "Điều khoản của Liên minh Niềm tin số (the alliance's own terms; no statute)"
PROTOCOL = "Quy trình khẩn cấp của Liên minh Niềm tin số (the alliance's emergency protocol; no statute)"
TERMS = "Terms of the alliance; an operator changes them by ending the row and adding another"

DAY_TERMS: dict[str, Any] = {
    "acknowledge_seconds": 4 * HOUR,
    "warn_seconds": [6 * HOUR, HOUR],
    "escalate_seconds": 2 * HOUR,
}
URGENT_TERMS: dict[str, Any] = {
    "acknowledge_seconds": HOUR,
    "warn_seconds": [2 * HOUR, 30 * MINUTE],
    "escalate_seconds": 30 * MINUTE,
}
EMERGENCY_TERMS: dict[str, Any] = {
    "acknowledge_seconds": 10 * MINUTE,
    "warn_seconds": [10 * MINUTE],
    "escalate_seconds": 5 * MINUTE,
}
CALL_TERMS: dict[str, Any] = {
    "acknowledge_seconds": 5 * MINUTE,
    "warn_seconds": [5 * MINUTE],
    "escalate_seconds": 2 * MINUTE,
}
REQUESTS = ("authority_order", "user_complaint", "protection_notice")

EXCHANGE = (
    "Government's consent of 2025-12-25, announced by the Ministry of Home Affairs: "
    "https://www.24h.com.vn/tin-tuc-trong-ngay/ai-duoc-hoan-doi-de-nghi-tet-duong-lich-4-ngay-c46a1724830.html"
)
DAYS = (
    {
        "day": "2026-01-02",
        "working": False,
        "name": "Nghỉ hoán đổi Tết Dương lịch / day off in exchange for 10 January",
        "source": EXCHANGE,
    },
    {
        "day": "2026-01-10",
        "working": True,
        "name": "Làm bù cho ngày 2 tháng 1 / worked in exchange for 2 January",
        "source": EXCHANGE,
    },
)
"""What the library of holidays does not know."""


def upgrade() -> None:
    names = (*rows()[0], "added", "added_by")
    columns = [sa.column(name, sa.JSON() if name == "warn_seconds" else None) for name in names]
    policies = sa.table("takedown_policy", *columns)
    common = {"added": time.time_ns() // 1_000, "added_by": "hub"}
    op.bulk_insert(policies, [row | common for row in rows()])
    repeats = ("days", "violations", "lock_days_least", "lock_days_most", "legal_basis", "source")
    table = sa.table("repeat_policy", *(sa.column(name) for name in repeats))
    lock = (7, 30, DECREE_147, f"{PRESS_147}; a permanent lock after three is left to the platform")
    op.bulk_insert(table, [dict(zip(repeats, (*span, *lock), strict=True)) for span in ((30, 5), (90, 10))])
    op.bulk_insert(
        sa.table("calendar_day", *(sa.column(name) for name in ("calendar", "day", "working", "name", "source"))),
        [{"calendar": "vn-office"} | day for day in DAYS],
    )


def rows() -> list[dict[str, Any]]:
    """Every policy."""
    return [
        _row("authority_order", "normal", 24 * HOUR, DECREE_147, PRESS_147 + OWN, "2024-12-25", DAY_TERMS),
        _row("authority_order", "normal", 24 * HOUR, LAW_116, PRESS_116 + OWN, "2026-07-01", DAY_TERMS),
        _row("authority_order", "urgent", 6 * HOUR, LAW_116, PRESS_116 + OWN, "2026-07-01", URGENT_TERMS),
        _row("user_complaint", "normal", 48 * HOUR, DECREE_147, PRESS_147 + OWN, "2024-12-25", DAY_TERMS),
        _row("protection_notice", "normal", 24 * HOUR, ALLIANCE, TERMS, "2025-10-06", DAY_TERMS),
        _row("protection_notice", "urgent", 6 * HOUR, ALLIANCE, TERMS, "2025-10-06", URGENT_TERMS),
        *(_row(basis, "emergency", 30 * MINUTE, PROTOCOL, TERMS, "2025-10-06", EMERGENCY_TERMS) for basis in REQUESTS),
        _row("emergency_call", "emergency", 15 * MINUTE, PROTOCOL, TERMS, "2025-10-06", CALL_TERMS),
    ]


def _row(
    basis: str, priority: str, seconds: int, legal_basis: str, source: str, valid_from: str, terms: dict[str, Any]
) -> dict[str, Any]:
    return {
        "basis": basis,
        "priority": priority,
        "seconds": seconds,
        "counted": "elapsed",
        "calendar": "vn-office",
        "legal_basis": legal_basis,
        "source": source,
        "valid_from": valid_from,
        "valid_until": None,
    } | terms


def downgrade() -> None:
    op.execute("UPDATE takedown_request SET policy = NULL")
    for table in ("calendar_day", "repeat_policy", "takedown_policy"):
        op.execute(f"DELETE FROM {table}")  # noqa: S608  (our own names)
