"""Grounds that are opened as matters, and subjects that were added to them later."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("ground") as table:
        table.add_column(sa.Column("matter", sa.BigInteger(), nullable=True))
        table.add_column(sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True))
        table.create_index("ix_ground_matter", ["matter"])
    with op.batch_alter_table("ground_subject") as table:
        table.add_column(sa.Column("added", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "ground_maker",
        sa.Column("ground", sa.String(length=64), nullable=False),
        sa.Column("sub", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(["ground"], ["ground.number"]),
        sa.PrimaryKeyConstraint("ground", "sub"),
    )


def downgrade() -> None:
    op.drop_table("ground_maker")
    with op.batch_alter_table("ground_subject") as table:
        table.drop_column("added")
    with op.batch_alter_table("ground") as table:
        table.drop_index("ix_ground_matter")
        table.drop_column("confirmed_at")
        table.drop_column("matter")
