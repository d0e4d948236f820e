"""A province in which a dataset has two versions, the newer one made by hand from the older.

Modules that read it import its fixtures and list them in `__all__`.
"""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sqlalchemy import delete

from tests.province import Province, make_province
from xihu_catalog.quality.models import Load
from xihu_platform.access.models import ErasureRow
from xihu_platform.database import transaction
from xihu_platform.lake.snapshot import RECORD
from xihu_platform.lake.summary import LOADED_AT

Row = dict[str, Any]  # Any: values of every type
DATASET = "fg_penalties"


def newer(
    province: Province, dataset: str, change: Callable[[list[Row]], list[Row]]
) -> tuple[int, int]:
    """A new snapshot with the changed rows, as a load writes it; the ids of both."""
    lake = province.services.node.lake
    table = province.services.catalogue.contracts.get(dataset).table
    old = lake.snapshot(table)
    whole = pa.concat_tables(pq.ParquetFile(file).read() for file in old.files)
    rows = change(whole.sort_by(RECORD).to_pylist())
    for number, row in enumerate(rows, start=1):
        row[RECORD] = number
    path = lake.data_folder(table) / f"changed-{old.id}.parquet"
    pq.write_table(pa.Table.from_pylist(rows, schema=whole.schema), path)
    said = {name: text for name, text in old.summary.items() if name.startswith("xihu.")}
    said[LOADED_AT] = (old.loaded_at + timedelta(minutes=1)).isoformat()
    return old.id, lake.replace(table, [path], said).id


def three_changes(rows: list[Row]) -> list[Row]:
    """The first row removed, a field of the second changed, one added at the end."""
    rows[1]["penalty_type"] = "警告 & <通报>"
    return [*rows[1:], {**rows[2], "penalty_no": "XH-NEW-1"}]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Province]:
    """With two versions of `DATASET`."""
    for made in make_province(tmp_path_factory.mktemp("versions")):
        newer(made, DATASET, three_changes)
        yield made


@pytest.fixture(autouse=True)
def only_what_there_is(world: Province) -> Iterator[None]:
    """What a test says of loads that are gone is gone with it."""
    yield
    with transaction(world.services.node.database) as session:
        session.execute(delete(Load).where(Load.id.startswith("gone")))
        session.execute(delete(ErasureRow))
