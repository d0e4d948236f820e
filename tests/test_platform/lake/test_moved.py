"""A lake whose folder was moved, copied or restored elsewhere."""

import json
import shutil
import subprocess
from hashlib import sha256
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyiceberg.table import StaticTable

from xihu_platform.errors import NotFound, TerminalError
from xihu_platform.lake.avro import read_avro, write_avro
from xihu_platform.lake.maintenance import remove_orphans
from xihu_platform.lake.relocate import relocate
from xihu_platform.lake.snapshot import Column
from xihu_platform.lake.tables import Lake

ROOT = Path(__file__).parents[3]
COLUMNS = (Column("_record", "BIGINT"), Column("name", "VARCHAR"))


class Killed(Exception):
    """The process ended here."""


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


def loaded(folder: Path) -> Lake:
    lake = Lake(folder)
    lake.replace("data.moved", [write(lake, ["one", "two"])], {"load": "1"})
    lake.append("data.moved", [write(lake, ["three"])], {"load": "2"})
    lake.append("data.moved", [write(lake, ["four"])], {"load": "3"})
    return lake


def bytes_of(folder: Path) -> dict[str, str]:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(path): sha256(path.read_bytes()).hexdigest() for path in files}


def names(files: tuple[str, ...]) -> list[str]:
    found = duckdb.connect().execute("SELECT name FROM read_parquet(?)", [list(files)])
    return sorted(str(row[0]) for row in found.fetchall())


def newest_metadata(folder: Path) -> Path:
    found = (folder / "data/moved/metadata").glob("*.metadata.json")
    return max(found, key=lambda path: path.name)


@pytest.mark.parametrize("how", ["moved", "copied"])
def test_a_folder_found_elsewhere_is_not_opened_until_it_is_relocated(
    tmp_path: Path, how: str
) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    loaded(old)
    (old.rename if how == "moved" else lambda to: shutil.copytree(old, to))(new)
    before = bytes_of(new)
    with pytest.raises(TerminalError, match="xihu relocate"):
        Lake(new)
    assert bytes_of(new) == before

    assert relocate(new) > 0
    assert [s.rows for s in Lake(new).history("data.moved")] == [4, 3, 2]
    assert relocate(new) == 0


def test_a_copy_that_is_relocated_and_loaded_into_leaves_the_original_alone(
    tmp_path: Path,
) -> None:
    first = loaded(tmp_path / "old")
    before = bytes_of(tmp_path / "old")
    shutil.copytree(tmp_path / "old", tmp_path / "new")
    relocate(tmp_path / "new")

    new = Lake(tmp_path / "new")
    found = new.append("data.moved", [write(new, ["five"])], {"load": "4"})
    assert names(found.files) == ["five", "four", "one", "three", "two"]
    assert all(file.startswith(str(tmp_path / "new")) for file in found.files)
    remove_orphans(new, "data.moved")
    assert bytes_of(tmp_path / "old") == before
    assert first.snapshot("data.moved").rows == 4
    assert [s.rows for s in new.history("data.moved")] == [5, 4, 3, 2]


def test_relocating_may_end_anywhere_and_begins_again(tmp_path: Path) -> None:
    loaded(tmp_path / "old")
    stages = list[str]()
    shutil.copytree(tmp_path / "old", tmp_path / "whole")
    relocate(tmp_path / "whole", stages.append)
    assert len(stages) > 6
    for end in range(len(stages)):
        new, seen = tmp_path / f"new{end}", list[str]()
        shutil.copytree(tmp_path / "old", new)

        def stage(name: str, end: int = end, seen: list[str] = seen) -> None:
            seen.append(name)
            if len(seen) > end:
                raise Killed

        with pytest.raises(Killed):
            relocate(new, stage)
        with pytest.raises(TerminalError):
            Lake(new)
        new = new.rename(tmp_path / f"again{end}")  # and moved once more
        relocate(new)
        lake = Lake(new)
        assert [s.rows for s in lake.history("data.moved")] == [4, 3, 2]
        assert all(f.startswith(f"{new}/") for s in lake.history("data.moved") for f in s.files)


@pytest.mark.parametrize(("old", "new"), [("a", "a/b"), ("a/b", "a"), ("lake", "lake2")])
def test_one_folder_may_lie_inside_the_other(tmp_path: Path, old: str, new: str) -> None:
    loaded(tmp_path / old)
    aside = (tmp_path / old).rename(tmp_path / "aside")
    shutil.rmtree(tmp_path / old.split("/", maxsplit=1)[0], ignore_errors=True)
    (tmp_path / new).parent.mkdir(exist_ok=True)
    aside.rename(tmp_path / new)
    relocate(tmp_path / new)
    assert relocate(tmp_path / new) == 0
    found = Lake(tmp_path / new).snapshot("data.moved")
    assert names(found.files) == ["four", "one", "three", "two"]


def test_other_readers_find_a_relocated_table_when_the_original_is_gone(tmp_path: Path) -> None:
    loaded(tmp_path / "old")
    shutil.copytree(tmp_path / "old", tmp_path / "new")
    relocate(tmp_path / "new")
    shutil.rmtree(tmp_path / "old")
    table = StaticTable.from_metadata(str(newest_metadata(tmp_path / "new")))
    assert sorted(table.scan().to_arrow()["name"].to_pylist()) == ["four", "one", "three", "two"]
    assert table.location().startswith(f"file://{tmp_path}/new/")
    for manifest in (tmp_path / "new/data/moved/metadata").glob("snap-*.avro"):
        for record in read_avro(manifest.read_bytes()).records:
            path = Path(record["manifest_path"].removeprefix("file://"))
            assert record["manifest_length"] == path.stat().st_size


@pytest.mark.harness
def test_sail_reads_a_relocated_table_when_the_original_is_gone(tmp_path: Path) -> None:
    subprocess.run([ROOT / ".ci" / "peer", "sail"], check=True)
    loaded(tmp_path / "old")
    shutil.copytree(tmp_path / "old", tmp_path / "new")
    relocate(tmp_path / "new")
    shutil.rmtree(tmp_path / "old")
    command = [ROOT / ".peers/sail/bin/python", ROOT / "tests/peers/sail_read.py"]
    table = tmp_path / "new/data/moved"
    done = subprocess.run([*command, table], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == ["four", "one", "three", "two"]


def test_avro_is_written_back_as_it_was_read(tmp_path: Path) -> None:
    loaded(tmp_path / "old")
    files = list((tmp_path / "old").rglob("*.avro"))
    assert len(files) >= 6
    for path in files:
        before = read_avro(path.read_bytes())
        assert before.records
        assert read_avro(write_avro(before)) == before


def test_a_folder_without_a_lake_is_not_relocated(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        relocate(tmp_path)
