"""Which organisation attached a file: its side may become another one's."""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None
OF_TODAY = """
UPDATE matter_attachment SET organisation = (
    SELECT min(one.key) FROM matter_party AS one
    WHERE one.matter = matter_attachment.matter AND one.role = matter_attachment.role
        AND one.kind = 'organisation'
    HAVING count(*) = 1
)
"""
"""Of what is there: the organisation that is the side now, where there is one."""


def upgrade() -> None:
    with op.batch_alter_table("matter_attachment") as table:
        table.add_column(sa.Column("organisation", sa.String(length=18), nullable=True))
    op.execute(OF_TODAY)


def downgrade() -> None:
    with op.batch_alter_table("matter_attachment") as table:
        table.drop_column("organisation")
