"""Codes by which a holder shows a credential, wrong ones while they count, and showings."""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _create("credential_code", "expires_at", sa.Column("digest", sa.LargeBinary(), nullable=False))
    _create("credential_attempt", "at")
    _create("credential_showing", "at")


def _create(table: str, moment: str, *more: sa.Column[bytes]) -> None:
    op.create_table(
        table,
        sa.Column("id", ID, primary_key=True),
        sa.Column("credential", ID, sa.ForeignKey("credential.id"), nullable=False),
        *more,
        sa.Column(moment, sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index(f"ix_{table}_credential", table, ["credential"])


def downgrade() -> None:
    op.drop_table("credential_showing")
    op.drop_table("credential_attempt")
    op.drop_table("credential_code")
