"""Entries that no contract compiles into, with every version of them."""

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "stored_entry",
        sa.Column("id", sa.String(128), primary_key=True),
        sa.Column("source", sa.String(64), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
    )
    op.create_index("ix_stored_entry_source", "stored_entry", ["source"])
    op.create_index("ix_stored_entry_number", "stored_entry", ["number"])
    op.create_table(
        "stored_entry_text",
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("content", sa.LargeBinary(), nullable=False),
    )
    op.create_table(
        "stored_entry_version",
        sa.Column("number", NUMBER, primary_key=True, autoincrement=True),
        sa.Column("entry", sa.String(128), nullable=False),
        sa.Column("digest", sa.String(64), nullable=True),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_stored_entry_version_entry", "stored_entry_version", ["entry"])


def downgrade() -> None:
    for table in ("stored_entry_version", "stored_entry_text", "stored_entry"):
        op.drop_table(table)
