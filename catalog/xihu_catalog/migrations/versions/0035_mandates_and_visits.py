"""What a mandate is for, every service where it names none; and the papers of a case that are to be
brought to the counter, unknown of those handed in before."""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("behalf") as table:
        table.add_column(sa.Column("items", sa.String(), nullable=False, server_default=""))
    with op.batch_alter_table("case_measure") as table:
        table.add_column(sa.Column("counter", sa.Integer(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("case_measure") as table:
        table.drop_column("counter")
    with op.batch_alter_table("behalf") as table:
        table.drop_column("items")
