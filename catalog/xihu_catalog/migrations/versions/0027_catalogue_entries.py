"""Whether the entry of each dataset is published; what was in force before is taken over."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
COLUMNS = "dataset, state, matter, contract_digest, since, taken_over"


def upgrade() -> None:
    op.create_table(
        "catalogue_entry",
        sa.Column("dataset", sa.String(length=64), primary_key=True),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("matter", sa.BigInteger(), nullable=True),
        sa.Column("contract_digest", sa.String(length=64), nullable=False),
        sa.Column("since", MOMENT, nullable=False),
        sa.Column("taken_over", sa.Boolean(), nullable=False),
        sa.Column("signed_digest", sa.String(length=64), nullable=True),
        sa.Column("proposed_digest", sa.String(length=64), nullable=True),
        sa.Column("reviewer", sa.String(length=18), nullable=True),
        sa.Column("region", sa.String(length=6), nullable=True),
    )
    op.create_index("ix_catalogue_entry_state", "catalogue_entry", ["state"])
    op.execute(
        f"INSERT INTO catalogue_entry ({COLUMNS}) "
        "SELECT dataset, 'published', NULL, digest, CURRENT_TIMESTAMP, true FROM contract"
    )


def downgrade() -> None:
    op.drop_table("catalogue_entry")
