"""Lineage outside of the platform, as departments' own systems report it."""

import sqlalchemy as sa
from alembic import op

revision = "0047"
down_revision = "0045"
branch_labels = None
depends_on = None
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "stated_lineage",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("organisation", sa.String(18), nullable=False),
        sa.Column("run_id", sa.String(36), nullable=False),
        sa.Column("event_at", TIME, nullable=False),
        sa.Column("received_at", TIME, nullable=False),
        sa.Column("edges", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
    )
    for name in ("organisation", "received_at"):
        op.create_index(f"ix_stated_lineage_{name}", "stated_lineage", [name])


def downgrade() -> None:
    op.drop_table("stated_lineage")
