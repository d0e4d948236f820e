"""What a marked field read when it was marked, so that a correction can be told from a load."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("correction_mark", sa.Column("shown", sa.JSON(), nullable=True))


def downgrade() -> None:
    op.drop_column("correction_mark", "shown")
