"""What a mandate is for: the service items that it names, every one where it names none."""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("behalf") as table:
        table.add_column(sa.Column("items", sa.String(), nullable=False, server_default=""))


def downgrade() -> None:
    with op.batch_alter_table("behalf") as table:
        table.drop_column("items")
