"""The light reader says of a contract what the whole reader says."""

from pathlib import Path

import pytest

from tests.contracts import document, field, refer
from tests.test_pipelines.runner.made import write_contract
from xihu_catalog.contracts.folders import contract_folders
from xihu_catalog.contracts.load import load_contracts
from xihu_pipelines.runner.contract_headers import find_header, read_headers
from xihu_platform.settings import Settings


def test_it_agrees_with_the_whole_reader_on_every_contract_of_the_registry() -> None:
    registry = contract_folders(Settings())[0]
    headers = read_headers([registry])
    whole = load_contracts(registry)
    assert headers.keys() == whole.keys()
    for dataset, contract in whole.items():
        header = headers[dataset]
        assert (header.title, header.topic) == (contract.title, contract.topic)
        assert header.cycle == contract.update_cycle
        assert set(header.refers) == {r.dataset for r in contract.references}


def test_a_later_folder_replaces_a_contract_of_an_earlier_one(tmp_path: Path) -> None:
    folders = (tmp_path / "one", tmp_path / "two")
    write_contract(folders[0], "trial", cycle="daily")
    write_contract(folders[1], "trial", cycle="weekly")
    assert read_headers(folders)["trial"].cycle == "weekly"
    found = find_header(folders, "trial")
    assert found is not None
    assert found.cycle == "weekly"


def test_a_contract_is_found_whose_file_bears_another_name(tmp_path: Path) -> None:
    write_contract(tmp_path, "trial").rename(tmp_path / "other.odcs.yaml")
    found = find_header((tmp_path,), "trial")
    assert found is not None
    assert found.file.name == "other.odcs.yaml"


@pytest.mark.parametrize("content", ["", "- a\n", "id: [\n", "id: x\n", "\x00", "id: ../x\n"])
def test_a_file_that_is_no_contract_stops_nobody_else(tmp_path: Path, content: str) -> None:
    write_contract(tmp_path, "trial")
    (tmp_path / "odd.odcs.yaml").write_text(content, "utf-8")
    assert list(read_headers([tmp_path])) == ["trial"]


def test_a_query_to_a_remote_database_is_no_query_over_datasets(tmp_path: Path) -> None:
    path = write_contract(tmp_path, "trial", query="SELECT key FROM other")
    assert read_headers([tmp_path])["trial"].query == "SELECT key FROM other"
    text = path.read_text("utf-8").replace(
        '"customProperties": [{"property": "query"',
        '"customProperties": [{"property": "connection", "value": "c"}, {"property": "query"',
    )
    path.write_text(text, "utf-8")
    assert read_headers([tmp_path])["trial"].query is None


def test_what_a_contract_refers_to_is_read_without_the_rest_of_its_schema(tmp_path: Path) -> None:
    path = tmp_path / "stops.odcs.yaml"
    refs = refer(["lines.code", "lines.town"], given=["stops.line", "stops.town"])
    line = field("line", "VARCHAR", refer("codes.line"), refer("stops.id"))
    path.write_bytes(document("stops", [field("id", key=True), line, field("town")], refs))
    assert read_headers([tmp_path])["stops"].refers == ("codes", "lines")
    write_contract(tmp_path, "trial")
    assert read_headers([tmp_path])["trial"].refers == ()


def test_a_contract_in_the_style_of_json_is_read_whole(tmp_path: Path) -> None:
    import json

    import yaml

    path = write_contract(tmp_path, "trial", cycle="monthly")
    path.write_text(json.dumps(yaml.safe_load(path.read_text("utf-8"))), "utf-8")
    assert read_headers([tmp_path])["trial"].cycle == "monthly"
