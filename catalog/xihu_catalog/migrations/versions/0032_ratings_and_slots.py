"""Ratings of matters, one for each; appointments at counters, never beyond the places there are."""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
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
    op.create_table(
        "slot",
        sa.Column("id", ID, primary_key=True),
        sa.Column("counter", sa.String(length=40), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("starts", sa.Integer(), nullable=False),
        sa.Column("ends", sa.Integer(), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.UniqueConstraint("counter", "day", "starts"),
    )
    op.create_table(
        "booking",
        sa.Column("id", ID, primary_key=True),
        sa.Column("slot", ID, sa.ForeignKey("slot.id"), nullable=False),
        sa.Column("person", sa.String(length=80), nullable=False),
        sa.Column("sub", sa.String(length=80), nullable=False),
        sa.Column("booked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("marked_by", sa.String(length=80), nullable=True),
        sa.UniqueConstraint("person", "slot", "active"),
    )
    op.create_index("ix_booking_slot", "booking", ["slot"])
    op.create_index("ix_booking_person", "booking", ["person"])


def downgrade() -> None:
    op.drop_table("booking")
    op.drop_table("slot")
    op.drop_table("rating")
