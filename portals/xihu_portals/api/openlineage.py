"""Reads an OpenLineage RunEvent (spec 2-0-2) as far as it is kept: names of job, datasets, columns.

All other facets, texts of SQL among them, are neither checked nor kept.
"""

import re
from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import orjson
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StringConstraints,
    ValidationError,
)

from xihu_catalog.lineage.columns import DIRECT, INDIRECT
from xihu_catalog.lineage.stated import (
    NAME_LENGTH,
    NAMESPACE_LENGTH,
    PRODUCER_LENGTH,
    ReportedColumn,
    ReportedDataset,
    ReportedRun,
)
from xihu_platform.visible import hidden_characters
from xihu_portals.api.errors import BadEvent
from xihu_portals.api.faults import fault_place, fault_words

BODY_LIMIT = 1 << 20
"""Bytes of one event."""
DEPTH_LIMIT = 32
DATASETS_LIMIT = 100
"""Inputs, and outputs, of one event."""
COLUMNS_LIMIT = 2000
"""Columns of an output, and of what they come from in one event."""
EDGES_LIMIT = 5_000
FAULTS_SHOWN = 5
_URI = r"^[A-Za-z][A-Za-z0-9+.\-]*:\S+$"

_UUID = r"^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$"
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)")


def _moment(value: object) -> datetime:
    """As RFC 3339 has it: pydantic would take a number of seconds too."""
    if not isinstance(value, str) or _MOMENT.fullmatch(value) is None:
        raise ValueError("must be a date and time with its zone, as RFC 3339 has it")
    try:
        found = datetime.fromisoformat(value.upper())
        found.astimezone(UTC)  # the first and the last hours that a calendar has are in one zone
    except (ValueError, OverflowError):
        raise ValueError("must be a date and time that there is") from None
    return found


def _is_visible(text: str) -> str:
    if hidden_characters(text) or "\n" in text or "\t" in text:
        raise ValueError("has characters that are not visible")
    return text


def _name(length: int) -> Any:  # Any: what `Annotated` takes
    return StringConstraints(min_length=1, max_length=length)


_Namespace = Annotated[str, _name(NAMESPACE_LENGTH), AfterValidator(_is_visible)]
_Name = Annotated[str, _name(NAME_LENGTH), AfterValidator(_is_visible)]
_Column = Annotated[str, _name(NAMESPACE_LENGTH), AfterValidator(_is_visible)]
_Uri = Annotated[
    str, StringConstraints(max_length=PRODUCER_LENGTH, pattern=_URI), AfterValidator(_is_visible)
]


class _EventPart(BaseModel):
    """Members that are not kept may be there; those that are have their types exactly."""

    model_config = ConfigDict(extra="ignore", strict=True)


class _Transformation(_EventPart):
    type: Literal["DIRECT", "INDIRECT"]
    subtype: str | None = None

    def kind(self) -> str:
        """In the words of our own lineage; what is not among them is a transformation."""
        if self.type == "DIRECT":
            return self.subtype if self.subtype in DIRECT else "TRANSFORMATION"
        return self.subtype if self.subtype in INDIRECT else "CONDITIONAL"


class _InputField(_EventPart):
    namespace: _Namespace
    name: _Name
    field: _Column
    transformations: Annotated[list[_Transformation], Field(max_length=20)] = []

    def columns(self, output: ReportedDataset, target: str) -> list[ReportedColumn]:
        source = ReportedDataset(self.namespace, self.name)
        kinds = {one.kind() for one in self.transformations} or {"TRANSFORMATION"}
        return [ReportedColumn(output, target, source, self.field, kind) for kind in sorted(kinds)]


class _ColumnFields(_EventPart):
    input_fields: Annotated[list[_InputField], Field(alias="inputFields", max_length=COLUMNS_LIMIT)]


class _ColumnLineage(_EventPart):
    deleted: StrictBool = Field(default=False, alias="_deleted")
    fields: Annotated[dict[_Column, _ColumnFields], Field(max_length=COLUMNS_LIMIT)] = {}
    dataset: Annotated[list[_InputField], Field(max_length=COLUMNS_LIMIT)] = []


class _DatasetFacets(_EventPart):
    column_lineage: _ColumnLineage = Field(default=_ColumnLineage(), alias="columnLineage")


class _EventDataset(_EventPart):
    namespace: _Namespace
    name: _Name

    def reported(self) -> ReportedDataset:
        return ReportedDataset(self.namespace, self.name)


class _EventOutput(_EventDataset):
    facets: _DatasetFacets = _DatasetFacets()

    def columns(self) -> list[ReportedColumn]:
        lineage, output = self.facets.column_lineage, self.reported()
        if lineage.deleted:
            return []
        found = [one for field in lineage.dataset for one in field.columns(output, "")]
        for name, fields in lineage.fields.items():
            found += [one for field in fields.input_fields for one in field.columns(output, name)]
        return found


class _EventRun(_EventPart):
    id: Annotated[str, StringConstraints(pattern=_UUID)] = Field(alias="runId")


class _EventJob(_EventPart):
    namespace: _Namespace
    name: _Name


class _RunEvent(_EventPart):
    at: Annotated[AwareDatetime, BeforeValidator(_moment)] = Field(alias="eventTime")
    producer: _Uri
    schema_url: _Uri = Field(alias="schemaURL")
    type: Literal["START", "RUNNING", "COMPLETE", "ABORT", "FAIL", "OTHER"] = Field(
        default="OTHER", alias="eventType"
    )
    run: _EventRun
    job: _EventJob
    inputs: Annotated[list[_EventDataset], Field(max_length=DATASETS_LIMIT)] = []
    outputs: Annotated[list[_EventOutput], Field(max_length=DATASETS_LIMIT)] = []


def read_event(body: bytes) -> tuple[ReportedRun, bool]:
    """What is kept of an event, and whether it is of a complete run. Raises BadEvent."""
    value = _json(body)
    _check_size(value)
    try:
        event = _RunEvent.model_validate_json(orjson.dumps(value))
    except ValidationError as error:
        raise _bad(error) from None
    columns = sorted({one for output in event.outputs for one in output.columns()})
    if len(columns) > COLUMNS_LIMIT:
        raise _too_many(len(columns))
    run = _run(event, columns)
    if run.edges > EDGES_LIMIT:
        raise BadEvent(
            f"一个事件最多 {EDGES_LIMIT} 条边，这里有 {run.edges} 条：影响整个输出的字段（dataset）"
            "对输出的每个字段各算一条",
            f"one event makes {EDGES_LIMIT} edges at most, this one {run.edges}: what the facet "
            "says of the whole output (`dataset`) counts for each of its columns",
        )
    return run, event.type == "COMPLETE"


def _run(event: _RunEvent, columns: list[ReportedColumn]) -> ReportedRun:
    return ReportedRun(
        namespace=event.job.namespace,
        name=event.job.name,
        run_id=UUID(event.run.id),
        at=event.at,
        producer=event.producer,
        inputs=tuple(dict.fromkeys(one.reported() for one in event.inputs)),
        outputs=tuple(dict.fromkeys(one.reported() for one in event.outputs)),
        columns=tuple(columns),
    )


def _check_size(value: dict[str, Any]) -> None:  # Any: a caller's JSON
    """Before each of them is looked at: what is wrong with each would be said one by one."""
    outputs = value.get("outputs")
    count = 0
    for output in outputs if isinstance(outputs, list) else []:
        facet = _member(_member(output, "facets"), "columnLineage")
        fields = _member(facet, "fields")
        named = fields.values() if isinstance(fields, dict) else ()
        lists = [_member(facet, "dataset"), *(_member(one, "inputFields") for one in named)]
        count += sum(len(one) for one in lists if isinstance(one, list))
    if count > COLUMNS_LIMIT:
        raise _too_many(count)


def _member(value: Any, name: str) -> Any:  # Any: a caller's JSON
    """An object's member; an empty object where there is none of that name, or no object."""
    found = value.get(name) if isinstance(value, dict) else None
    return found if isinstance(found, dict | list) else {}


def _too_many(count: int) -> BadEvent:
    return BadEvent(
        f"一个事件最多写明 {COLUMNS_LIMIT} 项字段血缘，这里有 {count} 项",
        f"one event has {COLUMNS_LIMIT} origins of columns at most, this one {count}",
    )


def _json(body: bytes) -> Any:  # Any: a caller's JSON
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise BadEvent(
            f"请求体不是 JSON：第 {error.lineno} 行第 {error.colno} 列",
            f"the body is no JSON: line {error.lineno}, column {error.colno}",
        ) from None
    if _depth(value) > DEPTH_LIMIT:
        raise BadEvent(
            f"JSON 嵌套超过 {DEPTH_LIMIT} 层", f"the JSON is nested deeper than {DEPTH_LIMIT}"
        )
    if not isinstance(value, dict):
        raise BadEvent(
            "一次上报一个事件：请求体应为 JSON 对象",
            "one event at a time: the body must be a JSON object",
        )
    if "run" not in value and ("dataset" in value or "job" in value):
        raise BadEvent(
            "只接受 RunEvent；DatasetEvent 和 JobEvent 不接受",
            "only a RunEvent is taken, neither a DatasetEvent nor a JobEvent",
        )
    return value


def _depth(value: Any) -> int:  # Any: a caller's JSON
    """Level by level, no deeper than one beyond the limit: it does not recurse."""
    level, depth = [value], 0
    while level and depth <= DEPTH_LIMIT:
        depth += 1
        inner = (one for one in level if isinstance(one, dict | list))
        level = [
            child
            for one in inner
            for child in (one.values() if isinstance(one, dict) else one)
            if isinstance(child, dict | list)
        ]
    return depth


def _bad(error: ValidationError) -> BadEvent:
    faults = error.errors(include_url=False, include_context=True, include_input=False)
    said = [
        (fault_place({**one, "loc": ("body", *one["loc"])}), fault_words(one))
        for one in faults[:FAULTS_SHOWN]
    ]
    return BadEvent(
        "不是有效的 OpenLineage 事件：" + "；".join(f"{at}：{text.zh}" for at, text in said),
        "this is no valid OpenLineage event: " + "; ".join(f"{at}: {text.en}" for at, text in said),
    )
