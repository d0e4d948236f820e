"""Files that parties attach to a matter."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "matter_attachment",
        sa.Column("id", ID, primary_key=True),
        sa.Column("matter", ID, sa.ForeignKey("matter.id"), nullable=False),
        sa.Column("role", sa.String(length=40), nullable=False),
        sa.Column("sub", sa.String(length=80), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("media_type", sa.String(length=20), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("name", sa.LargeBinary(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
    )
    op.create_index("ix_matter_attachment_matter", "matter_attachment", ["matter"])
    op.create_index("ix_matter_attachment_sub", "matter_attachment", ["sub"])


def downgrade() -> None:
    op.drop_table("matter_attachment")
