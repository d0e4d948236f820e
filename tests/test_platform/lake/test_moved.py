"""A lake whose folder was moved or restored elsewhere."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from xihu_platform.lake.tables import Column, Lake

COLUMNS = (Column("_record", "BIGINT"), Column("name", "VARCHAR"))


def write(lake: Lake, names: list[str]) -> Path:
    columns = lake.ensure("data.moved", COLUMNS)
    fields = [
        pa.field(c.name, kind, metadata={"PARQUET:field_id": str(c.id)})
        for c, kind in zip(columns, (pa.int64(), pa.string()), strict=True)
    ]
    path = lake.data_folder("data.moved") / f"{names[0]}.parquet"
    rows = {"_record": list(range(1, len(names) + 1)), "name": names}
    pq.write_table(pa.table(rows, schema=pa.schema(fields)), path)
    return path


def test_a_moved_lake_is_read_and_written_where_it_stands_now(tmp_path: Path) -> None:
    old = Lake(tmp_path / "old")
    first = old.replace("data.moved", [write(old, ["one", "two"])], {"load": "1"})
    (tmp_path / "old").rename(tmp_path / "new")

    new = Lake(tmp_path / "new")
    found = new.snapshot("data.moved")
    assert found.id == first.id
    assert all(Path(file).is_file() and "/new/" in file for file in found.files)

    second = new.append("data.moved", [write(new, ["three"])], {"load": "2"})
    assert second.rows == 3
    assert all(Path(file).is_file() for file in second.files)
    assert [s.rows for s in new.history("data.moved")] == [3, 2]
    assert not (tmp_path / "old").exists()
