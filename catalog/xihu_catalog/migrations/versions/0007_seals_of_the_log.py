"""What the log has settled for persons is sealed, so that verification can tell a forged row."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _regions()
    _counted()
    # A pin without a predicate seals nothing: its key opened nothing and no hash covered it.
    pins = sa.table("audit_pin", sa.column("key"), sa.column("whole", sa.Boolean()))
    op.execute(pins.update().where(pins.c.whole).values(key=None))
    # Whom a stream of the first format showed is asked again: it stands in `audit_counted` now.
    subjects = sa.table("audit_subject", sa.column("seq"), sa.column("leaf"))
    replays = sa.table("audit_replay", sa.column("seq"))
    op.execute(
        subjects.delete().where(
            subjects.c.leaf.is_(None), subjects.c.seq.in_(sa.select(replays.c.seq))
        )
    )


def _regions() -> None:
    """Rows settled before are not carried over: they are asked of the lake again, and sealed."""
    op.drop_table("audit_region")
    op.create_table(
        "audit_region",
        sa.Column("subject", sa.String(length=40), nullable=False),
        sa.Column("dataset", sa.String(length=64), nullable=False),
        sa.Column("snapshot_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("region", sa.String(length=6), nullable=False),
        sa.Column("seal", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("subject", "dataset", "snapshot_id", "region"),
    )


def _counted() -> None:
    op.drop_table("audit_counted")
    op.create_table(
        "audit_counted",
        sa.Column("subject", sa.String(length=40), nullable=False),
        sa.Column("pin", sa.String(length=43), nullable=False),
        sa.Column("counted", sa.Boolean(), nullable=False),
        sa.Column("seal", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("subject", "pin"),
    )


def downgrade() -> None:
    """The program before knows no seals: there is no way back."""
    raise RuntimeError("restore the backup made before the upgrade")
