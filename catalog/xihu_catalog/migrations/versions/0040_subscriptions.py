"""Subscriptions: what somebody wants to hear of, what happened, and what was sent by which way."""

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "subscription",
        sa.Column("id", sa.String(16), primary_key=True),
        sa.Column("sub", sa.String(80), nullable=False),
        sa.Column("position", sa.String(80), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("subject", sa.String(128), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("same", sa.String(64), nullable=False, unique=True),
        sa.Column("purpose", sa.String(8), nullable=False),
        sa.Column("words", sa.String(200), nullable=False),
        sa.Column("language", sa.String(2), nullable=False),
        sa.Column("channels", sa.String(200), nullable=False),
        sa.Column("frequency", sa.String(8), nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("reason", sa.String(24), nullable=True),
        sa.Column("feed", sa.String(64), nullable=True, unique=True),
        sa.Column("mark", sa.String(200), nullable=False),
        sa.Column("seen", sa.LargeBinary(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("due_at", TIME, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("changed_at", TIME, nullable=False),
    )
    op.create_index("subscription_owner", "subscription", ["sub", "position"])
    op.create_index("subscription_due", "subscription", ["state", "kind", "subject", "due_at"])
    op.create_table(
        "subscription_event",
        sa.Column("id", NUMBER, primary_key=True, autoincrement=True),
        sa.Column("subscription", sa.String(16), sa.ForeignKey("subscription.id"), nullable=False),
        sa.Column("key", sa.String(200), nullable=False),
        sa.Column("what", sa.String(16), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("read_at", TIME, nullable=True),
        sa.UniqueConstraint("subscription", "key"),
    )
    op.create_table(
        "subscription_sending",
        sa.Column("id", NUMBER, primary_key=True, autoincrement=True),
        sa.Column("event", NUMBER, sa.ForeignKey("subscription_event.id"), nullable=False),
        sa.Column("subscription", sa.String(16), nullable=False),
        sa.Column("way", sa.String(8), nullable=False),
        sa.Column("channel", sa.String(16), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", TIME, nullable=False),
        sa.Column("lease_until", TIME, nullable=True),
        sa.Column("claim", sa.String(16), nullable=True),
        sa.Column("why_zh", sa.String(300), nullable=False),
        sa.Column("why_en", sa.String(300), nullable=False),
        sa.Column("at", TIME, nullable=True),
        sa.UniqueConstraint("event", "way", "channel"),
    )
    op.create_index("subscription_sending_of", "subscription_sending", ["subscription", "id"])
    op.create_index("subscription_sending_due", "subscription_sending", ["state", "due_at"])


def downgrade() -> None:
    for table in ("subscription_sending", "subscription_event", "subscription"):
        op.drop_table(table)
