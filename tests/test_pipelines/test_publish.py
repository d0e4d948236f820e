"""`xihu publish`: a contract that breaks readers is refused before anything is loaded."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.test_pipelines.ingest.test_modes import CONTRACT
from xihu_node.cli.data import publish
from xihu_platform.errors import Conflict


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
    assert "received 1, accepted 1" in hand_in(data, CONTRACT)
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
