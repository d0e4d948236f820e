"""What is read of an OpenLineage event, against the project's own schemas."""

import json
from collections.abc import Callable
from copy import deepcopy
from typing import Any
from uuid import UUID

import pytest

from tests.test_catalog.lineage.test_events import schema_faults
from xihu_catalog.lineage.stated import ReportedColumn, ReportedDataset, dump_run
from xihu_portals.api.errors import BadEvent
from xihu_portals.api.openlineage import COLUMNS_LIMIT, DATASETS_LIMIT, DEPTH_LIMIT, read_event

BASE = "https://openlineage.io/spec"
IN, OUT = ReportedDataset("xihu", "aa"), ReportedDataset("postgres://db:5432", "算.public.结果")
SECRET = "SELECT * FROM persons WHERE number = '330106199001011234'"
Event = dict[str, Any]
"""Any: JSON."""


def of(one: ReportedDataset, **more: object) -> Event:
    return {"namespace": one.namespace, "name": one.name, **more}


def facet(name: str, version: str, **more: object) -> Event:
    url = f"{BASE}/facets/{version}/{name}.json#/$defs/{name}"
    return {"_producer": "https://example.org/dbt", "_schemaURL": url, **more}


def origin(field: str, *transformations: Event) -> Event:
    found = of(IN, field=field)
    return found | ({"transformations": list(transformations)} if transformations else {})


def whole() -> Event:
    """What a tool sends that says much of itself."""
    lineage = facet(
        "ColumnLineageDatasetFacet",
        "1-2-0",
        fields={
            "甲": {
                "inputFields": [
                    origin("kk", {"type": "DIRECT", "subtype": "IDENTITY"}),
                    origin("vv", {"type": "DIRECT", "subtype": "of our own"}),
                ]
            },
            "乙": {"inputFields": [origin("vv")]},
        },
        dataset=[origin("ww", {"type": "INDIRECT", "subtype": "FILTER"})],
    )
    return {
        "eventTime": "2026-11-23T12:00:00.5+08:00",
        "eventType": "COMPLETE",
        "producer": "https://example.org/dbt",
        "schemaURL": f"{BASE}/2-0-2/OpenLineage.json#/$defs/RunEvent",
        "run": {"runId": "01a20853-d46c-726d-8e5c-688f47875d37", "facets": {}},
        "job": {
            "namespace": "dbt",
            "name": "结算.settle",
            "facets": {"sql": facet("SQLJobFacet", "1-1-0", query=SECRET)},
        },
        "inputs": [of(IN, facets={"schema": facet("SchemaDatasetFacet", "1-2-0", fields=[])})],
        "outputs": [of(OUT, facets={"columnLineage": lineage})],
    }


def test_names_are_read_and_nothing_else() -> None:
    run, complete = read_event(json.dumps(whole()).encode())
    assert complete
    assert (run.namespace, run.name) == ("dbt", "结算.settle")
    assert run.run_id == UUID("01a20853-d46c-726d-8e5c-688f47875d37")
    assert run.at.isoformat() == "2026-11-23T12:00:00.500000+08:00"
    assert (run.inputs, run.outputs) == ((IN,), (OUT,))
    assert run.columns == (
        ReportedColumn(OUT, "", IN, "ww", "FILTER"),
        ReportedColumn(OUT, "乙", IN, "vv", "TRANSFORMATION"),
        ReportedColumn(OUT, "甲", IN, "kk", "IDENTITY"),
        ReportedColumn(OUT, "甲", IN, "vv", "TRANSFORMATION"),
    )
    assert "330106199001011234" not in dump_run(run).decode()


def without(*path: str) -> Callable[[Event], None]:
    def change(event: Event) -> None:
        for name in path[:-1]:
            event = event[name]
        del event[path[-1]]

    return change


def put(value: object, *path: str | int) -> Callable[[Any], None]:
    def change(event: Any) -> None:
        for name in path[:-1]:
            event = event[name]
        event[path[-1]] = value

    return change


INPUT_FIELDS = ("outputs", 0, "facets", "columnLineage", "fields", "甲", "inputFields")
WRONG = {
    "no time": without("eventTime"),
    "no producer": without("producer"),
    "no schema": without("schemaURL"),
    "no run": without("run"),
    "no job": without("job"),
    "no run id": without("run", "runId"),
    "no name of the job": without("job", "name"),
    "no namespace of the job": without("job", "namespace"),
    "a run id that is none": put("17", "run", "runId"),
    "a run id without hyphens": put("01a20853d46c726d8e5c688f47875d37", "run", "runId"),
    "a time as a number": put(1795000000, "eventTime"),
    "an unknown type": put("DONE", "eventType"),
    "inputs that are no list": put({}, "inputs"),
    "no type by null": put(None, "eventType"),
    "no columns by null": put(None, "outputs", 0, "facets", "columnLineage"),
    "no inputs by null": put(None, "inputs"),
    "an input that is none": put(["aa"], "inputs"),
    "an input without a name": put([{"namespace": "xihu"}], "inputs"),
    "a name that is a number": put(7, "job", "name"),
    "a column without its field": put([of(IN)], *INPUT_FIELDS),
    "columns that are no list": put({}, *INPUT_FIELDS),
}


@pytest.mark.parametrize("change", WRONG.values(), ids=WRONG.keys())
def test_what_the_schemas_refuse_is_refused(change: Callable[[Event], None]) -> None:
    event = whole()
    assert not schema_faults(event)
    change(event)
    assert schema_faults(event), "the case is wrong by the schema itself"
    with pytest.raises(BadEvent) as wrong:
        read_event(json.dumps(event).encode())
    assert wrong.value.status == 400


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("eventTime", "yesterday"),
        ("eventTime", "2026-11-23T12:00:00"),  # without a zone
        ("eventTime", "2026-13-23T12:00:00Z"),
        ("producer", "dbt"),
        ("producer", "https://x/\u202ey"),  # shown on the page of an outside dataset
        ("schemaURL", "2-0-2"),
    ],
)
def test_what_is_not_of_its_format_is_refused(name: str, value: str) -> None:
    """`date-time` and `uri`, which the schemas name and their checker here does not check."""
    with pytest.raises(BadEvent, match=name):
        read_event(json.dumps(whole() | {name: value}).encode())


RIGHT = {
    "neither inputs nor outputs": lambda event: (event.pop("inputs"), event.pop("outputs")),
    "no type": without("eventType"),
    "other members": put({"x": 1}, "more"),
    "no facets": without("job", "facets"),
    "no transformations": put([origin("kk")], *INPUT_FIELDS),
}


@pytest.mark.parametrize("change", RIGHT.values(), ids=RIGHT.keys())
def test_what_the_schemas_take_is_taken(change: Callable[[Event], None]) -> None:
    event = whole()
    change(event)
    assert not schema_faults(event)
    read_event(json.dumps(event).encode())


@pytest.mark.parametrize("kind", ["START", "RUNNING", "ABORT", "FAIL", "OTHER", None])
def test_only_a_complete_run_is_kept(kind: str | None) -> None:
    event = whole() | {"eventType": kind} if kind else whole()
    if kind is None:
        del event["eventType"]
    assert read_event(json.dumps(event).encode())[1] is False


def said(event: object) -> str:
    with pytest.raises(BadEvent) as wrong:
        read_event(event if isinstance(event, bytes) else json.dumps(event).encode())
    assert wrong.value.text.zh != wrong.value.text.en
    return wrong.value.text.en


def test_it_says_where_and_what() -> None:
    event = whole()
    event["outputs"][0]["facets"]["columnLineage"]["fields"]["甲"]["inputFields"][1].pop("field")
    place = "outputs.0.facets.columnLineage.fields.甲.inputFields.1.field"
    assert f"{place}: Field required" in said(event)
    assert "line 2, column 1" in said(b'{"run":\n}')
    assert "JSON object" in said([whole()])
    assert "only a RunEvent" in said({"dataset": of(IN), "eventTime": "x"})
    assert "not visible" in said(whole() | {"job": {"namespace": "a\u200bb", "name": "c"}})


def test_the_value_that_is_wrong_is_not_repeated() -> None:
    event = whole()
    event["run"]["runId"] = "330106199001011234"
    assert "330106199001011234" not in said(event)


def test_an_event_has_limits() -> None:
    event = whole()
    event["inputs"] = [of(ReportedDataset("a", str(i))) for i in range(DATASETS_LIMIT + 1)]
    assert "inputs" in said(event)
    event = whole()
    columns = [origin(str(i)) for i in range(COLUMNS_LIMIT // 2 + 1)]
    fields = {name: {"inputFields": columns} for name in ("a", "b")}
    event["outputs"][0]["facets"]["columnLineage"]["fields"] = fields
    assert f"{COLUMNS_LIMIT} origins" in said(event)
    event = whole()
    event["job"]["name"] = "x" * 513
    assert "job.name" in said(event)
    deep: object = {}
    for _ in range(DEPTH_LIMIT):
        deep = [deep]
    assert "nested" in said(whole() | {"more": deep})
    assert said(b"[" * 100_000)
    whole_again = deepcopy(whole())
    whole_again["job"]["name"] = "x" * 512
    read_event(json.dumps(whole_again).encode())
