"""Corrected records come back alone; the rest stays, and what is still wrong is quarantined."""

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.test_pipelines.ingest.test_modes import Rows, contract, hand_in, table
from xihu_catalog.contracts.model import Contract
from xihu_catalog.quality import quarantine
from xihu_pipelines.ingest.correct import load_corrections
from xihu_pipelines.ingest.load import load_file
from xihu_platform.errors import BadInput, NotFound
from xihu_platform.lake.summary import LoadCounts
from xihu_platform.start import Node

__all__ = ["hand_in"]


def rejected(node: Node, one: Contract, path: Path) -> list[list[str]]:
    """The file of the newest load's rejects, as the steward downloads it."""
    load_id = node.lake.snapshot(one.table).summary["xihu.load-id"]
    blocks = quarantine.blocks_of(node.lake, node.keyring, one.dataset, load_id)
    content = b"".join(quarantine.as_csv(blocks, one))
    path.write_bytes(content)
    with path.open(encoding="utf-8-sig", newline="") as lines:
        return list(csv.reader(lines))


def write(path: Path, rows: list[list[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)


@pytest.mark.parametrize("mode", ["replace", "append", "upsert"])
def test_mended_records_are_added_and_the_first_file_is_still_known(
    node: Node, hand_in: Callable[..., Rows], tmp_path: Path, mode: str
) -> None:
    one = contract(mode)
    hand_in(one, [("1", "甲", "330102"), ("2", "", "-5"), ("3", "", "")])
    file = tmp_path / "rejects.csv"
    rows = rejected(node, one, file)
    assert [row[:4] for row in rows[1:]] == [["2", "2", "", "'-5"], ["3", "3", "", ""]]
    rows[1][2] = "乙"
    write(file, rows)

    outcome = load_corrections(node, one, file)
    assert outcome.counts == LoadCounts(
        2,
        1,
        1,
    )
    assert table(node, one) == [("1", "甲", "330102"), ("2", "乙", "-5")]
    again = rejected(node, one, tmp_path / "again.csv")
    assert [row[1] for row in again[1:]] == ["3"]
    assert not load_corrections(node, one, file).fresh
    assert not load_file(node, one, tmp_path / "batch-0.csv").fresh


def test_a_record_that_is_there_already_is_not_added_twice(
    node: Node, hand_in: Callable[..., Rows], tmp_path: Path
) -> None:
    one = contract("replace")
    hand_in(one, [("1", "甲", ""), ("2", "", "")])
    file = tmp_path / "mended.csv"
    write(file, [["id", "name", "county"], ["1", "other", ""], ["2", "乙", ""]])
    assert load_corrections(node, one, file).counts.quarantined == 1
    assert table(node, one) == [("1", "甲", ""), ("2", "乙", "")]


def test_corrections_need_a_dataset_and_a_file_that_fits(
    node: Node, hand_in: Callable[..., Rows], tmp_path: Path
) -> None:
    one = contract("replace")
    file = tmp_path / "mended.csv"
    write(file, [["other"], ["1"]])
    with pytest.raises(NotFound):
        load_corrections(node, one, file)
    hand_in(one, [("1", "甲", "")])
    with pytest.raises(BadInput):
        load_corrections(node, one, file)
    with pytest.raises(BadInput):
        load_corrections(node, one, file.rename(tmp_path / "mended.pdf"))
    assert table(node, one) == [("1", "甲", "")]


def test_a_deletion_that_was_set_aside_is_one_when_it_comes_back(
    node: Node, hand_in: Callable[..., Rows], tmp_path: Path
) -> None:
    one = contract("upsert", deletes=True)
    header = ("id", "name", "county", "op")
    hand_in(one, [("1", "甲", "", "I"), ("3", "丙", "", "I")], header)
    hand_in(one, [("2", "", "", "I"), ("", "", "", "D"), ("4", "丁", "", "I")], header)
    file = tmp_path / "rejects.csv"
    rows = rejected(node, one, file)
    assert [row[4] for row in rows] == ["op", "I", "D"]
    rows[1][2], rows[2][1] = "乙", "1"
    write(file, rows)
    assert load_corrections(node, one, file).counts.accepted == 2
    assert table(node, one) == [("3", "丙", ""), ("4", "丁", ""), ("2", "乙", "")]


def test_the_file_opens_in_a_spreadsheet_and_says_its_reasons_in_words(
    node: Node, hand_in: Callable[..., Rows], tmp_path: Path
) -> None:
    one = contract("replace")
    hand_in(one, [("1", "甲", ""), ("1", "乙", "")])
    file = tmp_path / "rejects.csv"
    assert rejected(node, one, file)[1][-1] == "主键重复 / duplicate key"
    assert file.read_bytes().startswith(b"\xef\xbb\xbf")
