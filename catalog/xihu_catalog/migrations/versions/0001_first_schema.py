"""First schema."""

import sqlalchemy as sa
from alembic import op

from xihu_platform.database import UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit_entry",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("read_id", sa.String(length=32), nullable=False),
        sa.Column("dataset", sa.String(length=64), nullable=False),
        sa.Column("organisation", sa.String(length=18), nullable=True),
        sa.PrimaryKeyConstraint("seq"),
    )
    with op.batch_alter_table("audit_entry", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audit_entry_dataset"), ["dataset"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_audit_entry_organisation"), ["organisation"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_audit_entry_read_id"), ["read_id"], unique=False)

    op.create_table(
        "audit_node",
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("index", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("level", "index"),
    )
    op.create_table(
        "audit_pin",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("dataset", sa.String(length=64), nullable=False),
        sa.Column("snapshot_id", sa.BigInteger(), nullable=False),
        sa.Column("recipient", sa.String(length=80), nullable=False),
        sa.Column("sql", sa.Text(), nullable=False),
        sa.Column("parameters", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
    )
    with op.batch_alter_table("audit_pin", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audit_pin_dataset"), ["dataset"], unique=False)

    op.create_table(
        "audit_subject",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("subject", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("seq", "subject"),
    )
    with op.batch_alter_table("audit_subject", schema=None) as batch_op:
        batch_op.create_index("audit_subject_by_person", ["subject", "seq"], unique=False)

    op.create_table(
        "grant",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("dataset", sa.String(length=64), nullable=False),
        sa.Column("organisation", sa.String(length=18), nullable=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("purpose_zh", sa.String(length=500), nullable=False),
        sa.Column("purpose_en", sa.String(length=500), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("grant", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_grant_dataset"), ["dataset"], unique=False)
        batch_op.create_index(batch_op.f("ix_grant_organisation"), ["organisation"], unique=False)

    op.create_table(
        "issuer_code",
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("client_id", sa.String(), nullable=False),
        sa.Column("sid", sa.String(), nullable=False),
        sa.Column("family", sa.String(), nullable=False),
        sa.Column("redirect_uri", sa.String(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("nonce", sa.String(), nullable=True),
        sa.Column("acr", sa.Integer(), nullable=False),
        sa.Column("code_challenge", sa.String(), nullable=False),
        sa.Column("used", sa.Boolean(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("code"),
    )
    with op.batch_alter_table("issuer_code", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_issuer_code_sid"), ["sid"], unique=False)

    op.create_table(
        "issuer_refresh",
        sa.Column("token", sa.String(), nullable=False),
        sa.Column("client_id", sa.String(), nullable=False),
        sa.Column("sid", sa.String(), nullable=False),
        sa.Column("family", sa.String(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("acr", sa.Integer(), nullable=False),
        sa.Column("used", sa.Boolean(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("token"),
    )
    with op.batch_alter_table("issuer_refresh", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_issuer_refresh_family"), ["family"], unique=False)
        batch_op.create_index(batch_op.f("ix_issuer_refresh_sid"), ["sid"], unique=False)

    op.create_table(
        "issuer_session",
        sa.Column("sid", sa.String(), nullable=False),
        sa.Column("cookie", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("acr", sa.Integer(), nullable=False),
        sa.Column("auth_time", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("ended", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("sid"),
        sa.UniqueConstraint("cookie"),
    )
    op.create_table(
        "load",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("dataset", sa.String(length=64), nullable=False),
        sa.Column("snapshot_id", sa.BigInteger(), nullable=True),
        sa.Column("file_name", sa.String(length=255), nullable=False),
        sa.Column("batch_digest", sa.String(length=64), nullable=False),
        sa.Column("contract_digest", sa.String(length=64), nullable=False),
        sa.Column("received", sa.BigInteger(), nullable=False),
        sa.Column("kept", sa.BigInteger(), nullable=False),
        sa.Column("set_aside", sa.BigInteger(), nullable=False),
        sa.Column("rule_counts", sa.JSON(), nullable=False),
        sa.Column("profile", sa.JSON(), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("finished_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("load", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_load_dataset"), ["dataset"], unique=False)

    op.create_table(
        "organisation",
        sa.Column("uscc", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("name_zh", sa.String(), nullable=False),
        sa.Column("name_en", sa.String(), nullable=False),
        sa.Column("region", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("uscc"),
    )
    op.create_table(
        "person",
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("username", sa.String(), nullable=False),
        sa.Column("name_zh", sa.String(), nullable=False),
        sa.Column("name_en", sa.String(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(), nullable=True),
        sa.Column("card_zh", sa.String(), nullable=False),
        sa.Column("card_en", sa.String(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("person"),
        sa.UniqueConstraint("username"),
    )
    op.create_table(
        "signin_attempt",
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("portal", sa.String(), nullable=False),
        sa.Column("browser", sa.String(), nullable=False),
        sa.Column("nonce", sa.String(), nullable=False),
        sa.Column("verifier", sa.String(), nullable=False),
        sa.Column("next_path", sa.String(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("state"),
    )
    with op.batch_alter_table("signin_attempt", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_signin_attempt_expires_at"), ["expires_at"], unique=False
        )

    op.create_table(
        "signin_session",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("portal", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("sub", sa.String(), nullable=False),
        sa.Column("sid", sa.String(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("sealed_tokens", sa.LargeBinary(), nullable=False),
        sa.Column("position_id", sa.String(), nullable=True),
        sa.Column("behalf", sa.String(), nullable=True),
        sa.Column("csrf", sa.String(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("refreshing_until", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("signin_session", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_signin_session_expires_at"), ["expires_at"], unique=False
        )
        batch_op.create_index("signin_session_sid", ["sid"], unique=False)
        batch_op.create_index("signin_session_sub", ["sub"], unique=False)

    op.create_table(
        "behalf",
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("name_zh", sa.String(), nullable=False),
        sa.Column("name_en", sa.String(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=False),
        sa.Column("evidence", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person"],
            ["person.person"],
        ),
        sa.PrimaryKeyConstraint("person", "kind", "key"),
    )
    op.create_table(
        "position",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("organisation", sa.String(), nullable=False),
        sa.Column("title_zh", sa.String(), nullable=False),
        sa.Column("title_en", sa.String(), nullable=False),
        sa.Column("region", sa.String(), nullable=False),
        sa.Column("duties", sa.String(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation"],
            ["organisation.uscc"],
        ),
        sa.ForeignKeyConstraint(
            ["person"],
            ["person.person"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("position", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_position_person"), ["person"], unique=False)

    op.create_table(
        "system",
        sa.Column("client_id", sa.String(), nullable=False),
        sa.Column("organisation", sa.String(), nullable=False),
        sa.Column("name_zh", sa.String(), nullable=False),
        sa.Column("name_en", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation"],
            ["organisation.uscc"],
        ),
        sa.PrimaryKeyConstraint("client_id"),
    )


def downgrade() -> None:
    op.drop_table("system")
    with op.batch_alter_table("position", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_position_person"))

    op.drop_table("position")
    op.drop_table("behalf")
    with op.batch_alter_table("signin_session", schema=None) as batch_op:
        batch_op.drop_index("signin_session_sub")
        batch_op.drop_index("signin_session_sid")
        batch_op.drop_index(batch_op.f("ix_signin_session_expires_at"))

    op.drop_table("signin_session")
    with op.batch_alter_table("signin_attempt", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_signin_attempt_expires_at"))

    op.drop_table("signin_attempt")
    op.drop_table("person")
    op.drop_table("organisation")
    with op.batch_alter_table("load", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_load_dataset"))

    op.drop_table("load")
    op.drop_table("issuer_session")
    with op.batch_alter_table("issuer_refresh", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_issuer_refresh_sid"))
        batch_op.drop_index(batch_op.f("ix_issuer_refresh_family"))

    op.drop_table("issuer_refresh")
    with op.batch_alter_table("issuer_code", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_issuer_code_sid"))

    op.drop_table("issuer_code")
    with op.batch_alter_table("grant", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_grant_organisation"))
        batch_op.drop_index(batch_op.f("ix_grant_dataset"))

    op.drop_table("grant")
    with op.batch_alter_table("audit_subject", schema=None) as batch_op:
        batch_op.drop_index("audit_subject_by_person")

    op.drop_table("audit_subject")
    with op.batch_alter_table("audit_pin", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_audit_pin_dataset"))

    op.drop_table("audit_pin")
    op.drop_table("audit_node")
    with op.batch_alter_table("audit_entry", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_audit_entry_read_id"))
        batch_op.drop_index(batch_op.f("ix_audit_entry_organisation"))
        batch_op.drop_index(batch_op.f("ix_audit_entry_dataset"))

    op.drop_table("audit_entry")
