"""Grants by the list of what is returned to a department below (Order 809 art. 24)."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    kind = sa.Column("kind", sa.String(length=12), nullable=False, server_default="request")
    op.add_column("grant", kind)


def downgrade() -> None:
    op.execute("DELETE FROM \"grant\" WHERE kind = 'backflow'")
    op.drop_column("grant", "kind")
