"""Corrected records from a page: durable when acknowledged, there once, told of in the receipt."""

import io
import os
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import xlsxwriter
from sqlalchemy import inspect

from tests.sampling import sampled
from tests.test_pipelines.ingest.test_modes import CONTRACT, Rows, contract, hand_in, table
from xihu_catalog.contracts.model import Contract
from xihu_catalog.contracts.store import ContractStore
from xihu_catalog.quality.corrections import Correction, CorrectionRow, corrections_of, is_current
from xihu_catalog.schema import METADATA, TABLES, upgrade
from xihu_pipelines.ingest.correct import load_corrections
from xihu_pipelines.push import corrections, intake, spool
from xihu_pipelines.push.corrections import accept, commit_corrections
from xihu_platform.database import transaction
from xihu_platform.errors import BadInput, Conflict, TransientError
from xihu_platform.settings import Settings
from xihu_platform.start import Node, open_node

__all__ = ["hand_in"]
HEAD = "id,name,county\n"
FIRST = [("1", "甲", "330102"), ("2", "", "")]


@pytest.fixture
def node(tmp_path: Path) -> Node:
    """An empty installation whose clock goes on by a second whenever it is asked."""
    seconds: Iterator[int] = iter(range(10**6))
    start = datetime.now(UTC)
    opened = open_node(
        Settings(data_dir=tmp_path / "data"),
        clock=lambda: start + timedelta(seconds=next(seconds)),
    )
    upgrade(opened.database)
    return opened


@dataclass(frozen=True)
class Desk:
    """A dataset with one record quarantined."""

    node: Node
    contract: Contract
    load: str

    def hand_in(self, text: str, name: str = "mended.csv") -> Correction:
        return accept(self.node, self.contract, self.load, name, (HEAD + text).encode())

    def commit(self) -> list[str]:
        return [o.load_id for o in commit_corrections(self.node, self.contract)]

    def receipts(self) -> list[Correction]:
        return corrections_of(self.node.database, self.load)

    def rows(self) -> list[str]:
        return [row[0] for row in table(self.node, self.contract)]

    def spooled(self) -> list[Path]:
        return sorted((self.node.settings.data_dir / "spool").glob("*/*"))


@pytest.fixture
def desk(node: Node, hand_in: Callable[..., Rows]) -> Desk:
    one = contract("replace")
    hand_in(one, FIRST)
    return Desk(node, one, node.lake.snapshot(one.table).summary["xihu.load-id"])


def workbook(rows: list[tuple[str, ...]]) -> bytes:
    made = io.BytesIO()
    with xlsxwriter.Workbook(made, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    return made.getvalue()


def test_a_file_waits_is_committed_and_its_receipt_says_what_came_of_it(desk: Desk) -> None:
    first = desk.hand_in("2,乙,\n3,,\n")
    assert (first.state, first.file_name) == ("waiting", "mended.csv")
    assert desk.receipts() == [first]
    assert corrections.datasets_waiting(desk.node) == ["jt_stops"]
    (load,) = desk.commit()
    (receipt,) = desk.receipts()
    assert (receipt.state, receipt.accepted, receipt.quarantined) == ("committed", 1, 1)
    assert (receipt.into_load, receipt.known) == (load, False)
    assert desk.rows() == ["1", "2"]
    assert desk.spooled() == []
    assert desk.commit() == []


def test_the_same_file_again_adds_nothing(desk: Desk) -> None:
    first = desk.hand_in("2,乙,\n")
    assert desk.hand_in("2,乙,\n") == first
    desk.commit()
    assert desk.hand_in("2,乙,\n", "other name.csv").state == "committed"
    assert corrections.datasets_waiting(desk.node) == []
    again = Desk(desk.node, desk.contract, desk.receipts()[0].into_load or "")
    again.hand_in("2,乙,\n")
    again.commit()
    (receipt,) = again.receipts()
    assert (receipt.state, receipt.known) == ("committed", True)
    assert desk.rows() == ["1", "2"]


def test_excel_comes_in_like_csv(desk: Desk) -> None:
    body = workbook([("id", "name", "county"), ("2", "乙", "330102")])
    accept(desk.node, desk.contract, desk.load, "改正.XLSX", body)
    desk.commit()
    assert table(desk.node, desk.contract)[1] == ("2", "乙", "330102")


@pytest.mark.parametrize(
    ("name", "body", "said"),
    sampled(
        [
            ("a.pdf", b"%PDF-1.7", "CSV or Excel"),
            ("mended", b"id,name,county\n2,x,\n", "CSV or Excel"),
            ("a.csv", workbook([("id", "name", "county")]), "no CSV file"),
            ("a.csv", b"\x1f\x8b\x08", "no CSV file"),
            ("a.xlsx", b"id,name,county\n2,x,\n", "no Excel file"),
            ("a.xlsx", b"PK\x03\x04 and nothing more", "no Excel file"),
            ("a.csv", b"", "a.csv"),
            ("a.csv", b"id,name\n2,x\n", "county"),
            ("a.csv", b"id,name,county\n", "no record"),
            ("a.csv", "id,name,county\n2,机密★,\n".encode(), "secre"),
            ("机密.csv", b"id,name,county\n2,x,\n", "secre"),
            ("a\u202e.csv", b"id,name,county\n2,x,\n", "control characters"),
        ],
        5,
    ),
)
def test_a_file_that_cannot_be_taken_is_refused_and_leaves_nothing(
    desk: Desk, name: str, body: bytes, said: str
) -> None:
    with pytest.raises(BadInput) as refused:
        accept(desk.node, desk.contract, desk.load, name, body)
    assert said in refused.value.text.en
    assert desk.spooled() == []
    assert desk.receipts() == []


def test_a_file_without_one_good_record_is_refused_with_the_report_of_why(desk: Desk) -> None:
    desk.hand_in("2,,\n")
    assert desk.commit() == []
    (receipt,) = desk.receipts()
    assert receipt.state == "refused"
    assert receipt.refusal is not None
    assert "not one record can be kept" in receipt.refusal.en
    assert receipt.into_load is not None
    assert desk.spooled() == []
    assert desk.rows() == ["1"]
    assert desk.hand_in("2,,\n").state == "waiting"  # it may be tried again


def test_records_of_a_file_that_was_replaced_are_not_added_to_the_next(
    desk: Desk, hand_in: Callable[..., Rows]
) -> None:
    desk.hand_in("2,乙,\n")
    hand_in(desk.contract, [("9", "壬", "")])
    desk.commit()
    (receipt,) = desk.receipts()
    assert receipt.state == "refused"
    assert receipt.refusal is not None
    assert "later file has replaced" in receipt.refusal.en
    with pytest.raises(Conflict):
        desk.hand_in("3,丙,\n")
    assert desk.rows() == ["9"]


def test_a_load_stands_while_only_corrections_followed_it(desk: Desk) -> None:
    desk.hand_in("2,乙,\n")
    desk.commit()
    lake = desk.node.lake
    assert is_current(lake, desk.contract, desk.load)
    assert not is_current(lake, desk.contract, "0" * 32)
    assert is_current(lake, contract("append"), "0" * 32)


def test_killed_between_commit_and_receipt_nothing_is_doubled(desk: Desk) -> None:
    desk.hand_in("2,乙,\n")
    (file,) = desk.spooled()
    load_corrections(desk.node, desk.contract, file, called="mended.csv")
    desk.commit()
    (receipt,) = desk.receipts()
    assert (receipt.state, receipt.accepted, receipt.known) == ("committed", 1, False)
    assert desk.rows() == ["1", "2"]


def test_a_storage_fault_leaves_the_file_waiting(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.hand_in("2,乙,\n")

    def full(*_args: object, **_more: object) -> None:
        raise TransientError("磁盘已满", "the disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(corrections, "load_corrections", full)
        with pytest.raises(TransientError):
            desk.commit()
    assert desk.receipts()[0].state == "waiting"
    desk.commit()
    assert desk.receipts()[0].state == "committed"


def test_a_fault_of_the_program_is_told_without_its_words(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.hand_in("2,乙,\n")

    def broken(*_args: object, **_more: object) -> None:
        raise ValueError("cannot convert 乙")

    monkeypatch.setattr(corrections, "load_corrections", broken)
    desk.commit()
    refusal = desk.receipts()[0].refusal
    assert refusal is not None
    assert "乙" not in refusal.zh + refusal.en


def test_a_file_without_a_receipt_waits_for_nobody_and_goes_after_an_hour(desk: Desk) -> None:
    folder = spool.folder_of(desk.node, "jt_stops")
    kept = desk.hand_in("2,乙,\n")
    left = [folder / f"{'0' * 32}.csv", folder / ".0000.abcd.csv", folder / ".batch"]
    for path in left:
        path.write_text("raw values", encoding="utf-8")
    corrections.clear_leftovers(desk.node)
    assert len(desk.spooled()) == 2 + len([p for p in left if p.name.startswith(".")])
    hours_ago = time.time() - 7200
    for path in desk.spooled():
        os.utime(path, (hours_ago, hours_ago))
    corrections.clear_leftovers(desk.node)
    assert [path.stem for path in desk.spooled()] == [kept.entry]


def test_the_child_process_commits_what_waits(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.hand_in("2,乙,\n")
    text = CONTRACT.replace("EXTRA", "") + "  - {property: loadMode, value: replace}\n"
    ContractStore(desk.node.database).publish(text.encode())
    monkeypatch.setattr(intake, "_PAUSE_S", 0.01)
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    intake.commit_all(desk.node.settings)
    assert desk.receipts()[0].state == "committed"
    assert desk.rows() == ["1", "2"]


def test_the_migrations_make_the_tables_that_the_program_has(node: Node) -> None:
    assert CorrectionRow in TABLES
    found = inspect(node.database)
    for table_name, wanted in METADATA.tables.items():
        columns = {c["name"]: c["nullable"] for c in found.get_columns(table_name)}
        assert columns == {c.name: c.nullable for c in wanted.columns}, table_name
        indexes = {i["name"] for i in found.get_indexes(table_name)}
        assert {i.name for i in wanted.indexes} <= indexes, table_name


def test_a_receipt_outlives_the_process(desk: Desk) -> None:
    desk.hand_in("2,乙,\n")
    again = open_node(desk.node.settings)
    assert corrections.datasets_waiting(again) == ["jt_stops"]
    with transaction(again.database) as session:
        assert session.query(CorrectionRow).count() == 1
