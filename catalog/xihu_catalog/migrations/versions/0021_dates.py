"""The day on which a date of a matter moves it, so that it can be asked for."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("matter", sa.Column("next_on", sa.Date(), nullable=True))
    op.create_index("matter_next", "matter", ["next_on"])


def downgrade() -> None:
    op.drop_index("matter_next", "matter")
    op.drop_column("matter", "next_on")
