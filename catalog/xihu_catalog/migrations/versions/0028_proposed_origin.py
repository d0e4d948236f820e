"""Of an entry: whose contract is proposed (the registry's, which goes on following the registry, or,
where nothing is said, a department's), and from which snapshot on it is published."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("catalogue_entry") as table:
        table.add_column(sa.Column("proposed_origin", sa.String(length=16), nullable=True))
        table.add_column(sa.Column("published_snapshot", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("catalogue_entry") as table:
        table.drop_column("published_snapshot")
        table.drop_column("proposed_origin")
