"""A load that a rule stops: the snapshot before it stands, and the steward is told why."""

import csv
from pathlib import Path

import pytest

from tests.test_pipelines.ingest.test_load import CONTRACT
from xihu_catalog.contracts.store import ContractStore
from xihu_catalog.datasets.service import Catalogue
from xihu_catalog.quality import quarantine
from xihu_catalog.quality.blocked import blocked_loads, find_load
from xihu_pipelines.ingest.errors import LoadBlocked
from xihu_pipelines.ingest.load import load_file
from xihu_platform.errors import NotFound
from xihu_platform.start import Node

HEADER = ["number", "name", "phone", "amount", "paid_on"]
GOOD = ["339901199001011234", "某某", "13900000000", "1", "2026-01-01"]


def test_a_blocked_load_changes_nothing_and_its_report_says_why(node: Node, tmp_path: Path) -> None:
    text = CONTRACT
    for mark, value in (("FORMAT", "csv"), ("ENCODING", "utf-8"), ("SEVERITY", "block")):
        text = text.replace(mark, value)
    contracts = ContractStore(node.database)
    contract = contracts.publish(text.encode())
    path = tmp_path / "people.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(
            [HEADER, [*GOOD[:4], "1999-01-01"], [*GOOD[:3], "x", "2026-01-01"]]
        )
    with pytest.raises(LoadBlocked) as stopped:
        load_file(node, contract, path)
    assert node.lake.find_snapshot(contract.table) is None

    (load,) = blocked_loads(node.database, contract)
    assert load.load_id == stopped.value.load_id
    assert (load.blocked, load.counts.accepted, load.counts.received) == (True, 0, 2)
    assert load.rule_counts["early"] == 1
    kept = quarantine.read(node.lake, node.keyring, contract.dataset, load.load_id)
    assert {"early"} <= {rule for reject in kept for rule in reject.rules}
    catalogue = Catalogue(contracts, node.lake, node.clock)
    found, summary = find_load(catalogue, node.database, load.load_id)
    assert (found.dataset, summary) == (contract.dataset, load)
    with pytest.raises(NotFound):
        find_load(catalogue, node.database, "nowhere")
