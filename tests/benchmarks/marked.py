"""Marks on fields of single records, as requests for correction place them: thousands at once."""

from datetime import UTC, datetime
from hashlib import sha256

import duckdb
from sqlalchemy import delete, insert

from tests.benchmarks.rows import Made
from xihu_platform.access.disputed import CorrectionMarkRow
from xihu_platform.database import transaction
from xihu_platform.settings import Settings
from xihu_platform.sql import text_literal
from xihu_platform.start import open_node

FIELD = "amount_cny"


def place(made: Made, number: int) -> None:
    """So many marks on records that lie evenly over the whole dataset; those of before are gone."""
    (key,) = made.contract.key
    step = max(made.rows // max(number, 1), 1)
    keys = duckdb.execute(
        f"SELECT CAST({key} AS VARCHAR) FROM read_parquet({text_literal(str(made.parquet))}) "
        f"WHERE _record % {step} = 0 LIMIT {number}"
    ).fetchall()
    rows = [
        {
            "dataset": made.contract.dataset,
            "key": [one],
            "digest": sha256(repr((one,)).encode()).hexdigest(),
            "field": FIELD,
            "snapshot_id": 1,
            "matter": place,
            "placed_at": datetime(2026, 11, 1, tzinfo=UTC),
            "lifted_at": None,
        }
        for place, (one,) in enumerate(dict.fromkeys(keys), 1)
    ]
    with transaction(open_node(Settings(data_dir=made.data)).database) as session:
        session.execute(delete(CorrectionMarkRow))
        if rows:
            session.execute(insert(CorrectionMarkRow), rows)
