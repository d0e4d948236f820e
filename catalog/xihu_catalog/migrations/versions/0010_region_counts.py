"""The rows of each region in a snapshot, counted at the load."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "region_count",
        sa.Column("lake_table", sa.String(length=80), nullable=False),
        sa.Column("snapshot_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("lake_table", "snapshot_id"),
    )


def downgrade() -> None:
    op.drop_table("region_count")
