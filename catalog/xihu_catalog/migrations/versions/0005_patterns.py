"""What is hidden in each snapshot of a protected dataset."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "brain_pattern",
        sa.Column("lake_table", sa.String(length=128), nullable=False),
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("family", sa.String(length=64), nullable=False),
        sa.Column("snapshot_id", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("lake_table", "place"),
        sa.UniqueConstraint("lake_table", "family", "snapshot_id"),
    )


def downgrade() -> None:
    op.drop_table("brain_pattern")
