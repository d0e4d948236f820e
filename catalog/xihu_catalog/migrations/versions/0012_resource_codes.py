"""The resource code of each contract in force: one code names one dataset."""

import sqlalchemy as sa
import yaml
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "contract",
        sa.Column("resource_code", sa.String(length=64), nullable=False, server_default=""),
    )
    op.create_index("ix_contract_resource_code", "contract", ["resource_code"])
    connection = op.get_bind()
    stored = sa.text(
        "SELECT c.dataset, t.content FROM contract c JOIN contract_text t ON t.digest = c.digest"
    )
    write = sa.text("UPDATE contract SET resource_code = :code WHERE dataset = :dataset")
    for dataset, content in connection.execute(stored).all():
        connection.execute(write, {"dataset": dataset, "code": _code(bytes(content))})


def _code(content: bytes) -> str:
    """Of a file that was a contract when it was put in force."""
    document = yaml.safe_load(content)
    customs = document.get("customProperties") or []
    codes = [str(p.get("value") or "") for p in customs if p.get("property") == "resourceCode"]
    return codes[-1][:64] if codes else ""


def downgrade() -> None:
    op.drop_index("ix_contract_resource_code", "contract")
    op.drop_column("contract", "resource_code")
