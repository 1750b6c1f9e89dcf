"""Approval policies, licences and their acceptance, recalls, territory.

What is published stays so: no requirement is written for it, so the rule of its time goes on for it, which was one
approval of another partner. What is on its way there is handed in again, since more is approved than before.
"""

import hashlib
import time
from typing import Any

import sqlalchemy as sa
from alembic import op

from migrations import rights

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

MICROS = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TABLES = ("approval_policy", "requirement", "licence_text", "licence_acceptance", "recall_acknowledgement")
AGES = {"children": ["ages_6_11"], "teenagers": ["ages_12_15", "ages_16_18"]}

RULE = "Quy trình duyệt của Liên minh Niềm tin số (the alliance's own rule; an operator ends the row and adds another)"
LICENCE = "LicenseRef-KMM-1.0"
VI = """\
Điều khoản sử dụng tài liệu chiến dịch Không Một Mình, phiên bản 1

1. Tài liệu chỉ được dùng cho chiến dịch: để giúp trẻ em, thanh thiếu niên và gia đình nhận biết và phòng tránh nguy
hiểm trên mạng.
2. Không dùng vì lợi nhuận, không bán, không gắn với quảng cáo hàng hóa, dịch vụ.
3. Quyền tác giả vẫn thuộc về bên làm ra tài liệu. Khi đăng phải ghi nguồn như tài liệu yêu cầu.
4. Không sửa lời khuyên an toàn, số điện thoại hỗ trợ, hình ảnh nhận diện. Được cắt ngắn, thêm phụ đề, dịch khi nghĩa
vẫn giữ nguyên.
5. Không dùng tài liệu để chỉ trích, nhận dạng hoặc làm lộ thông tin của người bị ảnh hưởng.
6. Khi tài liệu bị thu hồi, gỡ tài liệu khỏi mọi nơi đã đăng và xác nhận đã gỡ.
"""
EN = """\
Terms of use of the materials of the campaign Không Một Mình (Not Alone), version 1

1. Materials are for the campaign only: to help children, young people and their families to recognise and avoid danger
online.
2. Not for profit: not for sale, and not beside advertisements for goods or services.
3. Copyright stays with whoever made the material. Name the source as the material asks.
4. Safety advice, helpline numbers and marks are not altered. Shortening, captions and translation are allowed where the
meaning stays.
5. Materials are not used to blame, identify or expose a person affected.
6. When a material is recalled, take it down wherever you published it, and confirm that you did.
"""


def upgrade() -> None:
    op.add_column("partner", sa.Column("territory", sa.Text(), nullable=False, server_default="VN"))
    for column in (
        sa.Column("territory", sa.Text(), nullable=False, server_default=""),
        sa.Column("asset_texts", sa.JSON(), nullable=False, server_default="[]"),
        sa.Column("posts", sa.JSON(), nullable=False, server_default="[]"),
        sa.Column("brief", sa.JSON(), nullable=False, server_default="{}"),
        sa.Column("withdrawn", MICROS, nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("replacement", sa.Text(), nullable=True),
    ):
        op.add_column("material_version", column)
    op.add_column("review", sa.Column("role", sa.Text(), nullable=False, server_default=""))
    op.add_column("review", sa.Column("lapsed", MICROS, nullable=True))
    _create()
    _carry_over()
    _seed()
    rights.ordinary(TABLES)


def _create() -> None:
    op.create_table(
        "approval_policy",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("approvals", sa.Integer(), nullable=False),
        sa.Column("material_kind", sa.Text(), nullable=True),
        sa.Column("category", sa.Text(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Text(), nullable=False),
        sa.Column("valid_until", sa.Text(), nullable=True),
        sa.Column("added", MICROS, nullable=False),
        sa.Column("added_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_approval_policy"),
    )
    op.create_table(
        "requirement",
        sa.Column("version", MICROS, nullable=False),
        sa.Column("policy", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["policy"], ["approval_policy.id"], name="fk_requirement_policy"),
        sa.ForeignKeyConstraint(["version"], ["material_version.number"], name="fk_requirement_version"),
        sa.PrimaryKeyConstraint("version", "policy", name="pk_requirement"),
    )
    op.create_table(
        "licence_text",
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("vi", sa.Text(), nullable=False),
        sa.Column("en", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("since", MICROS, nullable=False),
        sa.Column("until", MICROS, nullable=True),
        sa.PrimaryKeyConstraint("ref", "version", name="pk_licence_text"),
    )
    op.create_table(
        "licence_acceptance",
        sa.Column("partner", sa.Integer(), nullable=False),
        sa.Column("client", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("at", MICROS, nullable=False),
        sa.ForeignKeyConstraint(["partner"], ["partner.id"], name="fk_licence_acceptance_partner"),
        sa.PrimaryKeyConstraint("partner", "client", "digest", name="pk_licence_acceptance"),
    )
    op.create_table(
        "recall_acknowledgement",
        sa.Column("version", MICROS, nullable=False),
        sa.Column("partner", sa.Integer(), nullable=False),
        sa.Column("client", sa.Text(), nullable=False),
        sa.Column("at", MICROS, nullable=False),
        sa.Column("done", sa.Text(), nullable=False),
        sa.Column("posts", sa.JSON(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["partner"], ["partner.id"], name="fk_recall_acknowledgement_partner"),
        sa.ForeignKeyConstraint(["version"], ["material_version.number"], name="fk_recall_acknowledgement_version"),
        sa.PrimaryKeyConstraint("version", "partner", name="pk_recall_acknowledgement"),
    )


def _carry_over() -> None:
    op.execute("UPDATE review SET role = (SELECT kind FROM partner WHERE partner.id = review.partner)")
    op.execute(
        "UPDATE material_version SET withdrawn = (SELECT withdrawn FROM material WHERE number = material) "
        "WHERE published IS NOT NULL"
    )
    op.execute("UPDATE material_version SET state = 'draft', digest = NULL WHERE state IN ('in_review', 'approved')")
    versions = sa.table("material_version", sa.column("number"), sa.column("audiences", sa.JSON()))
    for number, audiences in op.get_bind().execute(sa.select(versions)).all():
        ages = [age for one in audiences for age in AGES.get(one, [one])]
        if ages != audiences:
            op.execute(versions.update().where(versions.c.number == number).values(audiences=ages))


def _seed() -> None:
    now = time.time_ns() // 1_000
    policy: dict[str, Any] = {"approvals": 1, "source": RULE, "valid_from": "2025-10-06", "added": now}
    policies = [policy | {"role": role, "added_by": "hub"} for role in ("protection", "agency")]
    op.bulk_insert(sa.table("approval_policy", *map(sa.column, policies[0])), policies)
    digest = hashlib.sha256("\0".join((LICENCE, VI, EN)).encode()).hexdigest()
    text = {"ref": LICENCE, "version": 1, "vi": VI, "en": EN, "digest": digest, "since": now}
    op.bulk_insert(sa.table("licence_text", *map(sa.column, text)), [text])


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
    for column in ("role", "lapsed"):
        op.drop_column("review", column)
    for column in ("territory", "asset_texts", "posts", "brief", "withdrawn", "reason", "replacement"):
        op.drop_column("material_version", column)
    op.drop_column("partner", "territory")
