"""`harvest.yaml`: what is wrong in it is said with file, line and remedy."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.registries import write_registry
from xihu_catalog.harvest.sources import get_source, harvest_sources
from xihu_catalog.registry import folder
from xihu_catalog.registry.folder import use_registry
from xihu_catalog.registry.reading import BadRegistry
from xihu_platform.errors import NotFound

GOOD = """- id: city
  kind: ckan
  url: https://data.example.org/
  title: {zh: 城市, en: City}
"""


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setattr(folder, "_chosen", [])
    harvest_sources.cache_clear()
    yield use_registry(write_registry(tmp_path / "registry"))
    harvest_sources.cache_clear()


def test_a_registry_without_the_file_has_no_source(registry: Path) -> None:
    assert harvest_sources() == {}
    with pytest.raises(NotFound, match="no source city"):
        get_source("city")


def test_a_source_is_read_and_is_harvested_by_hand_unless_it_says_otherwise(registry: Path) -> None:
    (registry / "harvest.yaml").write_text(GOOD, encoding="utf-8")
    found = get_source("city")
    assert (found.kind, found.url, found.schedule) == (
        "ckan",
        "https://data.example.org/",
        "manual",
    )
    assert found.title.text().zh == "城市"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("id: city", "id: City-1", "harvest.yaml:1: 0.id"),
        ("id: city", "id: a", "harvest.yaml:1: 0.id"),
        ("kind: ckan", "kind: oai", "harvest.yaml:2: 0.kind"),
        ("https://data.example.org/", "file:///etc/passwd", "harvest.yaml:3: 0.url"),
        ("https://data.example.org/", "data.example.org", "harvest.yaml:3: 0.url"),
        ("zh: 城市", "zh: ' '", "harvest.yaml:4: 0.title"),
        ("kind: ckan", "kind: ckan\n  schedule: hourly", "harvest.yaml:3: 0.schedule"),
        ("kind: ckan", "kind: ckan\n  token: x", "harvest.yaml:3: 0.token"),
    ],
)
def test_a_fault_is_said_with_its_line(registry: Path, old: str, new: str, said: str) -> None:
    (registry / "harvest.yaml").write_text(GOOD.replace(old, new), encoding="utf-8")
    with pytest.raises(BadRegistry) as caught:
        harvest_sources()
    assert said in caught.value.text.en


def test_an_id_is_there_once(registry: Path) -> None:
    (registry / "harvest.yaml").write_text(GOOD + GOOD, encoding="utf-8")
    with pytest.raises(BadRegistry, match="harvest.yaml:5: id city is there twice"):
        harvest_sources()
