"""What the API's main answers look like, for its documentation; a test checks them against it."""

from datetime import date, datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Shape(BaseModel):
    """An answer may hold more than its schema names."""

    model_config = ConfigDict(extra="allow")


class DatasetEntry(Shape):
    """One entry of the catalogue."""

    id: str
    title: str
    summary: str
    provider: str
    topic: str
    update_cycle: str
    share_class: Literal["unconditional", "conditional", "refused"]
    open_class: Literal["unconditional", "restricted", "banned"]
    state: Literal["live", "late", "broken"]
    data_as_of: date | datetime | None = Field(description="Newest value of the time field")
    loaded_at: datetime | None
    due_at: datetime | None
    rows: int
    snapshot: str | None
    synthetic: bool


class FacetValue(Shape):
    value: str
    label: str
    count: int


class FoundDatasets(Shape):
    """A page of a search."""

    total: int
    offset: int
    region: str | None = Field(description="Code of the region that the words were taken for")
    corrected: str | None = Field(description="The spelling searched for instead of the typed one")
    missing: list[str] = Field(description="What was asked for and no dataset holds")
    datasets: list[DatasetEntry]
    facets: dict[str, list[FacetValue]]


class Cited(Shape):
    """The snapshot an answer rests on."""

    dataset: str
    snapshot_id: str
    committed_at: str
    rows: int
    synthetic: bool


class TreatedField(Shape):
    name: str
    treatment: str


class Rows(Shape):
    """One page of rows with their exact number."""

    dataset: str
    synthetic: bool
    total: int
    rows: list[dict[str, object]]
    next: str | None
    fields: list[TreatedField]
    basis: str
    citation: Cited


class Metric(Shape):
    """A metric's definition."""

    id: str
    name: str
    definition: str
    unit: str
    kind: Literal["flow", "stock", "ratio"]
    dataset: str
    grain: str | None
    finest_level: str | None
    owner: str


class Metrics(Shape):
    metrics: list[Metric]


class MetricPoint(Shape):
    period: str | None
    region: str | None
    dimensions: dict[str, str | None]
    value: float | None
    suppressed: bool


class MetricAnswer(Shape):
    """Values with definition, SQL, snapshot and contract."""

    metric: str
    name: str
    definition: str
    unit: str
    synthetic: bool
    points: list[MetricPoint]
    sql: str
    citation: Cited
    contracts: list[str]


class Fault(Shape):
    """An error: what was being done, with what, and what to do next."""

    error: str
    detail: str


ANSWERS: dict[str, type[Shape]] = {
    "search_datasets": FoundDatasets,
    "get_dataset": DatasetEntry,
    "get_rows": Rows,
    "list_metrics": Metrics,
    "get_metric": Metric,
    "query_metric": MetricAnswer,
}
"""By the name of the route's function."""
