"""Ratings of matters, one for each."""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0030"
branch_labels = None
depends_on = None
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "rating",
        sa.Column("matter", ID, sa.ForeignKey("matter.id"), primary_key=True, autoincrement=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("organisation", sa.String(length=18), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("sub", sa.String(length=80), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("counted", sa.Boolean(), nullable=False),
        sa.Column("followed_by", ID, sa.ForeignKey("matter.id"), nullable=True, unique=True),
    )
    op.create_index("ix_rating_organisation", "rating", ["organisation"])


def downgrade() -> None:
    op.drop_table("rating")
