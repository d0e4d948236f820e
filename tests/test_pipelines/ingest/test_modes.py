"""What each load mode makes of batch after batch, and which states a reader may see."""

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

from xihu_catalog.contracts.errors import BadContract
from xihu_catalog.contracts.load import parse_contract
from xihu_catalog.contracts.model import Contract
from xihu_pipelines.ingest import journal
from xihu_pipelines.ingest.existing import existing_sql
from xihu_pipelines.ingest.load import load_file
from xihu_pipelines.sources.records import BATCH_ROWS
from xihu_platform.lake.lease import Leased
from xihu_platform.start import Node

CONTRACT = """
apiVersion: v3.1.0
kind: DataContract
id: jt_stops
name: 站点
version: 1.0.0
status: active
domain: traffic
servers: [{server: intake, type: local, path: stops.csv, format: csv}]
schema:
  - name: jt_stops
    properties:
      - {name: id, businessName: 编号, logicalType: string, physicalType: VARCHAR,
         classification: L1, required: true, primaryKey: true, primaryKeyPosition: 1}
      - {name: name, businessName: 名称, logicalType: string, physicalType: VARCHAR,
         classification: L1, required: true}
      - {name: county, businessName: 区县, logicalType: string, physicalType: VARCHAR,
         classification: L1}
EXTRA
customProperties:
  - {property: provider, value: 91110000600037341L}
  - {property: resourceCode, value: 307001/1}
  - {property: updateCycle, value: daily}
  - {property: shareClass, value: unconditional}
  - {property: openClass, value: unconditional}
  - {property: secrecy, value: none}
"""
DATES = """
      - {name: since, businessName: 起, logicalType: date, physicalType: DATE,
         classification: L1, primaryKey: true, primaryKeyPosition: 2, customProperties: [
         {property: validFrom, value: true}]}
      - {name: until, businessName: 止, logicalType: date, physicalType: DATE,
         classification: L1, customProperties: [{property: validTo, value: true}]}
"""
DELETES = "  - {property: deleteColumn, value: op}\n  - {property: deleteValues, value: [D]}\n"
Rows = list[tuple[str, ...]]
HEADER = ("id", "name", "county")


def contract(mode: str, *, deletes: bool = False, more: str = "") -> Contract:
    text = CONTRACT.replace("EXTRA", DATES if mode == "history" else "")
    text += f"  - {{property: loadMode, value: {mode}}}\n" + more + (DELETES if deletes else "")
    return parse_contract(text.encode(), "jt_stops.odcs.yaml")


@pytest.fixture
def hand_in(node: Node, tmp_path: Path) -> Callable[..., Rows]:
    """Loads rows and returns what the table then holds, in the order of its records."""
    count = iter(range(1000))

    def load(one: Contract, rows: Rows, header: tuple[str, ...] = HEADER) -> Rows:
        path = tmp_path / f"batch-{next(count)}.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([header, *rows])
        load_file(node, one, path)
        return table(node, one)

    return load


def table(node: Node, one: Contract, snapshot_id: int | None = None) -> Rows:
    import duckdb

    snapshot = node.lake.snapshot(one.table, snapshot_id)
    names = ", ".join(f'"{f.name}"::VARCHAR' for f in one.fields)
    sql = f"SELECT {names} FROM {existing_sql(snapshot)} ORDER BY _record"
    found = duckdb.connect().execute(sql).fetchall()
    return [tuple("" if v is None else str(v) for v in row) for row in found]


def test_replace_leaves_only_the_newest_batch(hand_in: Callable[..., Rows]) -> None:
    one = contract("replace")
    hand_in(one, [("1", "甲", "330102")])
    assert hand_in(one, [("2", "乙", "330102")]) == [("2", "乙", "330102")]


def test_append_adds_and_sets_a_known_key_aside(hand_in: Callable[..., Rows], node: Node) -> None:
    one = contract("append")
    hand_in(one, [("1", "甲", "330102")])
    rows = hand_in(one, [("1", "again", "330102"), ("2", "乙", "330105"), ("2", "twice", "")])
    assert rows == [("1", "甲", "330102"), ("2", "乙", "330105")]
    summary = node.lake.snapshot(one.table).summary
    assert (summary["xihu.received"], summary["xihu.set-aside"]) == ("3", "2")
    assert summary["xihu.last-record"] == "4"


def test_repeated_keys_in_several_files_of_one_load_cost_no_other_row(
    hand_in: Callable[..., Rows], node: Node
) -> None:
    one = contract("replace")
    rows = [(str(n), "甲", "") for n in range(BATCH_ROWS + 5_000)]
    again = [(str(n), "乙", "") for n in (1, 2)]
    held = hand_in(one, [*rows[:10], *again, *rows[10:], ("3", "丙", "")])
    assert held == rows
    assert len(set(node.lake.snapshot(one.table).files)) > 1


@pytest.mark.parametrize("mode", ["append", "upsert"])
def test_the_same_batch_twice_changes_nothing(
    hand_in: Callable[..., Rows], node: Node, tmp_path: Path, mode: str
) -> None:
    one = contract(mode)
    hand_in(one, [("1", "甲", "")])
    hand_in(one, [("2", "乙", "")])
    before = node.lake.snapshot(one.table).id
    outcome = load_file(node, one, tmp_path / "batch-0.csv")
    assert not outcome.fresh
    assert node.lake.snapshot(one.table).id == before


def test_upsert_replaces_by_key_and_the_last_of_a_file_wins(
    hand_in: Callable[..., Rows], node: Node
) -> None:
    one = contract("upsert")
    hand_in(one, [("1", "甲", ""), ("2", "乙", ""), ("3", "丙", "")])
    rows = hand_in(one, [("2", "first", ""), ("4", "丁", ""), ("2", "last", "")])
    assert rows == [("1", "甲", ""), ("3", "丙", ""), ("4", "丁", ""), ("2", "last", "")]
    summary = node.lake.snapshot(one.table).summary
    assert (summary["xihu.received"], summary["xihu.kept"]) == ("3", "2")


def test_upsert_deletes_what_is_marked_though_the_rest_is_blank(
    hand_in: Callable[..., Rows], node: Node
) -> None:
    one = contract("upsert", deletes=True)
    header = (*HEADER, "op")
    hand_in(one, [("1", "甲", "", "I"), ("2", "乙", "", "I")], header)
    rows = hand_in(one, [("1", "", "", "D"), ("3", "丙", "", "I")], header)
    assert rows == [("2", "乙", ""), ("3", "丙", "")]
    assert node.lake.snapshot(one.table).summary["xihu.deleted"] == "1"
    assert hand_in(one, [("3", "new", "", "U"), ("3", "", "", "D")], header) == [("2", "乙", "")]


def test_partition_replaces_only_the_partitions_of_the_batch(hand_in: Callable[..., Rows]) -> None:
    one = contract("partition", more="  - {property: partitionField, value: county}\n")
    hand_in(one, [("1", "甲", "330102"), ("2", "乙", "330105"), ("3", "丙", "330102")])
    rows = hand_in(one, [("4", "丁", "330102")])
    assert rows == [("2", "乙", "330105"), ("4", "丁", "330102")]


def test_history_ends_a_changed_row_and_keeps_it(hand_in: Callable[..., Rows]) -> None:
    one = contract("history")
    header = (*HEADER, "since", "until")
    first = [("1", "甲", "", "2026-01-01", ""), ("2", "乙", "", "2026-01-01", "")]
    assert sorted(hand_in(one, first, header)) == first
    rows = hand_in(
        one, [("1", "甲路", "", "2026-03-01", ""), ("2", "乙", "", "2026-03-01", "")], header
    )
    assert sorted(rows) == [
        ("1", "甲", "", "2026-01-01", "2026-03-01"),
        ("1", "甲路", "", "2026-03-01", ""),
        ("2", "乙", "", "2026-01-01", ""),
    ]
    late = hand_in(one, [("1", "甲站", "", "2026-02-01", "")], header)
    assert sorted(late)[:3] == [
        ("1", "甲", "", "2026-01-01", "2026-02-01"),
        ("1", "甲站", "", "2026-02-01", "2026-03-01"),
        ("1", "甲路", "", "2026-03-01", ""),
    ]


def test_history_ends_a_deleted_row_on_its_day_and_may_begin_it_again(
    hand_in: Callable[..., Rows],
) -> None:
    one = contract("history", deletes=True)
    header = (*HEADER, "since", "until", "op")
    hand_in(one, [("1", "甲", "", "2026-01-01", "", "I")], header)
    assert hand_in(one, [("1", "", "", "2026-05-01", "", "D")], header) == [
        ("1", "甲", "", "2026-01-01", "2026-05-01")
    ]
    again = hand_in(one, [("1", "甲", "", "2026-07-01", "", "I")], header)
    assert sorted(again) == [
        ("1", "甲", "", "2026-01-01", "2026-05-01"),
        ("1", "甲", "", "2026-07-01", ""),
    ]


def test_history_of_nothing_but_deletes_of_the_unknown_adds_no_row_and_no_file(
    hand_in: Callable[..., Rows], node: Node
) -> None:
    one = contract("history", deletes=True)
    header = (*HEADER, "since", "until", "op")
    held = [("1", "甲", "", "2026-01-01", "")]
    assert hand_in(one, [("1", "甲", "", "2026-01-01", "", "I")], header) == held
    assert hand_in(one, [("9", "", "", "2026-05-01", "", "D")], header) == held
    assert len(node.lake.snapshot(one.table).files) == 1


def test_history_leaves_no_file_that_no_snapshot_names(
    hand_in: Callable[..., Rows], node: Node
) -> None:
    one = contract("history")
    header = (*HEADER, "since", "until")
    for day in ("2026-01-01", "2026-03-01"):
        hand_in(one, [("1", f"since {day}", "", day, "")], header)
    named = {Path(file).name for s in node.lake.history(one.table) for file in s.files}
    assert {path.name for path in node.lake.data_folder(one.table).glob("*.parquet")} == named


def test_history_keeps_the_chains_of_a_batch_of_several_files_and_of_any_key_name(
    hand_in: Callable[..., Rows],
) -> None:
    text = CONTRACT.replace("EXTRA", DATES).replace("name: id,", "name: stop,")
    text += "  - {property: loadMode, value: history}\n"
    one = parse_contract(text.encode(), "jt_stops.odcs.yaml")
    header = ("stop", "name", "county", "since", "until")
    many = [(f"{n:06}", "甲", "", "2026-01-01", "") for n in range(BATCH_ROWS + 5_000)]
    assert sorted(hand_in(one, many, header)) == many
    changed = hand_in(one, [("000000", "乙", "", "2026-02-01", "")], header)
    ended = ("000000", "甲", "", "2026-01-01", "2026-02-01")
    assert sorted(changed) == sorted([ended, ("000000", "乙", "", "2026-02-01", ""), *many[1:]])


@pytest.mark.parametrize("mode", ["replace", "append", "upsert", "partition", "history"])
def test_each_batch_is_one_snapshot_and_the_ones_before_still_read(
    hand_in: Callable[..., Rows], node: Node, mode: str
) -> None:
    more = "  - {property: partitionField, value: county}\n" if mode == "partition" else ""
    one = contract(mode, more=more)
    header = (*HEADER, "since", "until") if mode == "history" else HEADER
    tail = ("2026-01-01", "") if mode == "history" else ()
    states = [hand_in(one, [(str(n), f"name {n}", "330102", *tail)], header) for n in (1, 2, 3)]
    history = node.lake.history(one.table)
    assert [table(node, one, s.id) for s in reversed(history)] == states


def test_what_a_killed_load_left_is_cleared_by_the_next(
    hand_in: Callable[..., Rows], node: Node
) -> None:
    one = contract("append")
    hand_in(one, [("1", "甲", "")])
    journal.begin(node.lake, one.dataset, "dead")
    orphan = node.lake.data_folder(one.table) / "dead-00000.parquet"
    orphan.write_bytes(b"half a file")
    assert hand_in(one, [("2", "乙", "")]) == [("1", "甲", ""), ("2", "乙", "")]
    assert not orphan.exists()
    assert journal.find(node.lake, one.dataset) is None


def test_a_load_waits_its_turn_and_says_so_when_it_gives_up(node: Node) -> None:
    with node.lake.lease("jt_stops"):
        with pytest.raises(Leased) as late, node.lake.lease("jt_stops", wait_s=0.1):
            pass
        with node.lake.lease("another", wait_s=0.1):
            pass
    assert "jt_stops" in late.value.text.en
    with node.lake.lease("jt_stops", wait_s=0.1):
        pass


@pytest.mark.parametrize(
    ("mode", "more", "said"),
    [
        ("sometimes", "", "loadMode must be one of"),
        ("partition", "", "go together"),
        ("partition", "  - {property: partitionField, value: nowhere}\n", "is no field"),
        ("append", DELETES, "only the modes upsert and history"),
        ("replace", "  - {property: push, value: true}\n", "push needs"),
        ("upsert", "  - {property: deleteColumn, value: op}\n", "go together"),
    ],
)
def test_a_load_mode_that_cannot_work_is_refused(mode: str, more: str, said: str) -> None:
    with pytest.raises(BadContract) as refused:
        contract(mode, more=more)
    assert said in refused.value.text.en
    assert "jt_stops.odcs.yaml:" in refused.value.text.en
