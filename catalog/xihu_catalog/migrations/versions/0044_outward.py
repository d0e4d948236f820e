"""The catalogue report, and the checks of entries by the standards' own validators."""

import sqlalchemy as sa
from alembic import op

revision = "0044"
down_revision = "0042"
branch_labels = None
depends_on = None
TIME = sa.DateTime(timezone=True)
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "catalogue_report_contract",
        sa.Column("dataset", sa.String(64), primary_key=True),
        sa.Column("digest", sa.String(64), nullable=True),
        sa.Column("number", sa.BigInteger(), nullable=False),
    )
    op.create_index("ix_catalogue_report_contract_number", "catalogue_report_contract", ["number"])
    op.create_table(
        "catalogue_report",
        sa.Column("id", NUMBER, primary_key=True, autoincrement=True),
        sa.Column("made_at", TIME, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("marker", sa.String(64), nullable=False),
        sa.Column("previous", sa.String(64), nullable=True),
        sa.Column("entries", sa.BigInteger(), nullable=False),
        sa.Column("removed", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("receiver", sa.String(128), nullable=False),
    )
    op.create_index("ix_catalogue_report_marker", "catalogue_report", ["marker"])
    op.create_table(
        "entry_check",
        sa.Column("entry", sa.String(128), primary_key=True),
        sa.Column("is_stored", sa.Boolean(), nullable=False),
        sa.Column("facts", sa.String(64), nullable=False),
        sa.Column("checkers", sa.String(200), nullable=False),
        sa.Column("checked_at", TIME, nullable=False),
        sa.Column("results", sa.LargeBinary(), nullable=False),
    )
    op.create_table(
        "entry_check_mark",
        sa.Column("id", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("entry_check_mark")
    op.drop_table("entry_check")
    op.drop_table("catalogue_report")
    op.drop_table("catalogue_report_contract")
