"""What the routes of the brain answer: metrics and their values."""

from typing import Annotated, Literal

from xihu_platform.brain.spec import Grain, Level
from xihu_portals.api.schemas.base import (
    Cited,
    DatasetId,
    Shape,
    Synthetic,
    SyntheticLabel,
    note,
)

MetricId = Annotated[str, note("指标编号", "Id of the metric")]
Name = Annotated[str, note("名称", "Name")]
Definition = Annotated[str, note("口径", "What it means, and how it is counted")]
Unit = Annotated[str, note("计量单位", "Unit of the values")]
Coverage = Annotated[
    Literal["events", "cells"],
    note(
        "events：没有记录即为零；cells：每个地区每期都应有数",
        "`events`: no record means zero; `cells`: each region should report each period",
    ),
]


class MetricDimension(Shape):
    """A field that a metric can be broken down and filtered by."""

    field: Annotated[str, note("用于 by 和 filter 参数", "For the parameters `by` and `filter`")]
    name: Name
    code_list: Annotated[
        str | None, note("取值所用的代码表", "Code list of its values; null where it has none")
    ]


class Metric(Shape):
    """A metric's definition and what it can be asked by."""

    id: MetricId
    name: Name
    definition: Definition
    unit: Unit
    kind: Annotated[
        Literal["flow", "stock", "ratio"],
        note(
            "时期数、时点数、比率",
            "`flow`: periods add up; `stock`: the last moment of a period; `ratio`: of two sums",
        ),
    ]
    brain: Annotated[
        Literal["industry", "city", "society", "government"],
        note("所属领域", "The field it belongs to"),
    ]
    audience: Annotated[
        Literal["public", "official"], note("谁可以查询", "Who may ask for its values")
    ]
    dataset: DatasetId
    grain: Annotated[
        Grain | None, note("最细的时间粒度；没有时间则为空", "Finest grain; null without time")
    ]
    default_grain: Annotated[
        Grain | None, note("不指定时的时间粒度", "Grain of an answer where none is asked for")
    ]
    coverage: Coverage
    seasonal: Annotated[
        bool,
        note(
            "是否有季节性；有则不算环比", "Whether it is seasonal: no period-on-period comparison"
        ),
    ]
    finest_level: Annotated[
        Level | None, note("最细的地区层级", "Finest level of regions; null without regions")
    ]
    dimensions: Annotated[
        list[MetricDimension], note("可以细分的维度", "What it can be broken down by")
    ]
    smallest_cell: Annotated[
        int,
        note(
            "少于这个数的格子隐去；0 表示不隐去",
            "Cells of fewer subjects are hidden; 0 where none is",
        ),
    ]
    owner: Annotated[str, note("对口径负责的单位", "Organisation that answers for the definition")]


class Metrics(Shape):
    """All registered metrics."""

    metrics: Annotated[list[Metric], note("全部指标", "All metrics")]


class MetricPoint(Shape):
    """One value with what it is made of."""

    period: Annotated[
        str | None,
        note(
            "时期：2026、2026-Q3、2026-10、2026-10-31 等",
            "Period: 2026, 2026-Q3, 2026-10, 2026-10-31 …; null for a metric without time",
        ),
    ]
    region: Annotated[
        str | None, note("行政区划代码", "Division code (GB/T 2260); null for the whole province")
    ]
    dimensions: Annotated[
        dict[str, str | None], note("细分的维度取值", "Values of the dimensions asked for")
    ]
    value: Annotated[
        float | None,
        note("数值，单位见 unit；未知或隐去则为空", "In `unit`; null if unknown or suppressed"),
    ]
    suppressed: Annotated[
        bool, note("是否因人数太少而隐去", "Whether it is hidden because it counts too few")
    ]
    year_on_year: Annotated[
        float | None, note("同比，单位见 change_unit", "Against a year before, in `change_unit`")
    ]
    period_on_period: Annotated[
        float | None,
        note("环比，单位见 change_unit", "Against the period before, in `change_unit`"),
    ]
    complete: Annotated[
        bool,
        note("时期已结束且数据齐全", "Whether the period is closed and every expected cell is in"),
    ]
    closed: Annotated[bool, note("时期是否已结束", "False while the period runs")]
    expected: Annotated[int | None, note("应有多少格", "Cells that are expected; null for events")]
    present: Annotated[int | None, note("已有多少格", "Cells that are present; null for events")]
    missing: Annotated[
        list[str],
        note("缺数的地区代码，最多列 missing_limit 个", "Regions that lack cells, the first ones"),
    ]
    missing_regions: Annotated[int, note("共有多少地区缺数", "How many regions lack cells")]


class MetricAnswer(Shape):
    """Values with definition, grain, completeness, SQL, snapshot and contract."""

    metric: MetricId
    name: Name
    definition: Definition
    unit: Unit
    grain: Annotated[Grain | None, note("时间粒度", "Grain of the periods; null without time")]
    change_unit: Annotated[
        Literal["percent", "percentage_point"],
        note("同比和环比的单位：百分之几，或百分点", "Unit of the comparisons"),
    ]
    coverage: Coverage
    data_as_of: Annotated[
        str | None,
        note(
            "数据截至：日期，或北京时间；没有时间则为空",
            "Newest value of the time field: a day, or a moment of Beijing time; null without one",
        ),
    ]
    synthetic: Synthetic
    synthetic_label: SyntheticLabel
    missing_limit: Annotated[
        int, note("每个数值最多列出多少个缺数地区", "Regions named in `missing` at most")
    ]
    points: Annotated[list[MetricPoint], note("数值", "The values")]
    sql: Annotated[str, note("实际执行的 SQL", "The SQL that was run, by dataset and field names")]
    citation: Cited
    contracts: Annotated[
        list[str], note("所据数据集的契约地址", "Addresses of the contracts it rests on")
    ]
