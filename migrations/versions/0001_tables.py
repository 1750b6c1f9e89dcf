"""All tables (placeholder: create_all while the rooms are being built; frozen before landing)."""

from alembic import op

from core.db import Base

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    Base.metadata.create_all(op.get_bind())
