"""Grounds, conditions of grants, columns of the log that its entries cover, and pins by question."""

import sqlalchemy as sa
from alembic import op

from xihu_platform.database import UtcDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# What the first format's bodies say, for the columns that are new; no entry is rewritten.
_FILL = {
    "sqlite": "UPDATE audit_entry SET kind = json_extract(CAST(body AS TEXT), '$.kind'), "
    "purpose = json_extract(CAST(body AS TEXT), '$.purpose')",
    "postgresql": "UPDATE audit_entry SET kind = convert_from(body, 'UTF8')::json ->> 'kind', "
    "purpose = convert_from(body, 'UTF8')::json ->> 'purpose'",
}
_ASKED = "'-%'"


def upgrade() -> None:
    _grounds()
    op.add_column("grant", sa.Column("rules", sa.JSON(), nullable=True))
    for column in (
        sa.Column("kind", sa.String(length=24), nullable=True),
        sa.Column("purpose", sa.String(length=16), nullable=True),
        sa.Column("pin", sa.String(length=43), nullable=True),
    ):
        op.add_column("audit_entry", column)
    op.execute(_FILL[op.get_bind().dialect.name])
    _pins()
    _subjects()


def _grounds() -> None:
    op.create_table(
        "ground",
        sa.Column("number", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("item", sa.String(length=64), nullable=False),
        sa.Column("organisation", sa.String(length=18), nullable=False),
        sa.Column("position", sa.String(length=80), nullable=False),
        sa.Column("opened", UtcDateTime(), nullable=False),
        sa.Column("closed", UtcDateTime(), nullable=True),
        sa.Column("origin", sa.String(length=16), nullable=False),
        sa.Column("opened_by", sa.String(length=80), nullable=False),
        sa.Column("countersigned_by", sa.String(length=80), nullable=True),
        sa.PrimaryKeyConstraint("number"),
    )
    for name in ("item", "organisation", "position"):
        op.create_index(f"ix_ground_{name}", "ground", [name])
    op.create_table(
        "ground_subject",
        sa.Column("ground", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("standing", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["ground"], ["ground.number"]),
        sa.PrimaryKeyConstraint("ground", "number"),
    )
    op.create_index("ix_ground_subject_key", "ground_subject", ["key"])
    op.create_table(
        "ground_item",
        sa.Column("item", sa.String(length=64), nullable=False),
        sa.Column("dataset", sa.String(length=64), nullable=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("item", "dataset"),
    )


def _pins() -> None:
    op.drop_index("ix_audit_pin_dataset", "audit_pin")
    op.rename_table("audit_pin", "audit_replay")
    op.create_index("ix_audit_replay_dataset", "audit_replay", ["dataset"])
    op.create_table(
        "audit_pin",
        sa.Column("digest", sa.String(length=43), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("key", sa.LargeBinary(length=32), nullable=True),
        sa.Column("question", sa.String(length=43), nullable=True),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("dataset", sa.String(length=64), nullable=False),
        sa.Column("snapshot_id", sa.BigInteger(), nullable=False),
        sa.Column("region", sa.String(length=6), nullable=False),
        sa.Column("whole", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("digest"),
    )
    op.create_index("ix_audit_pin_question", "audit_pin", ["question"])
    op.create_index(
        "audit_pin_by_region", "audit_pin", ["dataset", "snapshot_id", "whole", "region", "seq"]
    )
    op.create_table(
        "audit_region",
        sa.Column("subject", sa.String(length=40), nullable=False),
        sa.Column("dataset", sa.String(length=64), nullable=False),
        sa.Column("snapshot_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("region", sa.String(length=6), nullable=False),
        sa.PrimaryKeyConstraint("subject", "dataset", "snapshot_id", "region"),
    )
    op.create_table(
        "audit_counted",
        sa.Column("subject", sa.String(length=40), nullable=False),
        sa.Column("pin", sa.String(length=43), nullable=False),
        sa.Column("counted", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("subject", "pin"),
    )


def _subjects() -> None:
    """A place for each subject of an entry, so that an erased one can keep its leaf."""
    op.drop_index("audit_subject_by_person", "audit_subject")
    op.rename_table("audit_subject", "audit_subject_first")
    op.create_table(
        "audit_subject",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("subject", sa.String(length=40), nullable=True),
        sa.Column("salt", sa.LargeBinary(length=16), nullable=True),
        sa.Column("leaf", sa.LargeBinary(length=32), nullable=True),
        sa.Column("erased_by", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("seq", "place"),
    )
    op.execute(
        "INSERT INTO audit_subject (seq, place, subject) SELECT seq, "
        "row_number() OVER (PARTITION BY seq ORDER BY subject) - 1, subject "
        f"FROM audit_subject_first WHERE subject NOT LIKE {_ASKED}"
    )
    op.execute(
        "INSERT INTO audit_counted (subject, pin, counted) "
        "SELECT substr(subject, 2), 'replay:' || seq, 0 = 1 "
        f"FROM audit_subject_first WHERE subject LIKE {_ASKED}"
    )
    op.drop_table("audit_subject_first")
    op.create_index("audit_subject_by_person", "audit_subject", ["subject", "seq"])


def downgrade() -> None:
    """The log's new entries could not be read by the program before: there is no way back."""
    raise RuntimeError("restore the backup made before the upgrade")
