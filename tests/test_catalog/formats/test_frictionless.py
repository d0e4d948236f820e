"""Data Package 2.0 by its own client, and the demo's real files by the schema told of them."""

import asyncio
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.province import Province
from tests.test_catalog.formats.drawn import NOW, demo, draw, facts_of
from xihu_catalog.datasets.compiled import entry_facts
from xihu_catalog.datasets.facts import EntryFacts
from xihu_catalog.formats.croissant import croissant_document
from xihu_catalog.formats.frictionless import PACKAGE_PROFILE, frictionless_document
from xihu_platform.identity.principal import ANONYMOUS
from xihu_platform.words import LANGUAGES, Language

ROOT = Path(__file__).parents[3]
LEVELS = {
    "zh": {"value": "A", "label": "优秀"},
    "en": {"value": "A", "label": "Excellent"},
}
"""The first row of the registry's list."""


def _told(script: str, peer: str, given: object, *arguments: Path) -> dict[str, Any]:
    """Any: it is JSON."""
    subprocess.run([ROOT / ".ci" / "peer", peer], check=True, timeout=600)
    done = subprocess.run(
        [ROOT / ".peers" / peer / "bin" / "python", ROOT / "tests" / "peers" / script, *arguments],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        timeout=600,
        check=True,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def errors(packages: dict[str, Any], *folders: Path) -> dict[str, list[str]]:
    """Any: they are JSON. What the client says, of those with an error."""
    found = _told("frictionless_package_check.py", "frictionless", packages, *folders)
    return {name: said for name, said in found.items() if said}


@pytest.mark.harness
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_client_finds_no_error_in_the_demo_nor_in_hostile_entries(language: Language) -> None:
    made = {one.iri: frictionless_document(one, language) for one in [*demo(), *draw(300)]}
    packages = {iri: package for iri, package in made.items() if package is not None}
    assert len(packages) > 100
    assert not errors(packages)


@pytest.mark.harness
def test_the_client_finds_what_is_wrong() -> None:
    whole = frictionless_document(facts_of("tj_county_economy"), "zh")
    assert whole is not None
    first, *rest = whole["resources"]
    pathless = {k: v for k, v in first.items() if k != "path"}
    nameless = first | {"schema": {"fields": [{"title": "a"}]}}
    strange = first | {"schema": {"fields": [{"name": "a", "type": "nonsense"}]}}
    broken = {
        str(n): whole | {"resources": [one, *rest]}
        for n, one in enumerate([pathless, nameless, strange])
    }
    assert errors(broken).keys() == broken.keys()


def _opened(province: Province) -> dict[str, EntryFacts]:
    """What the world knows of the demo's open entries."""
    catalogue = province.services.known_to(ANONYMOUS).catalogue
    made = (
        entry_facts(one, base_url="http://test", now=NOW, find=catalogue.contracts.find)
        for one in catalogue.entries()
    )
    return {one.id: one for one in made if one.distributions}


async def _download(province: Province, names: list[str], folder: Path) -> None:
    async with province.client() as client:
        for name in names:
            answer = await client.get(f"/datasets/{name}/download.csv")
            assert answer.status_code == 200, answer.text
            (folder / f"{name}.csv").write_bytes(answer.content)


@pytest.mark.harness
def test_the_files_are_as_the_documents_tell(province: Province, tmp_path: Path) -> None:
    """Header, types, bounds and keys of each open file of the demo, as two clients read them."""
    opened = _opened(province)
    assert len(opened) == 14
    asyncio.run(_download(province, list(opened), tmp_path))
    packages = {name: frictionless_document(one, "zh") for name, one in opened.items()}
    assert not errors(packages, tmp_path)
    mistyped = json.loads(json.dumps(packages["tj_county_economy"]))
    mistyped["resources"][0]["schema"]["fields"][0]["type"] = "integer"
    assert errors({"tj_county_economy": mistyped}, tmp_path)
    described = {name: croissant_document(one) for name, one in opened.items()}
    read = _told("croissant_read.py", "croissant", described, tmp_path)
    assert {name for name, rows in read.items() if rows != 5} == set()


def test_a_package_tells_the_open_columns() -> None:
    facts = facts_of("tj_county_economy")
    made = frictionless_document(facts, "zh")
    assert made is not None
    assert made["$schema"] == PACKAGE_PROFILE
    csv = made["resources"][0]
    assert [one["name"] for one in csv["schema"]["fields"]] == [f.name for f in facts.open_fields]
    assert csv["schema"]["primaryKey"] == list(facts.key)
    assert made["licenses"][0]["name"] == "CC-BY-4.0"


@pytest.mark.parametrize("language", LANGUAGES)
def test_codes_come_with_their_names_in_the_language_asked_for(language: Language) -> None:
    made = frictionless_document(facts_of("fg_credit_evaluations"), language)
    assert made is not None
    fields = {one["name"]: one for one in made["resources"][0]["schema"]["fields"]}
    assert fields["level"]["categories"][0] == LEVELS[language]


def test_a_closed_entry_makes_no_package() -> None:
    assert frictionless_document(facts_of("ga_residents"), "zh") is None
