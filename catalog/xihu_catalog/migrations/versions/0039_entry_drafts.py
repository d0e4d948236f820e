"""Drafts of catalogue entries that CKAN's clients write, with their versions."""

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "entry_draft",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("organisation", sa.String(18), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("used_name", sa.String(100), nullable=True),
        sa.Column("of", sa.String(128), nullable=True),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("made_at", TIME, nullable=False),
        sa.Column("changed_at", TIME, nullable=False),
        sa.Column("deleted_at", TIME, nullable=True),
        sa.UniqueConstraint("organisation", "used_name", name="uq_entry_draft_used_name"),
    )
    op.create_table(
        "entry_draft_version",
        sa.Column("draft", sa.String(36), primary_key=True),
        sa.Column("number", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("author", sa.String(64), nullable=False),
        sa.Column("since", TIME, nullable=False),
    )
    op.create_table(
        "entry_draft_resource",
        sa.Column("organisation", sa.String(18), primary_key=True),
        sa.Column("resource", sa.String(100), primary_key=True),
        sa.Column("draft", sa.String(36), nullable=False),
    )
    op.create_index("ix_entry_draft_resource_draft", "entry_draft_resource", ["draft"])


def downgrade() -> None:
    for table in ("entry_draft_resource", "entry_draft_version", "entry_draft"):
        op.drop_table(table)
