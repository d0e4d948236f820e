"""Credentials, their changes of state and their documents."""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "credential",
        sa.Column("id", ID, primary_key=True),
        sa.Column("token", sa.String(length=40), nullable=False, unique=True),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("number", sa.String(length=80), nullable=False),
        sa.Column("issuer", sa.String(length=18), nullable=False),
        sa.Column("holder", sa.String(length=80), nullable=False),
        sa.Column("matter", ID, sa.ForeignKey("matter.id"), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("changes", sa.Integer(), nullable=False),
        sa.Column("status_pair", sa.Integer(), nullable=False),
        sa.Column("status_index", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.UniqueConstraint("status_pair", "status_index"),
    )
    op.create_index("ix_credential_matter", "credential", ["matter"])
    op.create_index("credential_status", "credential", ["status_pair", "state"])
    op.create_index("credential_holder", "credential", ["holder", "issued_at"])
    op.create_table(
        "credential_change",
        sa.Column("credential", ID, sa.ForeignKey("credential.id"), primary_key=True),
        sa.Column("seq", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sub", sa.String(length=80), nullable=False),
        sa.Column("position", sa.String(length=80), nullable=True),
        sa.Column("reason", sa.LargeBinary(), nullable=False),
    )
    op.create_table(
        "credential_file",
        sa.Column("credential", ID, sa.ForeignKey("credential.id"), primary_key=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("credential_file")
    op.drop_table("credential_change")
    op.drop_table("credential")
