"""OpenLineage events: valid by the project's schemas, complete, and without a value of a row."""

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from jsonschema import Draft202012Validator
from openlineage.client.event_v2 import RunEvent
from openlineage.client.serde import Serde
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from tests.registry import REGISTRY
from xihu_catalog.contracts.load import load_contract
from xihu_catalog.contracts.model import Contract
from xihu_catalog.lineage.emit import FILE, open_emitter
from xihu_catalog.lineage.events import (
    FinishedLoad,
    RunSubject,
    complete_event,
    fail_event,
    start_event,
)
from xihu_platform.lake.summary import LoadCounts
from xihu_platform.settings import LineageSettings, Settings
from xihu_platform.words import Text

SCHEMAS = Path(__file__).parent / "schemas"
CONTRACTS = REGISTRY / "contracts"
NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
RUN = UUID("01a20853-d46c-726d-8e5c-688f47875d37")


@cache
def _registry() -> Registry[Any]:
    # Any: JSON schemas. Facets name the spec's own version of OpenLineage.json.
    files = [json.loads(p.read_text("utf-8")) for p in SCHEMAS.rglob("*.json")]
    resources = [(f["$id"], DRAFT202012.create_resource(f)) for f in files]
    return Registry().with_resources(resources)


def _faults(value: object, url: str) -> list[str]:
    checker = Draft202012Validator(
        {"$ref": url},
        registry=_registry(),
        format_checker=Draft202012Validator.FORMAT_CHECKER,
    )
    return [error.message for error in checker.iter_errors(value)]


def _facets(value: object) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        if "_schemaURL" in value:
            yield value
        for child in value.values():
            yield from _facets(child)
    elif isinstance(value, list):
        for child in value:
            yield from _facets(child)


RUN_EVENT = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent"


def schema_faults(event: dict[str, Any]) -> list[str]:
    """Of the event as a RunEvent, then of each facet by the schema that it names."""
    found = _faults(event, RUN_EVENT)
    for facet in _facets(event):
        found += _faults(facet, facet["_schemaURL"])
    return found


def assert_valid(event: dict[str, Any]) -> None:
    assert not _faults(event, event["schemaURL"])
    assert not schema_faults(event)


def _json(event: RunEvent) -> dict[str, Any]:
    whole: dict[str, Any] = json.loads(Serde.to_json(event))
    return whole


@pytest.fixture
def contract() -> Contract:
    return load_contract(CONTRACTS / "yb_hospital_visits.odcs.yaml")


@pytest.fixture
def subject(contract: Contract) -> RunSubject:
    return RunSubject(contract.dataset, RUN, NOW, contract.title, contract)


LOAD = FinishedLoad(LoadCounts(10, 8, 2), {"visit_no.unique": 2}, snapshot_id=7, size_bytes=99)


def test_start_complete_and_fail_are_valid(subject: RunSubject) -> None:
    reason = Text("文件缺少列", "the file lacks a column")
    for event in (
        start_event(subject, NOW),
        complete_event(subject, NOW, LOAD),
        fail_event(subject, NOW, reason, {"visit_no.unique": 2}),
    ):
        assert_valid(_json(event))


def test_a_contract_that_does_not_hold_still_fails_with_an_event() -> None:
    subject = RunSubject("broken", RUN, NOW, Text("坏", "broken"))
    event = _json(fail_event(subject, NOW, Text("契约有误", "the contract does not hold")))
    assert_valid(event)
    assert event["eventType"] == "FAIL"
    assert event["run"]["facets"]["errorMessage"]["message"].startswith("契约有误\n")


def test_a_complete_event_holds_what_the_load_counted(subject: RunSubject) -> None:
    event = _json(complete_event(subject, NOW, LOAD))
    (source,), (made,) = event["inputs"], event["outputs"]
    assert made["outputFacets"]["outputStatistics"]["rowCount"] == 8
    assert made["facets"]["version"]["datasetVersion"] == "7"
    assert source["inputFacets"]["dataQualityMetrics"]["rowCount"] == 10
    broken = {
        a["assertion"]: a["actual"]
        for a in source["inputFacets"]["dataQualityAssertions"]["assertions"]
        if not a["success"]
    }
    assert broken == {"visit_no.unique": "2"}
    assert event["run"]["facets"]["nominalTime"]["nominalStartTime"] == NOW.isoformat()


def test_column_lineage_says_what_was_masked(subject: RunSubject, contract: Contract) -> None:
    fields = _json(start_event(subject, NOW))["outputs"][0]["facets"]["columnLineage"]["fields"]
    for field in contract.fields:
        (source,) = fields[field.name]["inputFields"]
        (way,) = source["transformations"]
        assert (source["field"], way["type"]) == (field.source_column, "DIRECT")
        assert way["masking"] is (field.protect is not None)
    assert any(f.protect == "pseudonym" for f in contract.fields)


def test_the_lineage_of_a_derived_dataset_is_read_from_its_query(contract: Contract) -> None:
    subject = RunSubject(
        "derived",
        RUN,
        NOW,
        Text("派生", "derived"),
        contract,
        query="SELECT a, sum(b) AS s FROM t WHERE c GROUP BY a",
        inputs={"t": ("a", "b", "c")},
    )
    event = _json(start_event(subject, NOW))
    assert_valid(event)
    facet = event["outputs"][0]["facets"]["columnLineage"]
    deciding = {(d["field"], d["transformations"][0]["subtype"]) for d in facet["dataset"]}
    assert deciding == {("a", "GROUP_BY"), ("c", "FILTER")}
    (summed,) = facet["fields"]["s"]["inputFields"]
    assert summed["transformations"][0]["subtype"] == "AGGREGATION"
    assert [i["name"] for i in event["inputs"]] == ["t"]


def test_events_are_appended_to_a_file_line_by_line(subject: RunSubject, tmp_path: Path) -> None:
    for event in (start_event(subject, NOW), complete_event(subject, NOW, LOAD)):
        open_emitter(Settings(data_dir=tmp_path))(event)
    lines = (tmp_path / "lineage" / FILE).read_text("utf-8").splitlines()
    assert [json.loads(line)["eventType"] for line in lines] == ["START", "COMPLETE"]


class _Receiver(BaseHTTPRequestHandler):
    seen: list[tuple[str, str | None, dict[str, Any]]] = []
    status = 201

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.seen.append((self.path, self.headers["Authorization"], json.loads(body)))
        self.send_response(self.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the base's name)
        return


@pytest.fixture
def receiver() -> Iterator[str]:
    _Receiver.seen = []
    with HTTPServer(("127.0.0.1", 0), _Receiver) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_events_reach_a_receiver_too(subject: RunSubject, tmp_path: Path, receiver: str) -> None:
    lineage = LineageSettings.model_validate({"url": receiver, "api_key": "key-1"})
    open_emitter(Settings(data_dir=tmp_path, lineage=lineage))(start_event(subject, NOW))
    ((path, authorization, event),) = _Receiver.seen
    assert (path, authorization) == ("/api/v1/lineage", "Bearer key-1")
    assert_valid(event)


def test_a_receiver_that_is_away_does_not_stop_a_load(
    subject: RunSubject, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    lineage = LineageSettings(url="http://127.0.0.1:9")
    open_emitter(Settings(data_dir=tmp_path, lineage=lineage))(start_event(subject, NOW))
    assert str(RUN) in caplog.text
    assert (tmp_path / "lineage" / FILE).exists()
