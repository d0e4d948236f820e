"""Which load a load of corrections corrects, and which quarantined records it corrected."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("load", sa.Column("corrects", sa.String(length=32), nullable=True))
    op.create_table(
        "corrected_record",
        sa.Column("into_load", sa.String(length=32), nullable=False),
        sa.Column("at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("load_id", sa.String(length=32), nullable=False),
        sa.Column("record", sa.BigInteger(), nullable=False),
        sa.Column("accepted", sa.Boolean(), nullable=False),
        sa.Column("rules", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("into_load", "at"),
    )
    op.create_index("ix_corrected_record_load_id", "corrected_record", ["load_id"])


def downgrade() -> None:
    op.drop_table("corrected_record")
    op.drop_column("load", "corrects")
