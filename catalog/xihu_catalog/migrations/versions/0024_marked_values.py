"""What a marked field read when it was marked, so that a correction can be told from a load.

The items under which records were verified opened every field: they open none. Whoever takes such a
request up again has the marked field.
"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("shown", "key_fields", "clear"):
        op.add_column("correction_mark", sa.Column(name, sa.JSON(), nullable=True))
    items = sa.table("ground_item", sa.column("item", sa.String()), sa.column("fields", sa.JSON()))
    op.execute(items.update().where(items.c.item.like("correction:%")).values(fields=[]))


def downgrade() -> None:
    for name in ("shown", "key_fields", "clear"):
        op.drop_column("correction_mark", name)
