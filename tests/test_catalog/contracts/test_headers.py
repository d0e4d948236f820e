"""A contract's header says what the whole contract says."""

from pathlib import Path

from tests.contracts import document, field, refer
from tests.registry import REGISTRY
from tests.test_pipelines.runner.made import write_contract
from xihu_catalog.contracts.headers import find_header, list_headers
from xihu_catalog.contracts.load import load_contracts
from xihu_catalog.contracts.store import ContractStore
from xihu_catalog.start import open_contracts
from xihu_platform.start import Node


def test_headers_agree_with_every_contract_of_the_registry(node: Node) -> None:
    open_contracts(node)
    headers = list_headers(node.database)
    whole = load_contracts(REGISTRY / "contracts")
    assert headers.keys() == whole.keys()
    for dataset, contract in whole.items():
        header = headers[dataset]
        assert (header.title, header.topic) == (contract.title, contract.topic)
        assert (header.cycle, header.digest) == (contract.update_cycle, contract.digest)
        assert set(header.refers) == {r.dataset for r in contract.references}
        assert header.derived == (contract.source.query is not None)
        assert find_header(node.database, dataset) == header


def test_a_derived_dataset_names_what_it_is_made_from(node: Node, tmp_path: Path) -> None:
    both = "SELECT key FROM data.other JOIN third USING (key)"
    path = write_contract(tmp_path, "trial", query=both)
    ContractStore(node.database).publish(path.read_bytes())
    header = find_header(node.database, "trial")
    assert header is not None
    assert (header.derived, header.inputs) == (True, ("other", "third"))


def test_foreign_keys_name_the_other_datasets_alone(node: Node) -> None:
    refs = refer(["lines.code", "lines.town"], given=["stops.line", "stops.town"])
    line = field("line", "VARCHAR", refer("codes.line"), refer("stops.id"))
    text = document("stops", [field("id", key=True), line, field("town")], refs)
    ContractStore(node.database).publish(text)
    header = find_header(node.database, "stops")
    assert header is not None
    assert (header.derived, header.refers) == (False, ("codes", "lines"))


def test_a_dataset_without_a_contract_has_no_header(node: Node) -> None:
    assert find_header(node.database, "nothing") is None
    assert list_headers(node.database) == {}
