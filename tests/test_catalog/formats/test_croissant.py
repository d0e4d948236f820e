"""Croissant 1.1 by MLCommons' own client, in an environment of its own."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.test_catalog.formats.drawn import demo, draw, facts_of
from xihu_catalog.formats.croissant import CROISSANT_VERSION, croissant_document

ROOT = Path(__file__).parents[3]


def errors(documents: dict[str, Any]) -> dict[str, str]:
    """Any: they are JSON. What the client says, of those with an error."""
    subprocess.run([ROOT / ".ci" / "peer", "croissant"], check=True, timeout=600)
    done = subprocess.run(
        [ROOT / ".peers/croissant/bin/python", ROOT / "tests/peers/croissant_check.py"],
        input=json.dumps(documents),
        capture_output=True,
        text=True,
        timeout=600,
        check=True,
    )
    return {name: said for name, said in json.loads(done.stdout).items() if said}


@pytest.mark.harness
def test_the_client_finds_no_error_in_the_demo_nor_in_hostile_entries() -> None:
    entries = {one.iri: one for one in [*demo(), *draw(200)]}
    documents = {iri: croissant_document(one) for iri, one in entries.items()}
    assert len(documents) == 233
    assert not errors(documents)


@pytest.mark.harness
def test_the_client_finds_what_is_taken_out() -> None:
    whole = croissant_document(facts_of("tj_county_economy"))
    fields = [one | {"dataType": "sc:Nonsense"} for one in whole["recordSet"][0]["field"]]
    broken = {
        "not live": {k: v for k, v in whole.items() if k != "isLiveDataset"},
        "type": whole | {"recordSet": [whole["recordSet"][0] | {"field": fields}]},
    }
    assert errors(broken).keys() == broken.keys()


def test_the_records_have_the_open_columns_and_their_key() -> None:
    facts = facts_of("tj_county_economy")
    made = croissant_document(facts)
    (records,) = made["recordSet"]
    columns = [one["source"]["extract"]["column"] for one in records["field"]]
    assert columns == [one.name for one in facts.open_fields]
    assert records["key"] == [{"@id": f"records/{name}"} for name in facts.key]
    types = {one["@id"]: one["dataType"] for one in records["field"]}
    assert types["records/quarter"] == "sc:Date"
    assert made["conformsTo"] == CROISSANT_VERSION


def test_a_closed_entry_tells_no_file_and_no_column() -> None:
    made = croissant_document(facts_of("ga_residents"))
    assert not made.keys() & {"distribution", "recordSet"}
