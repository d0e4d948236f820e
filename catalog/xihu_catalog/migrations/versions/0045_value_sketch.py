"""Sketches of values, by which fields of departments are compared without their values."""

import sqlalchemy as sa
from alembic import op

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "value_sketch",
        sa.Column("dataset", sa.String(64), primary_key=True),
        sa.Column("field", sa.String(64), primary_key=True),
        sa.Column("snapshot", sa.BigInteger(), nullable=False),
        sa.Column("contract", sa.String(64), nullable=False),
        sa.Column("digests", sa.LargeBinary(), nullable=True),
        sa.Column("is_complete", sa.Boolean(), nullable=False),
        sa.Column("made", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "value_overlap",
        *(
            sa.Column(name, sa.String(64), primary_key=True)
            for name in ("dataset", "field", "other_dataset", "other_field")
        ),
        sa.Column("band", sa.String(16), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("value_overlap")
    op.drop_table("value_sketch")
