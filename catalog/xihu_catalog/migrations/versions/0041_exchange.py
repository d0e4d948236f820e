"""Batch exchange: targets that providers have consented to, and what was sent to each."""

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "exchange",
        sa.Column("matter", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("number", sa.String(32), nullable=False),
        sa.Column("dataset", sa.String(64), nullable=False),
        sa.Column("organisation", sa.String(18), nullable=False),
        sa.Column("provider", sa.String(18), nullable=False),
        sa.Column("host", sa.String(80), nullable=False),
        sa.Column("port", sa.Integer(), nullable=False),
        *(
            sa.Column(name, sa.String(63), nullable=False)
            for name in ("database", "schema", "table", "user")
        ),
        sa.Column("cycle", sa.String(16), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("began", TIME, nullable=False),
        sa.Column("ended", TIME, nullable=True),
        sa.Column("target", sa.String(400), nullable=True, unique=True),
        sa.Column("pair", sa.String(100), nullable=True, unique=True),
    )
    for name in ("dataset", "organisation", "provider"):
        op.create_index(f"ix_exchange_{name}", "exchange", [name])
    op.create_table(
        "exchange_batch",
        sa.Column("exchange", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("number", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("started", TIME, nullable=False),
        sa.Column("ended", TIME, nullable=True),
        *(
            sa.Column(name, sa.BigInteger(), nullable=True)
            for name in (
                *("snapshot", "policy_version", "rows", "added", "changed", "removed"),
                "repaired",
            )
        ),
        sa.Column("error_zh", sa.String(1000), nullable=True),
        sa.Column("error_en", sa.String(1000), nullable=True),
    )


def downgrade() -> None:
    op.drop_table("exchange_batch")
    op.drop_table("exchange")
