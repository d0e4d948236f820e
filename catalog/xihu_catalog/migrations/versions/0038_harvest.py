"""Harvests of other catalogues: runs, their checkpoints, and the records of each source."""

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    counts = ("new", "changed", "same", "removed", "failed")
    op.create_table(
        "harvest_run",
        sa.Column("id", NUMBER, primary_key=True, autoincrement=True),
        sa.Column("source", sa.String(64), nullable=False),
        sa.Column("url", sa.String(2000), nullable=False),
        sa.Column("started", TIME, nullable=False),
        sa.Column("ended", TIME, nullable=True),
        sa.Column("state", sa.String(16), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in counts),
        sa.Column("confirmed", sa.Boolean(), nullable=False),
        sa.Column("error_zh", sa.String(1000), nullable=True),
        sa.Column("error_en", sa.String(1000), nullable=True),
    )
    op.create_index("ix_harvest_run_source", "harvest_run", ["source"])
    op.create_table(
        "harvest_page",
        sa.Column("run", NUMBER, primary_key=True, autoincrement=False),
        sa.Column("number", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("address", sa.String(2000), nullable=False),
        sa.Column("next", sa.String(2000), nullable=True),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=True),
        sa.Column("seen", sa.LargeBinary(), nullable=False),
        sa.Column("deferred", sa.LargeBinary(), nullable=False),
    )
    op.create_table(
        "harvest_record",
        sa.Column("source", sa.String(64), primary_key=True),
        sa.Column("record", sa.String(500), primary_key=True),
        sa.Column("entry", sa.String(128), nullable=True, unique=True),
        sa.Column("digest", sa.String(64), nullable=True),
        sa.Column("facts", sa.LargeBinary(), nullable=True),
        sa.Column("edits", sa.LargeBinary(), nullable=True),
        sa.Column("in_force", sa.Boolean(), nullable=False),
        sa.Column("error_zh", sa.String(1000), nullable=True),
        sa.Column("error_en", sa.String(1000), nullable=True),
        sa.Column("page_key", sa.String(64), nullable=True),
        sa.Column("content_key", sa.String(64), nullable=True),
        sa.Column("added_run", sa.BigInteger(), nullable=False),
        sa.Column("changed_run", sa.BigInteger(), nullable=False),
    )
    for name in ("page_key", "content_key"):
        op.create_index(f"ix_harvest_record_{name}", "harvest_record", [name])


def downgrade() -> None:
    for table in ("harvest_record", "harvest_page", "harvest_run"):
        op.drop_table(table)
