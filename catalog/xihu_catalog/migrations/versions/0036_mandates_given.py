"""Mandates that people give: several of one pair, each with its matter; those ended before their
day; and the codes by which they are asked for."""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
KEPT = "person, kind, key, name_zh, name_en, valid_from, valid_to, evidence, items"


def upgrade() -> None:
    _again(
        (sa.Column("matter", sa.BigInteger(), primary_key=True, autoincrement=False),),
        (sa.Column("ended_on", sa.Date(), nullable=True),),
        f"INSERT INTO behalf ({KEPT}, matter) SELECT {KEPT}, 0 FROM behalf_before",
    )
    op.create_table(
        "mandate_request",
        sa.Column("id", ID, primary_key=True),
        sa.Column("person", sa.String(), sa.ForeignKey("person.person"), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False, unique=True),
        sa.Column("items", sa.String(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("matter", sa.BigInteger(), nullable=True),
        sa.Column("cancelled", sa.Boolean(), nullable=False),
    )
    op.create_index("ix_mandate_request_person", "mandate_request", ["person"])
    op.create_index("ix_mandate_request_expires_at", "mandate_request", ["expires_at"])


def _again(
    more_keys: tuple[sa.Column[int], ...], more: tuple[sa.Column[object], ...], copied: str
) -> None:
    """The table with another primary key, which no database changes in place."""
    op.rename_table("behalf", "behalf_before")
    op.create_table(
        "behalf",
        sa.Column("person", sa.String(), sa.ForeignKey("person.person"), primary_key=True),
        sa.Column("kind", sa.String(), primary_key=True),
        sa.Column("key", sa.String(), primary_key=True),
        *more_keys,
        sa.Column("name_zh", sa.String(), nullable=False),
        sa.Column("name_en", sa.String(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=False),
        sa.Column("evidence", sa.String(), nullable=False),
        sa.Column("items", sa.String(), nullable=False, server_default=""),
        *more,
    )
    op.execute(sa.text(copied))
    op.drop_table("behalf_before")


def downgrade() -> None:
    op.drop_table("mandate_request")
    in_force = "matter = 0 AND ended_on IS NULL"
    _again((), (), f"INSERT INTO behalf ({KEPT}) SELECT {KEPT} FROM behalf_before WHERE {in_force}")
