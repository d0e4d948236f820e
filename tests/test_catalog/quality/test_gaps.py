"""Which cells of a metric are missing since their record was quarantined, and which never leave."""

from datetime import date
from pathlib import Path

from tests import contracts
from tests.contracts import PSEUDONYM, field
from xihu_catalog.contracts.model import Contract
from xihu_catalog.datasets.service import Catalogue
from xihu_catalog.quality.gaps import quarantined_cells
from xihu_catalog.start import open_contracts
from xihu_pipelines.ingest.load import load_file
from xihu_platform.brain.completeness import QuarantinedCell
from xihu_platform.start import Node

FIELDS = [
    field("county_code", codeList="divisions", region=True, required=True, key=True),
    field("day", "DATE", required=True, key=True, time=True, sourceFormat="%Y%m%d"),
    field("passengers", "INTEGER", required=True),
]
TEXT = """county_code,day,passengers
330106,20260101,10
330102,20260102,
 330105 ,not a day,7
"""


def _cells(
    node: Node, one: Contract, fields: list[contracts.Part], text: str, file: Path
) -> tuple[QuarantinedCell, ...]:
    store = open_contracts(node)
    store.publish(contracts.document(one.dataset, fields), "trial.odcs.yaml")
    file.write_text(text, encoding="utf-8")
    load_file(node, store.get(one.dataset), file)
    catalogue = Catalogue(store, node.lake, node.clock)
    return quarantined_cells(catalogue, node.lake, node.keyring)(one.dataset)


def test_region_and_day_of_a_quarantined_record_are_told_with_its_load(
    node: Node, tmp_path: Path
) -> None:
    one = contracts.contract("gj_ridership", FIELDS)
    found = _cells(node, one, FIELDS, TEXT, tmp_path / "gj_ridership.csv")
    load = str(node.lake.snapshot(one.table).summary["xihu.load-id"])
    assert found == (
        QuarantinedCell("330102", date(2026, 1, 2), load),
        QuarantinedCell("330105", None, load),
    )


def test_of_a_dataset_about_persons_nothing_is_told(node: Node, tmp_path: Path) -> None:
    fields = [*FIELDS, field("number", grade="L4", subjectKey=True, **PSEUDONYM)]
    one = contracts.contract("gj_cards", fields)
    text = "county_code,day,passengers,number\n330106,20260101,,\n330102,20260102,3,\n"
    assert _cells(node, one, fields, text, tmp_path / "gj_cards.csv") == ()
