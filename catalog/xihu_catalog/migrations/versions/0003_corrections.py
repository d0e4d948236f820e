"""Receipts of files of corrections."""

import sqlalchemy as sa
from alembic import op

from xihu_platform.database import UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "correction",
        sa.Column("entry", sa.String(length=32), nullable=False),
        sa.Column("dataset", sa.String(length=64), nullable=False),
        sa.Column("load_id", sa.String(length=32), nullable=False),
        sa.Column("file_name", sa.String(length=255), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("handed_in_at", UtcDateTime(), nullable=False),
        sa.Column("settled_at", UtcDateTime(), nullable=True),
        sa.Column("into_load", sa.String(length=32), nullable=True),
        sa.Column("kept", sa.BigInteger(), nullable=False),
        sa.Column("set_aside", sa.BigInteger(), nullable=False),
        sa.Column("known", sa.Boolean(), nullable=False),
        sa.Column("refusal_zh", sa.Text(), nullable=False),
        sa.Column("refusal_en", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("entry"),
    )
    with op.batch_alter_table("correction", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_correction_load_id"), ["load_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_correction_state"), ["state"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("correction", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_correction_state"))
        batch_op.drop_index(batch_op.f("ix_correction_load_id"))
    op.drop_table("correction")
