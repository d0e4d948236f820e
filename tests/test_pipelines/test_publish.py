"""`xihu publish`: a contract that breaks readers is refused before anything is loaded."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.entries import accept_change, publish_entry
from tests.test_pipelines.ingest.test_modes import CONTRACT
from xihu_catalog.contracts.store import ContractStore
from xihu_node.cli.data import publish
from xihu_node.services import open_services
from xihu_platform.access.policy import Purpose
from xihu_platform.access.query import RowQuery
from xihu_platform.errors import BadInput, Conflict
from xihu_platform.identity.principal import ANONYMOUS
from xihu_platform.settings import Settings
from xihu_platform.start import open_node


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XIHU_DATA_DIR", str(tmp_path / "data"))
    return tmp_path


def hand_in(folder: Path, text: str, *options: str) -> str:
    contract = folder / "jt_stops.odcs.yaml"
    contract.write_text(text.replace("EXTRA", ""), encoding="utf-8")
    file = folder / "stops.csv"
    words = [str(file), "--contract", str(contract), *options]
    result = CliRunner().invoke(publish, words, obj="en", catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_a_change_that_breaks_readers_is_refused_and_one_that_adds_is_taken(data: Path) -> None:
    (data / "stops.csv").write_text("id,name,county,line\n1,one,330102,7\n", encoding="utf-8")
    told = hand_in(data, CONTRACT)
    assert "received 1, accepted 1" in told
    assert "loaded, visible to your department; next: the assessment of secrecy" in told
    with pytest.raises(Conflict) as refused:
        hand_in(data, CONTRACT.replace("{name: county,", "{name: district,"))
    assert "county" in refused.value.text.en
    line = (
        "      - {name: line, businessName: 线路, logicalType: string, physicalType: VARCHAR,\n"
        "         classification: L1}\n"
    )
    (data / "stops.csv").write_text("id,name,county,line\n2,two,330102,8\n", encoding="utf-8")
    assert "accepted 1" in hand_in(data, CONTRACT.replace("EXTRA\n", line))


def test_mended_records_are_published_alone(data: Path) -> None:
    (data / "stops.csv").write_text("id,name,county\n1,one,\n2,,\n", encoding="utf-8")
    assert "quarantined 1" in hand_in(data, CONTRACT)
    (data / "stops.csv").write_text("id,name,county\n2,two,\n", encoding="utf-8")
    assert "accepted 1" in hand_in(data, CONTRACT, "--corrections")


LINE = (
    "      - {name: line, businessName: 线路, logicalType: string, physicalType: VARCHAR,\n"
    "         classification: L1}\n"
)


def test_what_opens_more_waits_for_the_authority_and_the_file_is_loaded_as_before(
    data: Path,
) -> None:
    (data / "stops.csv").write_text("id,name,county,line\n1,one,330102,7\n", encoding="utf-8")
    hand_in(data, CONTRACT)
    node = open_node(Settings())
    publish_entry(node.database, "jt_stops")
    wider = CONTRACT.replace("EXTRA\n", LINE)
    told = hand_in(data, wider)
    assert "may open more than the one in force: it is noted as proposed" in told
    store = ContractStore(node.database)
    assert store.get("jt_stops").field("line") is None
    accept_change(node.database, "jt_stops")
    assert store.get("jt_stops").field("line") is not None
    services = open_services(node)
    try:
        query = RowQuery()
        page = services.gateway.read_page(ANONYMOUS, "jt_stops", Purpose("open"), query)
        assert page.table.to_pylist()[0]["line"] is None
    finally:
        services.close()
    assert "received 1, accepted 1" in hand_in(data, wider)


def test_a_file_that_fits_the_proposed_contract_alone_is_refused(data: Path) -> None:
    (data / "stops.csv").write_text("id,name,county,line\n1,one,330102,7\n", encoding="utf-8")
    wide = CONTRACT.replace("EXTRA\n", LINE)
    hand_in(data, wide)
    node = open_node(Settings())
    publish_entry(node.database, "jt_stops")
    (data / "stops.csv").write_text("id,name,county,stop\n1,one,330102,7\n", encoding="utf-8")
    more = LINE.replace("name: line", "name: stop").replace("线路", "站")
    with pytest.raises(BadInput):
        hand_in(data, CONTRACT.replace("EXTRA\n", LINE + more))
    proposed = ContractStore(node.database).find_proposed("jt_stops")
    assert proposed is not None
    assert proposed.field("stop") is not None
