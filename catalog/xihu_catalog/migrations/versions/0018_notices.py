"""Notices of what happened in matters: whom they are for, who has read them, ways outside."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "notice",
        sa.Column("id", ID, nullable=False),
        sa.Column("matter", ID, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("recipient", sa.String(length=80), nullable=False),
        sa.Column("duties", sa.String(length=200), nullable=False),
        sa.Column("position", sa.String(length=80), nullable=True),
        sa.Column("event", sa.String(length=40), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["matter"],
            ["matter.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("matter", "seq", "recipient"),
    )
    op.create_index("notice_recipient", "notice", ["recipient", "id"], unique=False)
    op.create_table(
        "notice_read",
        sa.Column("notice", ID, nullable=False),
        sa.Column("sub", sa.String(length=80), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["notice"],
            ["notice.id"],
        ),
        sa.PrimaryKeyConstraint("notice", "sub"),
    )
    op.create_index("ix_notice_read_at", "notice_read", ["at"], unique=False)
    op.create_table(
        "notice_channel",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("recipient", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("address", sa.String(length=300), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("confirmed_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("recipient", "kind", "address"),
    )
    op.create_index("ix_notice_channel_recipient", "notice_channel", ["recipient"], unique=False)
    # Promises of notices that nothing ever took: notices have rows of their own now.
    op.execute("DELETE FROM matter_outbox WHERE effect = 'notice'")


def downgrade() -> None:
    op.drop_table("notice_channel")
    op.drop_table("notice_read")
    op.drop_table("notice")
