"""Matters: their definitions, events, clocks, open work and outbox; grants that stand on them."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
TABLES = (
    *("matter_outbox", "matter_work", "matter_party", "matter_clock", "matter_link"),
    *("matter_key", "matter_text", "matter_event", "matter", "position_substitute"),
    "matter_definition",
)


def upgrade() -> None:
    _matters()
    _events()
    _texts()
    _clocks()
    _work()
    _grants()
    _serials()


def _matters() -> None:
    op.create_table(
        "matter_definition",
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("valid_from", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("kind", "version"),
    )
    op.create_table(
        "position_substitute",
        sa.Column("position", sa.String(length=80), nullable=False),
        sa.Column("substitute", sa.String(length=80), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=False),
        sa.Column("set_by", sa.String(length=80), nullable=False),
        sa.PrimaryKeyConstraint("position", "substitute", "valid_from"),
    )
    op.create_table(
        "matter",
        sa.Column("id", ID, nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("definition", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("about", sa.String(length=80), nullable=True),
        sa.Column("region", sa.String(length=6), nullable=False),
        sa.Column("opened_at", MOMENT, nullable=False),
        sa.Column("closed_at", MOMENT, nullable=True),
        sa.Column("outcome", sa.String(length=16), nullable=True),
        sa.Column("parent", ID, nullable=True),
        sa.Column("root", ID, nullable=True),
        sa.ForeignKeyConstraint(
            ["kind", "definition"],
            ["matter_definition.kind", "matter_definition.version"],
        ),
        sa.ForeignKeyConstraint(
            ["parent"],
            ["matter.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_matter_parent", "matter", ["parent"], unique=False)
    op.create_index("matter_about", "matter", ["about"], unique=False)
    op.create_index("matter_kind_state", "matter", ["kind", "state"], unique=False)


def _events() -> None:
    op.create_table(
        "matter_event",
        sa.Column("matter", ID, nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("sub", sa.String(length=80), nullable=False),
        sa.Column("position", sa.String(length=80), nullable=True),
        sa.Column("organisation", sa.String(length=18), nullable=True),
        sa.Column("stands_in_for", sa.String(length=80), nullable=True),
        sa.Column("command_key", sa.String(length=80), nullable=False),
        sa.Column("command_sha256", sa.String(length=64), nullable=False),
        sa.Column("article", sa.String(length=200), nullable=True),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("clocks", sa.JSON(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["matter"],
            ["matter.id"],
        ),
        sa.PrimaryKeyConstraint("matter", "seq"),
        sa.UniqueConstraint("command_key"),
    )


def _texts() -> None:
    op.create_table(
        "matter_text",
        sa.Column("matter", ID, autoincrement=False, nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["matter", "seq"],
            ["matter_event.matter", "matter_event.seq"],
        ),
        sa.PrimaryKeyConstraint("matter", "seq", "name"),
    )
    op.create_table(
        "matter_key",
        sa.Column("matter", ID, nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["matter"],
            ["matter.id"],
        ),
        sa.PrimaryKeyConstraint("matter"),
    )
    op.create_table(
        "matter_link",
        sa.Column("source", ID, nullable=False),
        sa.Column("target", ID, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(
            ["source"],
            ["matter.id"],
        ),
        sa.ForeignKeyConstraint(
            ["target"],
            ["matter.id"],
        ),
        sa.PrimaryKeyConstraint("source", "target", "kind"),
    )


def _clocks() -> None:
    op.create_table(
        "matter_clock",
        sa.Column("matter", ID, nullable=False),
        sa.Column("duty", sa.String(length=80), nullable=False),
        sa.Column("start_seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("stop_seq", sa.Integer(), nullable=True),
        sa.Column("stopped_on", sa.Date(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("firm", sa.Boolean(), nullable=False),
        sa.Column("calendar", sa.Integer(), nullable=False),
        sa.Column("next_mark", sa.String(length=16), nullable=True),
        sa.Column("next_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["matter"],
            ["matter.id"],
        ),
        sa.PrimaryKeyConstraint("matter", "duty", "start_seq"),
    )
    op.create_index("matter_clock_calendar", "matter_clock", ["stop_seq", "calendar"], unique=False)
    op.create_index("matter_clock_next", "matter_clock", ["next_on"], unique=False)
    op.create_table(
        "matter_party",
        sa.Column("matter", ID, nullable=False),
        sa.Column("role", sa.String(length=40), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(
            ["matter"],
            ["matter.id"],
        ),
        sa.PrimaryKeyConstraint("matter", "role", "key"),
    )
    op.create_index("matter_party_key", "matter_party", ["key", "matter"], unique=False)


def _work() -> None:
    op.create_table(
        "matter_work",
        sa.Column("id", ID, nullable=False),
        sa.Column("matter", ID, nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("queue", sa.String(length=80), nullable=False),
        sa.Column("duty", sa.String(length=24), nullable=False),
        sa.Column("opened_seq", sa.Integer(), nullable=False),
        sa.Column("closed_seq", sa.Integer(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["matter"],
            ["matter.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("matter", "name", "queue", "duty", "opened_seq"),
    )
    op.create_index("ix_matter_work_matter", "matter_work", ["matter"], unique=False)
    op.create_index(
        "matter_work_queue", "matter_work", ["queue", "duty", "closed_seq", "due_on"], unique=False
    )
    op.create_table(
        "matter_outbox",
        sa.Column("id", ID, nullable=False),
        sa.Column("matter", ID, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("effect", sa.String(length=40), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("lease_until", MOMENT, nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["matter"],
            ["matter.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_matter_outbox_matter", "matter_outbox", ["matter"], unique=False)
    op.create_index(
        "matter_outbox_waiting", "matter_outbox", ["state", "matter", "id"], unique=False
    )


def _grants() -> None:
    op.add_column("grant", sa.Column("matter", sa.BigInteger(), nullable=True))
    op.add_column(
        "grant", sa.Column("suspended", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.create_index("ix_grant_matter", "grant", ["matter"], unique=False)


def _serials() -> None:
    """The order in which arrangements of the calendar came into force."""
    op.add_column("calendar_year", sa.Column("serial", sa.Integer(), nullable=True))
    connection = op.get_bind()
    order = sa.text("SELECT year, version FROM calendar_year ORDER BY since, version, year")
    write = sa.text("UPDATE calendar_year SET serial = :n WHERE year = :y AND version = :v")
    for number, (year, version) in enumerate(connection.execute(order).all(), 1):
        connection.execute(write, {"n": number, "y": year, "v": version})
    op.create_index("calendar_year_serial", "calendar_year", ["serial"], unique=True)


def downgrade() -> None:
    op.drop_index("calendar_year_serial", "calendar_year")
    op.drop_column("calendar_year", "serial")
    op.drop_index("ix_grant_matter", "grant")
    op.drop_column("grant", "suspended")
    op.drop_column("grant", "matter")
    for table in TABLES:
        op.drop_table(table)
