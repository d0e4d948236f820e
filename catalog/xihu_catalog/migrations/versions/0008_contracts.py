"""The contract store: each contract by its content, its versions, and the one in force."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "contract_text",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("digest"),
    )
    op.create_table(
        "contract_version",
        sa.Column("number", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("dataset", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=True),
        sa.Column("origin", sa.String(length=16), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("number"),
    )
    op.create_index("ix_contract_version_dataset", "contract_version", ["dataset"])
    op.create_table(
        "contract",
        sa.Column("dataset", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("origin", sa.String(length=16), nullable=False),
        sa.Column("title_zh", sa.Text(), nullable=False),
        sa.Column("title_en", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("cycle", sa.String(length=16), nullable=False),
        sa.Column("derived", sa.Boolean(), nullable=False),
        sa.Column("subject_key", sa.Boolean(), nullable=False),
        sa.Column("firm_key", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("dataset"),
    )
    op.create_index("ix_contract_subject_key", "contract", ["subject_key"])
    op.create_index("ix_contract_firm_key", "contract", ["firm_key"])
    op.create_table(
        "contract_link",
        sa.Column("dataset", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("target", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("dataset", "kind", "target"),
    )
    op.create_index("ix_contract_link_target", "contract_link", ["target"])


def downgrade() -> None:
    op.drop_index("ix_contract_link_target", "contract_link")
    op.drop_table("contract_link")
    op.drop_index("ix_contract_firm_key", "contract")
    op.drop_index("ix_contract_subject_key", "contract")
    op.drop_table("contract")
    op.drop_index("ix_contract_version_dataset", "contract_version")
    op.drop_table("contract_version")
    op.drop_table("contract_text")
