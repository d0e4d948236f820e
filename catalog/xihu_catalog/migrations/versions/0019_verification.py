"""Claims that items let be verified, the answers given once, and the lists that were asked."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("ground_item", sa.Column("claims", sa.JSON(), nullable=True))
    op.create_table(
        "verification",
        sa.Column("ground", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("dataset", sa.String(length=64), nullable=False),
        sa.Column("claim", sa.String(length=64), nullable=False),
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("argument", sa.String(length=16), nullable=False),
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("answer", sa.String(length=12), nullable=False),
        sa.Column("snapshot_id", sa.BigInteger(), nullable=False),
        sa.Column("snapshot_at", MOMENT, nullable=False),
        sa.Column("data_as_of", sa.String(length=32), nullable=True),
        sa.Column("answered_at", MOMENT, nullable=False),
        sa.Column("answered_for", sa.String(length=80), nullable=False),
        sa.PrimaryKeyConstraint("ground", "subject", "dataset", "claim", "place"),
        sa.UniqueConstraint("ground", "subject", "dataset", "claim", "argument"),
    )
    op.create_index("ix_verification_key", "verification", ["key"])
    op.create_table(
        "verification_list",
        sa.Column("ground", sa.String(length=64), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("organisation", sa.String(length=18), nullable=False),
        sa.Column("dataset", sa.String(length=64), nullable=False),
        sa.Column("claim", sa.String(length=64), nullable=False),
        sa.Column("persons", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("ground", "day"),
    )
    op.create_index("ix_verification_list_organisation", "verification_list", ["organisation"])


def downgrade() -> None:
    op.drop_table("verification_list")
    op.drop_table("verification")
    op.drop_column("ground_item", "claims")
