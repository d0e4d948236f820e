"""A correction is counted against the quarantined record that it corrects, where that is known."""

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.sampling import sampled
from tests.test_pipelines.ingest.test_modes import CONTRACT, Rows, contract, hand_in
from xihu_catalog.contracts.model import Contract
from xihu_catalog.contracts.store import ContractStore
from xihu_catalog.datasets.service import Catalogue
from xihu_catalog.quality import quarantine
from xihu_catalog.quality.blocked import find_load
from xihu_catalog.quality.whole import Whole, newest_whole, origin_of, whole_of, wholes
from xihu_pipelines.ingest.correct import load_corrections
from xihu_pipelines.ingest.errors import LoadBlocked
from xihu_platform.start import Node

__all__ = ["hand_in"]
FIVE = [("1", "甲", ""), ("2", "", ""), ("3", "", ""), ("4", "", ""), ("5", "", "")]


class Desk:
    """A dataset whose load quarantined the records 2 to 5, and its steward's files."""

    def __init__(self, node: Node, one: Contract, folder: Path) -> None:
        self.node, self.contract, self.folder = node, one, folder
        text = CONTRACT.replace("EXTRA", "")
        text += f"  - {{property: loadMode, value: {one.loading.mode}}}\n"
        contracts = ContractStore(node.database)
        contracts.publish(text.encode())
        self.catalogue = Catalogue(contracts, node.lake, node.clock)
        self.first = node.lake.snapshot(one.table).summary["xihu.load-id"]

    def download(self, load: str) -> list[dict[str, str]]:
        """The file that a steward gets of a load, its rows by their headers."""
        blocks = quarantine.blocks_of(self.node.lake, self.node.keyring, "jt_stops", load)
        origin = origin_of(self.node.database, load)
        blocks = quarantine.without(blocks, origin.corrected)
        text = b"".join(quarantine.as_csv(blocks, self.contract, origin)).decode("utf-8-sig")
        return list(csv.DictReader(text.splitlines()))

    def correct(self, rows: list[dict[str, str]], name: str, at: str | None = None) -> str:
        path = self.folder / name
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
        return load_corrections(self.node, self.contract, path, corrects=at).load_id

    def whole(self) -> Whole:
        found = newest_whole(self.catalogue, self.node.database, self.contract)
        assert found is not None
        return found

    def counts(self) -> tuple[int, int, int, int, int]:
        """Accepted, corrected, still open, and what is not matched of both kinds."""
        one = self.whole()
        unmatched = (one.unmatched_accepted, one.unmatched_quarantined)
        return (one.accepted, one.corrected, one.still_open, *unmatched)


@pytest.fixture(params=sampled(["replace", "upsert", "append"], 2))
def desk(
    request: pytest.FixtureRequest,
    node: Node,
    hand_in: Callable[..., Rows],
    tmp_path: Path,
) -> Desk:
    one = contract(request.param)
    hand_in(one, FIVE)
    return Desk(node, one, tmp_path)


def test_what_our_download_wrote_beside_a_record_says_which_one_it_corrects(desk: Desk) -> None:
    rows = desk.download(desk.first)
    assert [row["记录号 record"] for row in rows] == ["2", "3", "4", "5"]
    rows[1] |= {"id": "30", "name": "丙"}  # its key was wrong too
    into = desk.correct(rows[1:3], "mended.csv")
    assert desk.counts() == (2, 1, 3, 0, 0)
    one = desk.whole()
    assert (one.load.load_id, one.load.counts.received) == (desk.first, 5)
    assert [c.load_id for c in one.corrections] == [into]
    assert one.rule_counts == {"name.required": 3}
    assert [row["id"] for row in desk.download(desk.first)] == ["2", "4", "5"]


def test_without_those_columns_the_primary_key_says_it(desk: Desk) -> None:
    desk.correct([{"id": "2", "name": "乙", "county": ""}], "mended.csv", desk.first)
    assert desk.counts() == (2, 1, 3, 0, 0)


def test_a_record_that_nothing_tells_of_is_counted_apart(desk: Desk) -> None:
    rows = [{"id": "20", "name": "乙", "county": ""}, {"id": "30", "name": "", "county": ""}]
    desk.correct(rows, "mended.csv", desk.first)
    assert desk.counts() == (1, 0, 4, 1, 1)
    assert len(desk.download(desk.first)) == 4


def test_the_number_of_another_load_is_nobodys(desk: Desk) -> None:
    row = {"记录号 record": "2", "批次 load": "0" * 32, "id": "20", "name": "乙", "county": ""}
    desk.correct([row], "mended.csv", desk.first)
    assert desk.counts() == (1, 0, 4, 1, 0)


def test_what_was_quarantined_again_is_corrected_from_its_own_report(desk: Desk) -> None:
    rows = desk.download(desk.first)
    rows[0] |= {"name": "乙"}
    into = desk.correct(rows[:3], "first.csv", desk.first)
    assert desk.counts() == (2, 1, 3, 0, 0)
    left = desk.download(into)
    assert [row["记录号 record"] for row in left] == ["3", "4"]
    assert {row["批次 load"] for row in left} == {desk.first}
    left[0] |= {"id": "33", "name": "丙"}
    desk.correct(left[:1], "second.csv", into)
    assert desk.counts() == (3, 2, 2, 0, 0)
    assert len(wholes(desk.catalogue, desk.node.database, desk.contract)) == 1
    assert [row["记录号 record"] for row in desk.download(into)] == ["4"]


def test_the_same_file_again_counts_once(desk: Desk) -> None:
    rows = [{"id": "2", "name": "乙", "county": ""}]
    for _ in range(2):
        desk.correct(rows, "mended.csv", desk.first)
    assert desk.counts() == (2, 1, 3, 0, 0)


def test_a_file_of_which_nothing_was_accepted_leaves_the_whole_as_it_was(desk: Desk) -> None:
    rows = desk.download(desk.first)
    with pytest.raises(LoadBlocked) as stopped:
        desk.correct(rows[:2], "mended.csv", desk.first)
    assert desk.counts() == (1, 0, 4, 0, 0)
    assert [c.blocked for c in desk.whole().corrections] == [True]
    refused = stopped.value.load_id
    _, load = find_load(desk.catalogue, desk.node.database, refused)
    one = whole_of(desk.catalogue, desk.node.database, desk.contract, load)
    assert one.load.load_id == desk.first
    left = desk.download(refused)
    left[0] |= {"name": "乙"}
    desk.correct(left[:1], "again.csv", desk.first)
    assert desk.counts() == (2, 1, 3, 0, 0)


def test_a_later_file_is_a_whole_of_its_own(
    node: Node, hand_in: Callable[..., Rows], tmp_path: Path
) -> None:
    one = contract("append")
    hand_in(one, FIVE)
    desk = Desk(node, one, tmp_path)
    hand_in(one, [("8", "辛", ""), ("9", "", "")])
    desk.correct([{"id": "2", "name": "乙", "county": ""}], "mended.csv", desk.first)
    later, earlier = wholes(desk.catalogue, node.database, one)
    assert (later.load.counts.received, later.still_open, later.corrections) == (2, 1, ())
    assert (earlier.load.counts.received, earlier.still_open) == (5, 3)
