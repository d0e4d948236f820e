"""A node serves the registry that it is given, and nothing of the demo's."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.forked import Done, run_xihu
from tests.registries import RECORDS, write_registry
from xihu_platform.settings import Settings, child_environment

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a node over the small registry says. Any: it is JSON."""
    folder = tmp_path_factory.mktemp("other")
    registry = write_registry(folder / "registry")
    (folder / "ly_timber.csv").write_text(RECORDS, encoding="utf-8")
    command = [sys.executable, "-m", "tests.test_node.other_province", str(folder), str(registry)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_its_divisions_are_those_that_records_are_checked_against(said: dict[str, Any]) -> None:
    assert (said["accepted"], said["quarantined"]) == (2, 1)


def test_its_names_are_in_the_catalogue(said: dict[str, Any]) -> None:
    assert said["catalogue"]["status"] == 200
    assert "ly_timber" in said["catalogue"]["text"]
    assert "Yunling Forestry Administration" in said["catalogue"]["text"]


def test_its_metric_is_answered_by_its_regions_and_codes(said: dict[str, Any]) -> None:
    answer = json.loads(said["metric"]["text"])
    found = {
        (point["region"], point["dimensions"]["wood"]): point["value"] for point in answer["points"]
    }
    assert {key: float(value) for key, value in found.items()} == {
        ("980101", "1"): 120.0,
        ("980102", "2"): 35.0,
    }


def test_its_names_are_on_pages(said: dict[str, Any]) -> None:
    page = said["dataset page"]
    assert page["status"] == 200
    assert "Yunling Forestry Administration" in page["text"]
    assert "Dongxi District" in page["text"]
    assert said["home page"]["status"] == said["search page"]["status"] == 200


def test_its_officials_see_its_regions_and_its_metric(said: dict[str, Any]) -> None:
    """None of the demo's indicators is there to be drawn first, and no map is."""
    cockpit = said["cockpit"]["text"]
    assert "Qingshi City" in cockpit and "Timber felled" in cockpit
    assert "There is no map of this region" in cockpit
    page = said["region page"]["text"]
    assert "Yunling Province" in page and "Timber felled" in page
    assert "Timber felled" in said["metric page"]["text"]


def test_nothing_of_the_demo_is_there(said: dict[str, Any]) -> None:
    assert said["not of the demo"]["status"] == 404
    assert said["no such region"]["status"] == 422
    assert "Yunling Province" in said["no such region"]["text"]
    whole = json.dumps(said, ensure_ascii=False)
    assert "Zhejiang" not in whole
    assert "示例省" not in whole
    assert "Hangzhou" not in whole


def _xihu(words: list[str], settings: Settings, folder: Path) -> Done:
    return run_xihu(words, child_environment(settings, {"XIHU_LANG": "en"}), folder)


def _doctor(registry: Path, folder: Path, language: str = "en", **more: str) -> str:
    environment = child_environment(Settings(data_dir=folder), more)
    environment["XIHU_REGISTRY_DIR"] = str(registry)
    done = run_xihu(["--lang", language, "doctor"], environment, folder.parent)
    assert not done.stderr
    return done.stdout


def test_the_doctor_finds_nothing_in_the_small_registry(tmp_path: Path) -> None:
    registry = write_registry(tmp_path / "registry")
    assert f"✓ Registry: {registry}\n" in _doctor(registry, tmp_path / "none")


def test_the_doctor_tells_what_cannot_be_read_with_file_line_and_remedy(tmp_path: Path) -> None:
    registry = write_registry(
        tmp_path / "registry",
        codes__wood_csv="code,name_zh\n1,杉木\n",
        organisations_yaml="organisations:\n  - uscc: [\n",
        search_yaml="synonyms:\n  - {say: [a], means: [b], meant: [c]}\n",
        people_yaml="people:\n  - username: li\n",
        codes__divisions_csv="code,name_zh,name_en,level,parent\n980000,云岭省,Y,province,\n"
        "980100,青石市,Q,city,970000\n9801,东溪区,D,district\n",
    )
    (registry / "codes/topics.csv").unlink()
    said = _doctor(registry, tmp_path / "none")
    for fault in (
        "codes/wood.csv:1: the column name_en is missing",
        "organisations.yaml:3: is not YAML",
        "search.yaml:2: synonyms.0.meant: Extra inputs are not permitted",
        "codes/divisions.csv:4: 4 values for 5 columns",
        "there is no code list called topics",
    ):
        assert fault in said, said


def test_the_doctor_tells_what_one_file_says_wrongly_of_another(tmp_path: Path) -> None:
    metric = write_registry(tmp_path / "good") / "metrics/timber.yaml"
    registry = write_registry(
        tmp_path / "registry",
        metrics__timber_yaml=metric.read_text(encoding="utf-8")
        .replace("ly_timber", "ly_lumber")
        .replace("11980000MB0000017P", "11980000MB0000018X"),
        shown_places_csv="code,name_zh,name_en\n330000,示例省,Example Province\n",
    )
    zh = _doctor(registry, tmp_path / "none", "zh")
    assert "metrics/timber.yaml:4: 没有数据集 ly_lumber 的契约" in zh
    assert "metrics/timber.yaml:14: 机构 11980000MB0000018X 不在 organisations.yaml 中" in zh
    assert "shown_places.csv:2: 330000：区划 330000 不在 codes/divisions.csv 中" in zh


def test_a_metric_of_a_published_dataset_is_no_fault(tmp_path: Path) -> None:
    registry = write_registry(tmp_path / "registry")
    contract = (registry / "contracts/ly_timber.odcs.yaml").rename(tmp_path / "ly_timber.odcs.yaml")
    (tmp_path / "ly_timber.csv").write_text(RECORDS, encoding="utf-8")
    said = _doctor(registry, tmp_path / "data")
    assert "metrics/timber.yaml:4: there is no contract of the dataset ly_timber" in said
    words = ["publish", str(tmp_path / "ly_timber.csv"), "--contract", str(contract)]
    done = _xihu(words, Settings(data_dir=tmp_path / "data", registry_dir=registry), tmp_path)
    assert done.returncode == 0, done.stderr
    assert f"✓ Registry: {registry}\n" in _doctor(registry, tmp_path / "data")


def test_production_is_told_that_the_demos_registry_is_not_its_own(tmp_path: Path) -> None:
    from tests.registry import REGISTRY

    production = {
        "XIHU_PROFILE": "production",
        "XIHU_MASTER_KEY": "ab" * 32,
        "XIHU_IDENTITY__ISSUER": "http://127.0.0.1:9/realms/xihu",
        "XIHU_IDENTITY__CITIZEN_SECRET": "one",
        "XIHU_IDENTITY__OFFICIAL_SECRET": "two",
    }
    said = _doctor(REGISTRY, tmp_path / "none", **production)
    assert "✗ Registry: production reads the demo province's registry" in said


def test_the_demo_is_not_loaded_into_another_registry(tmp_path: Path) -> None:
    registry = write_registry(tmp_path / "registry")
    done = _xihu(["load"], Settings(data_dir=tmp_path / "data", registry_dir=registry), tmp_path)
    assert done.returncode == 1
    assert "with xihu ingest" in done.stderr


def test_a_child_is_handed_the_folder_absolute(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    handed = child_environment(Settings(registry_dir=Path("mine")), {})
    assert handed["XIHU_REGISTRY_DIR"] == str(tmp_path / "mine")


def test_a_registry_that_is_not_there_is_told(tmp_path: Path) -> None:
    said = _doctor(tmp_path / "gone", tmp_path / "none")
    assert f"✗ Registry: the registry's folder {tmp_path / 'gone'} does not exist" in said
    assert os.listdir(tmp_path) == []


def test_a_wrong_metric_beside_the_registrys_is_told_and_nothing_else(tmp_path: Path) -> None:
    """Libraries that are still open when the process ends would complain for forty lines."""
    registry = write_registry(tmp_path / "registry")
    metric = (registry / "metrics/timber.yaml").read_text(encoding="utf-8")
    (tmp_path / "data/metrics").mkdir(parents=True)
    path = tmp_path / "data/metrics/wrong.yaml"
    path.write_text(metric.replace("brain: industry", "brain: welfare"), encoding="utf-8")
    settings = Settings(data_dir=tmp_path / "data", registry_dir=registry)
    done = _xihu(["query", "timber"], settings, tmp_path)
    assert done.returncode == 1
    heading, said = done.stderr.splitlines()
    assert heading == "the content is wrong:"
    assert said.startswith(f"{path}:")
    assert "brain: Input should be 'industry', 'city', 'society' or 'government'" in said
